//! What a strategy asks for, checked at the door and turned into commands.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyTuple};
use workbench_engine::action::safe_side;
use workbench_engine::command::{Command, Goal, Weight};
use workbench_engine::order::{Ask, Kind, Order as EngineOrder, Origin, Side};
use workbench_market::Error;
use workbench_market::number::{Money, Price, Quantity, Rounding};

use crate::context::exact_at;
use crate::desk::{Phase, Shared};
use crate::errors::{OrRaise, raise};
use crate::number::given;
use crate::values::Order;

/// An order as the strategy spelled it.
pub struct Wish<'a, 'py> {
    pub name: &'static str,
    pub side: Side,
    pub quantity: Option<&'a Bound<'py, PyAny>>,
    pub limit: Option<&'a Bound<'py, PyAny>>,
    pub stop: Option<&'a Bound<'py, PyAny>>,
}

/// Order options of the field that this version does not carry out.
const LATER: [&str; 17] = [
    "tif",
    "time_in_force",
    "until",
    "trail",
    "trail_pct",
    "stop_loss",
    "stop_loss_pct",
    "take_profit",
    "take_profit_pct",
    "oco",
    "group",
    "bracket",
    "post_only",
    "reduce_only",
    "type",
    "on_open",
    "on_close",
];

fn order_error(message: String) -> PyErr {
    raise(Error::Order(message))
}

/// Refuses keywords that are not taken: those to come by name, others with what there is.
pub fn check_options(call: &str, options: Option<&Bound<'_, PyDict>>, known: &[&str]) -> PyResult<()> {
    let Some(key) = options.and_then(|o| o.keys().iter().next()) else { return Ok(()) };
    let key = key.to_string();
    if LATER.contains(&key.as_str()) {
        let message = format!(
            "{call}({key}=...) is not available yet; there are market, limit= and stop= orders, good till canceled"
        );
        return Err(raise(Error::Unsupported(message)));
    }
    Err(raise(Error::Parameter(format!("{call} has no argument {key:?}; it takes {}", known.join(", ")))))
}

/// Hands a command to the slice that is being decided.
pub fn push(shared: &Shared, py: Python<'_>, command: Command) -> PyResult<()> {
    let mut desk = shared.desk_mut(py)?;
    check_phase(desk.phase)?;
    desk.commands.push(command);
    Ok(())
}

fn check_phase(phase: Phase) -> PyResult<()> {
    let why = match phase {
        Phase::Deciding => return Ok(()),
        Phase::Start => "in on_start there is no market yet; ask from on_bar on",
        Phase::End => "in on_end the market is closed; only record works there",
        Phase::Frozen => "this context is a picture of a finished run; it cannot trade",
        Phase::Between => "the callback of this context has returned; ask from inside a callback",
    };
    Err(raise(Error::Context(format!("orders cannot be asked for now: {why}"))))
}

pub fn order(
    shared: &Shared,
    py: Python<'_>,
    asset: &Bound<'_, PyAny>,
    wish: Wish<'_, '_>,
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<Order> {
    check_options(wish.name, options, &["asset", "quantity", "limit", "stop"])?;
    let asset = shared.assets.find(asset)?;
    let ask = ask(shared, asset, &wish)?;
    let mut desk = shared.desk_mut(py)?;
    check_phase(desk.phase)?;
    desk.last_id += 1;
    let id = desk.last_id;
    desk.commands.push(Command::Order { id, ask });
    let order = EngineOrder::new(id, 0, ask, desk.driver.slice.time_ns);
    Ok(Order { asset: shared.assets.object(py, asset), order })
}

fn ask(shared: &Shared, asset: usize, wish: &Wish<'_, '_>) -> PyResult<Ask> {
    let step = shared.instruments[asset].quantity_step;
    let Some(wanted) = wish.quantity else {
        let name = wish.name;
        return Err(order_error(format!(
            "{name} needs a quantity: ctx.{name}(asset, 100); by weight or value use ctx.target"
        )));
    };
    let quantity = given("quantity", wanted)?;
    if quantity.is_negative() {
        let other = if wish.side == Side::Buy { "sell" } else { "buy" };
        return Err(order_error(format!(
            "{}(quantity={}) must be more than 0; use ctx.{other} for the other side",
            wish.name, wanted
        )));
    }
    let quantity = Quantity::from_raw(quantity.on_step(8, step.raw(), Rounding::SIZE).or_raise()?);
    let kind = match (wish.limit, wish.stop) {
        (None, None) => Kind::Market,
        (Some(limit), None) => Kind::Limit(price(shared, asset, wish, "limit", limit)?),
        (None, Some(stop)) => Kind::Stop(price(shared, asset, wish, "stop", stop)?),
        (Some(_), Some(_)) => {
            let message = format!(
                "{} with limit= and stop= is a stop-limit order, not available yet; give one of them",
                wish.name
            );
            return Err(raise(Error::Unsupported(message)));
        }
    };
    Ok(Ask { asset, side: wish.side, kind, quantity, origin: Origin::Explicit })
}

/// A price on its step, to the safe side.
fn price(shared: &Shared, asset: usize, wish: &Wish<'_, '_>, what: &str, value: &Bound<'_, PyAny>) -> PyResult<Price> {
    let instrument = &shared.instruments[asset];
    let raw = given(what, value)?.on_step(12, instrument.price_step.raw(), safe_side(wish.side)).or_raise()?;
    if raw <= 0 {
        let (name, step) = (wish.name, instrument.price_step);
        return Err(order_error(format!(
            "{name}({what}={value}) is no price; {} trades in steps of {step} above 0",
            instrument.name
        )));
    }
    Price::new(raw).or_raise()
}

/// The answer to a size without a name: 0.5 may mean half a unit or half of the equity.
pub fn unnamed_size(asset: &Bound<'_, PyAny>, unnamed: &Bound<'_, PyTuple>) -> PyErr {
    let given = unnamed.get_item(0).map_or_else(|_| "?".into(), |size| size.to_string());
    order_error(format!(
        "target takes its size by name: target({asset:?}, quantity={given}), weight={given}, value={given} or all_in=True"
    ))
}

/// The one goal among quantity, weight, value and all_in.
pub fn goal(
    shared: &Shared,
    asset: usize,
    quantity: Option<&Bound<'_, PyAny>>,
    weight: Option<&Bound<'_, PyAny>>,
    value: Option<&Bound<'_, PyAny>>,
    all_in: bool,
) -> PyResult<Goal> {
    let goal = match (quantity, weight, value, all_in) {
        (Some(quantity), None, None, false) => {
            let step = shared.instruments[asset].quantity_step.raw();
            Goal::Quantity(Quantity::from_raw(
                given("quantity", quantity)?.on_step(8, step, Rounding::SIZE).or_raise()?,
            ))
        }
        (None, Some(weight), None, false) => Goal::Weight(self::weight("weight", weight)?),
        (None, None, Some(value), false) => Goal::Value(Money::from_raw(exact_at("value", value, 20)?)),
        (None, None, None, true) => Goal::AllIn,
        _ => return Err(order_error("target takes exactly one of quantity=, weight=, value=, all_in=True".into())),
    };
    let is_short = match goal {
        Goal::Quantity(quantity) => quantity.raw() < 0,
        Goal::Weight(weight) => weight.raw() < 0,
        Goal::Value(value) => value.raw() < 0,
        Goal::AllIn => false,
    };
    if is_short { Err(short()) } else { Ok(goal) }
}

fn short() -> PyErr {
    raise(Error::Unsupported(
        "a negative target is a short position, which needs a margin account, not available yet; give 0 or more".into(),
    ))
}

fn weight(what: &str, value: &Bound<'_, PyAny>) -> PyResult<Weight> {
    Ok(Weight::from_raw(exact_at(what, value, 20)?))
}

/// Weights from a mapping, or from a frame with the columns asset and weight.
pub fn rebalance(shared: &Shared, weights: &Bound<'_, PyAny>, band: Option<&Bound<'_, PyAny>>) -> PyResult<Command> {
    let band = band.map_or(Ok(Weight::ZERO), |band| weight("band", band))?;
    if band.raw() < 0 {
        return Err(order_error("band must be 0 or more; it is the difference in weight that is left alone".into()));
    }
    let mut pairs: Vec<(usize, Weight)> = Vec::new();
    for (asset, value) in entries(weights)? {
        let (asset, weight) = (shared.assets.find(&asset)?, weight("weight", &value)?);
        if weight.raw() < 0 {
            return Err(short());
        }
        if pairs.iter().any(|(known, _)| *known == asset) {
            let name = &shared.instruments[asset].name;
            return Err(order_error(format!("rebalance names {name} twice; give each asset one weight")));
        }
        pairs.push((asset, weight));
    }
    Ok(Command::Rebalance { weights: pairs, band })
}

type Entries<'py> = Vec<(Bound<'py, PyAny>, Bound<'py, PyAny>)>;

fn entries<'py>(weights: &Bound<'py, PyAny>) -> PyResult<Entries<'py>> {
    if weights.hasattr("columns")? && !weights.hasattr("select")? {
        let message =
            "rebalance takes a Polars frame or a mapping; give frame.set_index(\"asset\")[\"weight\"].to_dict()";
        return Err(order_error(message.into()));
    }
    let pairs = if weights.hasattr("items")? {
        weights.call_method0("items")?
    } else if weights.hasattr("columns")? && weights.hasattr("select")? {
        let columns: Vec<String> = weights.getattr("columns")?.extract()?;
        if !["asset", "weight"].iter().all(|name| columns.iter().any(|column| column == name)) {
            let found = columns.join(", ");
            return Err(order_error(format!(
                "rebalance needs the columns asset and weight, found {found}; add .select(\"asset\", weight=...)"
            )));
        }
        weights.call_method1("select", (vec!["asset", "weight"],))?.call_method0("iter_rows")?
    } else {
        let message =
            format!("rebalance needs a mapping of asset to weight or a frame with asset and weight, got {weights}");
        return Err(order_error(message));
    };
    pairs.try_iter()?.map(|pair| pair?.extract()).collect()
}

/// The asset named, or all of them.
pub fn assets(shared: &Shared, asset: Option<&Bound<'_, PyAny>>) -> PyResult<Vec<usize>> {
    asset.map_or_else(|| Ok((0..shared.instruments.len()).collect()), |asset| Ok(vec![shared.assets.find(asset)?]))
}

pub fn cancel(
    shared: &Shared,
    py: Python<'_>,
    order: Option<&Bound<'_, PyAny>>,
    asset: Option<&Bound<'_, PyAny>>,
) -> PyResult<()> {
    let Some(order) = order else {
        for asset in assets(shared, asset)? {
            push(shared, py, Command::CancelAll { asset })?;
        }
        return Ok(());
    };
    let id = match order.cast::<Order>() {
        Ok(order) => order.get().order.id,
        Err(_) if order.is_instance_of::<PyBool>() => return Err(not_an_order(order)),
        Err(_) => order.extract::<u64>().map_err(|_| not_an_order(order))?,
    };
    if id == 0 || id > shared.desk(py)?.last_id {
        return Err(order_error(format!(
            "there is no order #{id} in this run; cancel what ctx.buy gave or ctx.open_orders lists"
        )));
    }
    push(shared, py, Command::Cancel { order: id })
}

fn not_an_order(given: &Bound<'_, PyAny>) -> PyErr {
    order_error(format!("cancel needs an Order or its id, got {given}; to cancel by asset use cancel(asset=...)"))
}
