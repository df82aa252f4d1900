//! An order as the strategy spells it: its options read, put on steps, and refused where they contradict each other.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyString};
use workbench_engine::command::Command;
use workbench_engine::exits::Exits;
use workbench_engine::order::{Ask, Order as EngineOrder, Origin, Side};
use workbench_engine::state::FillRule;
use workbench_engine::terms::{Auction, Kind, Session, Terms, TimeInForce, Trail};
use workbench_market::Error;
use workbench_market::number::{Price, Quantity, Rounding};

use crate::asking::{check_phase, check_size, order_error, push};
use crate::desk::Shared;
use crate::errors::{OrRaise, raise, unknown_argument};
use crate::number::{exact_at, given};
use crate::time::nanoseconds;
use crate::values::Order;

/// Every option of an order, in the order of the signature.
const OPTIONS: [&str; 18] = [
    "limit",
    "stop",
    "trail",
    "trail_pct",
    "tif",
    "until",
    "on",
    "post_only",
    "reduce_only",
    "oco",
    "stop_loss",
    "stop_loss_pct",
    "take_profit",
    "take_profit_pct",
    "trailing_stop",
    "trailing_stop_pct",
    "break_even",
    "break_even_pct",
];

/// The options of `protect`: those that protect a position.
const PROTECTING: usize = 10;

/// Words of other libraries, and ours for them.
const SPELLED: [(&str, &str); 8] = [
    ("time_in_force", "write tif=\"DAY\""),
    ("type", "the type follows from limit=, stop=, trail= and on="),
    ("bracket", "write stop_loss= and take_profit="),
    ("group", "write oco=\"name\""),
    ("on_open", "write on=\"open\""),
    ("on_close", "write on=\"close\""),
    ("iceberg", "an iceberg hides in an order book, and bars have no book; ask for its parts one by one"),
    ("display_quantity", "an iceberg hides in an order book, and bars have no book; ask for its parts one by one"),
];

/// The farthest distances from a price: an amount, and a part.
const FARTHEST: i128 = 1_000_000_000_000;
const FARTHEST_PART: i128 = 1_000_000;

pub type Given<'a, 'py> = Option<&'a Bound<'py, PyAny>>;

/// An order as the strategy spelled it, and what its options are measured by.
pub struct Wish<'a, 'py> {
    shared: &'a Shared,
    pub asset: usize,
    pub side: Side,
    /// The name of the call.
    call: &'static str,
    options: Given<'a, 'py>,
    now_ns: i64,
    live_ns: i64,
    /// The length of the asset's last bar.
    length_ns: i64,
    last: Option<Price>,
    /// Whether a market order trades at the close that is decided on.
    trades_now: bool,
    /// Whether the account can hold short positions.
    pub has_shorts: bool,
}

/// Reads, checks and hands in one order.
pub fn order(
    shared: &Shared,
    side: Side,
    asset: &Bound<'_, PyAny>,
    quantity: Given<'_, '_>,
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<Order> {
    let py = asset.py();
    check_names(py, verb(side), &OPTIONS, options)?;
    let asset = shared.tradable(asset)?;
    let wish = Wish::new(shared, py, (verb(side), side), asset, options.map(|o| o.as_any()))?;
    let quantity = wish.quantity(quantity)?;
    let kind = wish.kind()?;
    check_size(wish.call, &shared.instruments[asset], quantity, kind.price().or(wish.last))?;
    let terms = wish.terms(py, kind)?;
    let ask = Ask { asset, side, kind, quantity, origin: Origin::Explicit, terms };
    let mut desk = shared.desk_mut(py)?;
    check_phase(desk.phase)?;
    desk.last_id += 1;
    let id = desk.last_id;
    desk.ask(Command::Order { id, ask: Box::new(ask.clone()) });
    let book = desk.driver.state.book_now();
    let order = EngineOrder { book, ..EngineOrder::new(id, 0, ask, desk.driver.slice.time_ns) };
    Ok(Order { asset: shared.assets.object(py, asset), order })
}

/// Reads, checks and hands in what is to protect a holding.
pub fn protect(shared: &Shared, asset: &Bound<'_, PyAny>, options: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
    let py = asset.py();
    check_names(py, "protect", &OPTIONS[PROTECTING..], options)?;
    let asset = shared.tradable(asset)?;
    let held = {
        let state = &shared.desk(py)?.driver.state;
        state.held(asset, state.book_now())
    };
    let opened = Side::closing(held).opposite();
    let wish = Wish::new(shared, py, ("protect", opened), asset, options.map(|o| o.as_any()))?;
    let Some(exits) = wish.exits(None)? else {
        return wish
            .refuse("give stop_loss=, trailing_stop= or take_profit=; to take protection away cancel its orders");
    };
    push(shared, py, Command::Protect { asset, exits })
}

/// Reads and checks what is to protect the units that a target opens on its side; None where nothing does.
pub fn targeted(
    shared: &Shared,
    py: Python<'_>,
    (asset, side): (usize, Side),
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<Option<Box<Exits>>> {
    let Some(options) = options else { return Ok(None) };
    let taken = [&["quantity", "weight", "value", "all_in"], &OPTIONS[PROTECTING..]].concat();
    check_names(py, "target", &taken, Some(options))?;
    Wish::new(shared, py, ("target", side), asset, Some(options.as_any()))?.exits(Some(Kind::Market))
}

const fn verb(side: Side) -> &'static str {
    match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    }
}

fn check_names(py: Python<'_>, call: &str, taken: &[&str], options: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
    let keys = options.map(|o| o.keys().iter().map(|key| key.to_string()).collect::<Vec<_>>()).unwrap_or_default();
    let Some(key) = keys.iter().find(|key| !taken.contains(&key.as_str())) else { return Ok(()) };
    if let Some((_, hint)) = SPELLED.iter().find(|(word, _)| word == key) {
        let message = format!("{call} has no argument {key:?}; {hint}");
        let is_iceberg = hint.starts_with("an iceberg");
        return Err(raise(if is_iceberg { Error::Unsupported(message) } else { Error::Parameter(message) }));
    }
    let first = if taken.len() == OPTIONS.len() { "asset, quantity" } else { "asset" };
    Err(unknown_argument(py, (call, first), key, taken))
}

impl<'a, 'py> Wish<'a, 'py> {
    fn new(
        shared: &'a Shared,
        py: Python<'py>,
        (call, side): (&'static str, Side),
        asset: usize,
        options: Given<'a, 'py>,
    ) -> PyResult<Self> {
        let desk = shared.desk(py)?;
        check_phase(desk.phase)?;
        let (driver, rules) = (&desk.driver, &desk.driver.state.rules);
        let (now_ns, rows) = (driver.slice.time_ns, driver.rows(asset));
        let length_ns = rows.checked_sub(1).map_or(0, |row| {
            let span = driver.series[asset].span(row);
            span.close_ns - span.open_ns
        });
        let live_ns = now_ns.saturating_add(rules.latency.of_order(desk.last_id + 1));
        let trades_now = rules.fill == FillRule::SameClose && driver.state.bars[asset].closed_ns == now_ns;
        let (last, has_shorts) = (driver.state.positions[asset].last, rules.margin.is_some());
        Ok(Self { shared, asset, side, call, options, now_ns, live_ns, length_ns, last, trades_now, has_shorts })
    }

    /// An option that was given; None means that it was not.
    pub fn get(&self, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(options) = self.options else { return Ok(None) };
        Ok(options.cast::<PyDict>()?.get_item(name)?.filter(|value| !value.is_none()))
    }

    fn has(&self, name: &str) -> PyResult<bool> {
        Ok(self.get(name)?.is_some())
    }

    pub fn refuse<T>(&self, message: &str) -> PyResult<T> {
        Err(order_error(format!("{}: {message}", self.call)))
    }

    pub fn step(&self) -> Price {
        self.shared.instruments[self.asset].price_step
    }

    fn quantity(&self, wanted: Given<'_, 'py>) -> PyResult<Quantity> {
        let (call, step) = (self.call, self.shared.instruments[self.asset].quantity_step);
        let Some(wanted) = wanted else {
            return Err(order_error(format!(
                "{call} needs a quantity: ctx.{call}(asset, 100); by weight or value use ctx.target"
            )));
        };
        let quantity = given("quantity", wanted)?;
        if quantity.is_negative() {
            let other = verb(self.side.opposite());
            return Err(order_error(format!(
                "{call}(quantity={wanted}) must be more than 0; use ctx.{other} for the other side"
            )));
        }
        Ok(Quantity::from_raw(quantity.on_step(8, step.raw(), Rounding::SIZE).or_raise()?))
    }

    /// A price on its step, to the safe side.
    fn price(&self, name: &str, side: Side) -> PyResult<Option<Price>> {
        self.get(name)?.map(|value| self.priced(name, &value, side)).transpose()
    }

    pub fn priced(&self, name: &str, value: &Bound<'py, PyAny>, side: Side) -> PyResult<Price> {
        let step = self.step();
        let raw = given(name, value)?.on_step(12, step.raw(), side.safe()).or_raise()?;
        if raw <= 0 {
            let (call, asset) = (self.call, &self.shared.instruments[self.asset].name);
            return Err(order_error(format!(
                "{call}({name}={value}) is no price; {asset} trades in steps of {step} above 0"
            )));
        }
        Price::new(raw).or_raise()
    }

    /// A part of a price: above 0, and below 1 where it is taken away.
    pub fn part(&self, name: &str, value: &Bound<'py, PyAny>, is_taken: bool) -> PyResult<Price> {
        let part = Price::new(exact_at(name, value, 12)?).or_raise()?;
        if part.raw() <= 0 || (is_taken && part >= Price::ONE) {
            let bounds = if is_taken { "above 0 and below 1" } else { "above 0" };
            return self.refuse(&format!("{name}={value} is a part of the price, {bounds}; write 0.05 for 5%"));
        }
        self.within_reach(name, value, part, FARTHEST_PART)?;
        Ok(part)
    }

    fn flag(&self, name: &str) -> PyResult<bool> {
        let Some(value) = self.get(name)? else { return Ok(false) };
        if !value.is_exact_instance_of::<PyBool>() {
            return self.refuse(&format!("{name}={value} must be True or False"));
        }
        value.extract()
    }

    fn kind(&self) -> PyResult<Kind> {
        let trail = self.trail()?;
        let kind = match (self.price("limit", self.side)?, self.price("stop", self.side)?) {
            (None, None) => Kind::Market,
            (Some(limit), None) => Kind::Limit(limit),
            (None, Some(stop)) => Kind::Stop(stop),
            (Some(limit), Some(stop)) => Kind::StopLimit { stop, limit },
        };
        match trail {
            None => Ok(kind),
            Some(trail) if kind == Kind::Market => self.trailing(trail),
            Some(_) => self.refuse("a trailing stop has no limit= or stop=; give trail= alone"),
        }
    }

    fn trail(&self) -> PyResult<Option<Trail>> {
        self.distance("trail", true, "it is the distance to the best price")
    }

    /// A distance: an amount of this name, or a part of the price with `_pct` behind it.
    pub fn distance(&self, name: &str, is_taken: bool, what: &str) -> PyResult<Option<Trail>> {
        let pct = format!("{name}_pct");
        let part = self.get(&pct)?.map(|value| self.part(&pct, &value, is_taken)).transpose()?;
        let Some(value) = self.get(name)? else { return Ok(part.map(Trail::Part)) };
        if part.is_some() {
            return self.refuse(&format!("give {name}= (an amount) or {pct}= (a part of the price), not both"));
        }
        let amount = Price::new(exact_at(name, &value, 12)?).or_raise()?;
        if amount.raw() <= 0 {
            return self.refuse(&format!("{name}={value} must be more than 0; {what}"));
        }
        self.within_reach(name, &value, amount, FARTHEST)?;
        Ok(Some(Trail::Amount(amount)))
    }

    /// Distances so far from every price that the price there has no exact number are refused.
    fn within_reach(&self, name: &str, value: &Bound<'py, PyAny>, distance: Price, most: i128) -> PyResult<()> {
        if distance.raw() <= Price::ONE.raw() * most {
            return Ok(());
        }
        self.refuse(&format!("{name}={value} lies beyond every price; give at most {most}"))
    }

    fn trailing(&self, trail: Trail) -> PyResult<Kind> {
        let name = &self.shared.instruments[self.asset].name;
        let Some(last) = self.last else {
            return self.refuse(&format!("a trailing stop starts from the last close, and {name} has none yet"));
        };
        let kind = Kind::trailing(trail, self.side, last, self.step()).or_raise()?;
        if kind.stop().is_some_and(|stop| stop.raw() <= 0) {
            return self.refuse(&format!("trail= is wider than the last close of {name}, {last}; give less"));
        }
        Ok(kind)
    }

    fn terms(&self, py: Python<'py>, kind: Kind) -> PyResult<Terms> {
        let (tif, on) = (self.tif(py, kind)?, self.on(py, kind)?);
        let (post_only, reduce_only) = (self.flag("post_only")?, self.flag("reduce_only")?);
        if post_only && (!matches!(kind, Kind::Limit(_)) || on.is_some() || tif.is_immediate()) {
            return self.refuse("post_only rests in the book: it needs limit= alone, without on=, IOC or FOK");
        }
        let exits = self.exits(Some(kind))?;
        if reduce_only && exits.is_some() {
            return self.refuse("reduce_only opens nothing that stop_loss= or take_profit= could protect");
        }
        Ok(Terms { tif, on, post_only, reduce_only, oco: self.oco(py)?, exits })
    }

    fn tif(&self, py: Python<'py>, kind: Kind) -> PyResult<TimeInForce> {
        let until = self.get("until")?;
        let name = match self.get("tif")? {
            Some(value) => value.str()?.to_string(),
            None => if until.is_some() { "GTD" } else { "GTC" }.into(),
        };
        let tif = match name.as_str() {
            "GTC" => TimeInForce::GoodTillCanceled,
            "DAY" => TimeInForce::Day(self.day(py, kind)?),
            "IOC" => TimeInForce::ImmediateOrCancel,
            "FOK" => TimeInForce::FillOrKill,
            "GTD" => match &until {
                Some(until) => TimeInForce::GoodTill(self.until(py, until)?),
                None => return self.refuse("tif=\"GTD\" needs until=, such as until=\"2024-06-28\""),
            },
            _ => return self.refuse(&format!("tif={name:?} is unknown; use GTC, DAY, GTD, IOC or FOK")),
        };
        if until.is_some() && !matches!(tif, TimeInForce::GoodTill(_)) {
            return self.refuse(&format!("until= belongs to tif=\"GTD\", not to {name}; leave one of them out"));
        }
        Ok(tif)
    }

    /// The first session in which the order can trade; under same_close that of the bar it is asked on.
    fn day(&self, py: Python<'py>, kind: Kind) -> PyResult<Session> {
        let is_now = self.trades_now && kind == Kind::Market;
        let (live_ns, length_ns) =
            if is_now { (self.now_ns - self.length_ns, 1) } else { (self.live_ns, self.length_ns) };
        self.session(py, "session", (self.asset, micros(live_ns), micros(length_ns)))
    }

    fn session(
        &self,
        py: Python<'py>,
        question: &str,
        given: impl for<'p> pyo3::call::PyCallArgs<'p>,
    ) -> PyResult<Session> {
        let (open_us, close_us) = self.shared.host.bind(py).call_method1(question, given)?.extract::<(i64, i64)>()?;
        Ok(Session { open_ns: nanoseconds(open_us)?, close_ns: nanoseconds(close_us)? })
    }

    fn until(&self, py: Python<'py>, given: &Bound<'py, PyAny>) -> PyResult<i64> {
        let until_us = self.shared.host.bind(py).call_method1("until", (self.asset, given))?.extract()?;
        let until_ns = nanoseconds(until_us)?;
        if until_ns <= self.now_ns {
            return self.refuse(&format!("until={given} is over; give a later time"));
        }
        Ok(until_ns)
    }

    fn on(&self, py: Python<'py>, kind: Kind) -> PyResult<Option<Auction>> {
        let Some(on) = self.get("on")? else { return Ok(None) };
        if !matches!(kind, Kind::Market | Kind::Limit(_)) || self.has("tif")? || self.has("until")? {
            return self
                .refuse("on= takes market and limit orders, and ends them itself: leave stop, trail and tif out");
        }
        let live_us = micros(self.live_ns);
        match on.str()?.to_string().as_str() {
            "open" => self.session(py, "next_session", (self.asset, live_us)).map(Auction::Open),
            "close" => self.session(py, "session", (self.asset, live_us, micros(self.length_ns))).map(Auction::Close),
            name => self.refuse(&format!("on={name:?} is unknown; use \"open\" or \"close\"")),
        }
        .map(Some)
    }

    /// The number of the group; a name stands for one group per asset.
    fn oco(&self, py: Python<'py>) -> PyResult<Option<u64>> {
        let Some(name) = self.get("oco")? else { return Ok(None) };
        let Ok(text) = name.cast::<PyString>() else {
            return self
                .refuse(&format!("oco={name} must be a text; orders of one asset with the same one are linked"));
        };
        let desk = &mut *self.shared.desk_mut(py)?;
        let next = desk.groups.len() as u64 + 1;
        let key = (self.asset, desk.driver.state.book_now(), text.to_string());
        Ok(Some(*desk.groups.entry(key).or_insert(next)))
    }
}

const fn micros(ns: i64) -> i64 {
    ns.div_euclid(1_000)
}
