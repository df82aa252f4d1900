//! What a strategy asks for, checked at the door and turned into commands.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyTuple};
use workbench_engine::command::{Command, Goal, Weight};
use workbench_engine::order::Side;
use workbench_market::Error;
use workbench_market::instrument::Instrument;
use workbench_market::number::{Money, Price, Quantity, Rounding};

use crate::desk::{Phase, Shared};
use crate::errors::{OrRaise, raise};
use crate::number::{exact_at, given};
use crate::values::Order;

pub fn order_error(message: String) -> PyErr {
    raise(Error::Order(message))
}

/// The most that one order may be, in units and in money: what is left of the exact range is room for prices to move.
const MOST_UNITS: Quantity = Quantity::from_raw(10_i128.pow(17) * Quantity::ONE.raw());
const MOST_MONEY: Money = Money::from_raw(10_i128.pow(17) * Money::ONE.raw());

/// Refuses a size that could not be counted exactly later on.
pub fn check_size(call: &str, instrument: &Instrument, quantity: Quantity, price: Option<Price>) -> PyResult<()> {
    let asset = &instrument.name;
    let worth = price.map_or(Ok(Money::ZERO), |price| instrument.notional(quantity, price));
    if quantity.abs() <= MOST_UNITS && worth.is_ok_and(is_countable) {
        return Ok(());
    }
    let at = price.map_or_else(String::new, |price| format!(" at {price}"));
    Err(raise(Error::Range(format!(
        "{call}: {quantity} of {asset}{at} is more than is counted exactly, which is 10^17 units or their worth; give less"
    ))))
}

fn is_countable(worth: Money) -> bool {
    worth.abs() <= MOST_MONEY
}

fn check_worth(call: &str, asset: &str, worth: workbench_market::Result<Money>) -> PyResult<()> {
    if worth.is_ok_and(is_countable) {
        return Ok(());
    }
    Err(raise(Error::Range(format!(
        "{call}: what is wanted of {asset} is worth more than is counted exactly, which is 10^17; give less"
    ))))
}

/// Hands a command to the slice that is being decided.
pub fn push(shared: &Shared, py: Python<'_>, command: Command) -> PyResult<()> {
    let mut desk = shared.desk_mut(py)?;
    check_phase(desk.phase)?;
    desk.ask(command);
    Ok(())
}

pub fn check_phase(phase: Phase) -> PyResult<()> {
    let why = match phase {
        Phase::Deciding => return Ok(()),
        Phase::Start => "in on_start there is no market yet; ask from on_bar on",
        Phase::End => "in on_end the market is closed; only record works there",
        Phase::Frozen => "this context is a picture of a finished run; it cannot trade",
        Phase::Between => "the callback of this context has returned; ask from inside a callback",
    };
    Err(raise(Error::Context(format!("orders cannot be asked for now: {why}"))))
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
    py: Python<'_>,
    asset: usize,
    quantity: Option<&Bound<'_, PyAny>>,
    weight: Option<&Bound<'_, PyAny>>,
    value: Option<&Bound<'_, PyAny>>,
    all_in: Option<&Bound<'_, PyAny>>,
) -> PyResult<Goal> {
    let all_in = flag(all_in)?;
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
    if goal.side() == Side::Sell {
        check_shorts(shared, py)?;
    }
    check_goal(shared, py, asset, goal)?;
    Ok(goal)
}

fn flag(all_in: Option<&Bound<'_, PyAny>>) -> PyResult<bool> {
    let Some(value) = all_in else { return Ok(false) };
    if !value.is_exact_instance_of::<PyBool>() {
        return Err(order_error(format!("target: all_in={value} must be True or False")));
    }
    value.extract()
}

/// Refuses a goal that is worth more than can be counted.
fn check_goal(shared: &Shared, py: Python<'_>, asset: usize, goal: Goal) -> PyResult<()> {
    let (desk, name) = (shared.desk(py)?, &shared.instruments[asset].name);
    let state = &desk.driver.state;
    match goal {
        Goal::Quantity(quantity) => {
            check_size("target", &shared.instruments[asset], quantity, state.positions[asset].last)
        }
        Goal::Value(value) => check_worth("target", name, Ok(value)),
        Goal::Weight(weight) => check_weight("target", shared, py, asset, weight),
        Goal::AllIn => Ok(()),
    }
}

/// A weight of at most 1 is worth no more than the equity, which is counted already.
fn check_weight(call: &str, shared: &Shared, py: Python<'_>, asset: usize, weight: Weight) -> PyResult<()> {
    if weight.abs() <= Weight::ONE {
        return Ok(());
    }
    let state = &shared.desk(py)?.driver.state;
    let equity = state.equity_of(state.book_now());
    let worth = equity.and_then(|equity| equity.scaled(weight.raw(), Weight::ONE.raw(), Rounding::SIZE));
    check_worth(call, &shared.instruments[asset].name, worth)
}

/// A cash account holds no short positions.
fn check_shorts(shared: &Shared, py: Python<'_>) -> PyResult<()> {
    if shared.desk(py)?.driver.state.rules.margin.is_some() {
        return Ok(());
    }
    let message = "a negative target is a short position, which needs a margin account: \
                   Backtest(..., account=wb.Margin()); else give 0 or more";
    Err(raise(Error::Unsupported(message.into())))
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
    let (mut pairs, mut is_named) = (Vec::new(), vec![false; shared.instruments.len()]);
    for (asset, value) in entries(weights)? {
        let (asset, weight) = (shared.tradable(&asset)?, weight("weight", &value)?);
        if weight.raw() < 0 {
            check_shorts(shared, weights.py())?;
        }
        let name = &shared.instruments[asset].name;
        check_weight("rebalance", shared, weights.py(), asset, weight)?;
        if std::mem::replace(&mut is_named[asset], true) {
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
    check_own(shared, py, id)?;
    push(shared, py, Command::Cancel { order: id })
}

/// An order of another book is not to be canceled.
fn check_own(shared: &Shared, py: Python<'_>, id: u64) -> PyResult<()> {
    let desk = shared.desk(py)?;
    if !desk.is_of_books() || desk.book_of(id) == desk.driver.state.book_now() {
        return Ok(());
    }
    Err(order_error(format!("order #{id} is not one of this strategy's; cancel what ctx.open_orders lists")))
}

fn not_an_order(given: &Bound<'_, PyAny>) -> PyErr {
    order_error(format!("cancel needs an Order or its id, got {given}; to cancel by asset use cancel(asset=...)"))
}
