//! An order's ask as words, and back: every number is its exact text, whatever is usually left out stays out.

use workbench_engine::order::{Ask, Origin, Side};
use workbench_engine::terms::{Auction, Exit, Kind, Session, Terms, TimeInForce, Trail};
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
            let distance = match trail {
                Trail::Amount(amount) => format!("trail={amount}"),
                Trail::Part(part) => format!("trail_pct={part}"),
            };
            vec![distance, format!("best={best}"), format!("stop={stop}")]
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
    let exit = |name: &str, exit: Option<Exit>| {
        exit.map(|exit| match exit {
            Exit::At(price) => format!("{name}={price}"),
            Exit::Part(part) => format!("{name}_pct={part}"),
        })
    };
    let flag = |name: &str, is_set: bool| is_set.then(|| format!("{name}=true"));
    let words = [
        tif,
        on,
        flag("post_only", terms.post_only),
        flag("reduce_only", terms.reduce_only),
        terms.oco.map(|group| format!("oco={group}")),
        exit("stop_loss", terms.stop_loss),
        exit("take_profit", terms.take_profit),
    ];
    words.into_iter().flatten().collect()
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

    fn exit(&self, name: &str) -> Option<Exit> {
        self.price(name).map(Exit::At).or_else(|| self.price(&format!("{name}_pct")).map(Exit::Part))
    }

    fn kind(&self) -> Option<Kind> {
        let (limit, stop) = (self.price("limit"), self.price("stop"));
        let trail = self.price("trail").map(Trail::Amount).or_else(|| self.price("trail_pct").map(Trail::Part));
        Some(match (trail, limit, stop) {
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
        Some(Terms {
            tif,
            on: self.session("open").map(Auction::Open).or_else(|| self.session("close").map(Auction::Close)),
            post_only: self.get("post_only").is_some(),
            reduce_only: self.get("reduce_only").is_some(),
            oco: self.get("oco").and_then(|group| group.parse().ok()),
            stop_loss: self.exit("stop_loss"),
            take_profit: self.exit("take_profit"),
        })
    }
}
