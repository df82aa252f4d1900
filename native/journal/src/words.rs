//! An order's ask as words, and back: every number is its exact text, whatever is usually left out stays out.

use workbench_engine::exits::{Exit, Exits, Target};
use workbench_engine::order::{Ask, Origin, Side};
use workbench_engine::terms::{Auction, Kind, Session, Terms, TimeInForce, Trail};
use workbench_market::number::{Price, Quantity};

/// Id, asset, side and quantity, then `name=value` for all else.
pub fn order(id: u64, ask: &Ask) -> Vec<String> {
    let mut words = vec![id.to_string(), ask.asset.to_string(), ask.side.name().into(), ask.quantity.to_string()];
    words.extend(kind_words(ask.kind));
    words.extend(terms_words(&ask.terms));
    words
}

fn kind_words(kind: Kind) -> Vec<String> {
    match kind {
        Kind::Market => Vec::new(),
        Kind::Limit(limit) => vec![format!("limit={limit}")],
        Kind::Stop(stop) => vec![format!("stop={stop}")],
        Kind::StopLimit { stop, limit } => vec![format!("stop={stop}"), format!("limit={limit}")],
        Kind::Trailing { trail, best, stop } => {
            vec![distance("trail", trail), format!("best={best}"), format!("stop={stop}")]
        }
    }
}

fn terms_words(terms: &Terms) -> Vec<String> {
    let session = |s: &Session| format!("{}/{}", s.open_ns, s.close_ns);
    let tif = match &terms.tif {
        TimeInForce::GoodTillCanceled => None,
        TimeInForce::Day(day) => Some(format!("day={}", session(day))),
        TimeInForce::GoodTill(until_ns) => Some(format!("until={until_ns}")),
        tif @ (TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill) => Some(format!("tif={}", tif.name())),
    };
    let on = terms.on.as_ref().map(|on| match on {
        Auction::Open(day) => format!("open={}", session(day)),
        Auction::Close(day) => format!("close={}", session(day)),
    });
    let flag = |name: &str, is_set: bool| is_set.then(|| format!("{name}=true"));
    let words = [
        tif,
        on,
        flag("post_only", terms.post_only),
        flag("reduce_only", terms.reduce_only),
        terms.oco.map(|group| format!("oco={group}")),
    ];
    words.into_iter().flatten().chain(terms.exits.iter().flat_map(|exits| exit_words(exits))).collect()
}

fn distance(name: &str, trail: Trail) -> String {
    match trail {
        Trail::Amount(amount) => format!("{name}={amount}"),
        Trail::Part(part) => format!("{name}_pct={part}"),
    }
}

fn exit(name: &str, exit: Exit) -> String {
    match exit {
        Exit::At(price) => format!("{name}={price}"),
        Exit::Part(part) => format!("{name}_pct={part}"),
    }
}

/// `name=value` for all that protects; a target for a part has that behind its price.
pub fn exit_words(exits: &Exits) -> Vec<String> {
    let part = |target: &Target| if target.is_part() { format!("@{}", target.part) } else { String::new() };
    let stop = exits.stop_loss.map(|stop| exit("stop_loss", stop));
    let trailing = exits.trailing_stop.map(|trail| distance("trailing_stop", trail));
    let even = exits.break_even.map(|trail| distance("break_even", trail));
    let targets = exits.targets.iter().map(|target| exit("take_profit", target.exit) + &part(target));
    [stop, trailing, even].into_iter().flatten().chain(targets).collect()
}

/// The exits of these words; None where they were not written by [`exit_words`].
pub fn exits(words: &[String]) -> Option<Exits> {
    let named = Named(words);
    let targets = words.iter().filter_map(|word| word.split_once('=')).filter_map(|(name, value)| {
        let of: fn(Price) -> Exit = match name {
            "take_profit" => Exit::At,
            "take_profit_pct" => Exit::Part,
            _ => return None,
        };
        let (price, part) = value.split_once('@').unwrap_or((value, "1"));
        Some(Price::parse(price).and_then(|price| Ok(Target { exit: of(price), part: Price::parse(part)? })).ok())
    });
    Some(Exits {
        stop_loss: named.price("stop_loss").map(Exit::At).or_else(|| named.price("stop_loss_pct").map(Exit::Part)),
        trailing_stop: named.distance("trailing_stop"),
        break_even: named.distance("break_even"),
        targets: targets.collect::<Option<_>>()?,
    })
}

/// The ask of these words; None where they were not written by [`order`].
pub fn ask(words: &[String]) -> Option<Ask> {
    let [_, asset, side, quantity, rest @ ..] = words else { return None };
    let side = [Side::Buy, Side::Sell].into_iter().find(|s| s.name() == side)?;
    let named = Named(rest);
    Some(Ask {
        asset: asset.parse().ok()?,
        side,
        kind: named.kind()?,
        quantity: Quantity::parse(quantity).ok()?,
        origin: Origin::Explicit,
        terms: named.terms()?,
    })
}

struct Named<'a>(&'a [String]);

impl Named<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().filter_map(|word| word.split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    fn price(&self, name: &str) -> Option<Price> {
        Price::parse(self.get(name)?).ok()
    }

    fn session(&self, name: &str) -> Option<Session> {
        let (open, close) = self.get(name)?.split_once('/')?;
        Some(Session { open_ns: open.parse().ok()?, close_ns: close.parse().ok()? })
    }

    fn distance(&self, name: &str) -> Option<Trail> {
        self.price(name).map(Trail::Amount).or_else(|| self.price(&format!("{name}_pct")).map(Trail::Part))
    }

    fn kind(&self) -> Option<Kind> {
        let (limit, stop) = (self.price("limit"), self.price("stop"));
        Some(match (self.distance("trail"), limit, stop) {
            (Some(trail), _, _) => Kind::Trailing { trail, best: self.price("best")?, stop: stop? },
            (None, Some(limit), Some(stop)) => Kind::StopLimit { stop, limit },
            (None, Some(limit), None) => Kind::Limit(limit),
            (None, None, Some(stop)) => Kind::Stop(stop),
            (None, None, None) => Kind::Market,
        })
    }

    fn terms(&self) -> Option<Terms> {
        let until = self.get("until").map(|until| until.parse().ok().map(TimeInForce::GoodTill));
        let tif = match (self.session("day"), until, self.get("tif")) {
            (Some(day), _, _) => TimeInForce::Day(day),
            (_, Some(until), _) => until?,
            (_, _, Some("IOC")) => TimeInForce::ImmediateOrCancel,
            (_, _, Some("FOK")) => TimeInForce::FillOrKill,
            _ => TimeInForce::GoodTillCanceled,
        };
        let exits = exits(self.0)?;
        Some(Terms {
            tif,
            on: self.session("open").map(Auction::Open).or_else(|| self.session("close").map(Auction::Close)),
            post_only: self.get("post_only").is_some(),
            reduce_only: self.get("reduce_only").is_some(),
            oco: self.get("oco").and_then(|group| group.parse().ok()),
            exits: (exits != Exits::default()).then(|| Box::new(exits)),
        })
    }
}
