//! Signals at the boundary: a plan is read once, then a run decides without the interpreter.

use arrow_array::{Array, BooleanArray, Float64Array, RecordBatch};
use pyo3::prelude::*;
use workbench_engine::command::{Command, Goal, Weight};
use workbench_engine::driver::{Driver, Pause};
use workbench_engine::exits::{Exit, Exits, Target};
use workbench_engine::terms::Trail;
use workbench_journal::capture::Capture;
use workbench_market::Result;
use workbench_market::instrument::Instrument;
use workbench_market::number::{Price, Quantity, Rounding};
use workbench_strategies::signals::{Four, Levels, Rules, Signals, Size, WEIGHT_DIGITS};

use crate::arrow::{batches, column};
use crate::desk::{Desk, Shared};
use crate::errors::{OrRaise, dated};
use crate::number::{exact_at, given};

/// How many bars are decided on before a run looks up: a few milliseconds.
const BARS_PER_LOOK: usize = 1 << 15;

/// The signals of a `workbench.strategies.signals.Plan`; its rules are watched from now on.
pub fn read(plan: &Bound<'_, PyAny>, shared: &Shared) -> PyResult<Signals> {
    let levels: Option<Vec<Bound<'_, PyAny>>> = plan.getattr("levels")?.extract()?;
    let rules = match levels {
        Some(levels) => Rules::Ready(levels.iter().map(self::levels).collect::<PyResult<_>>()?),
        None => Rules::Streams(Four {
            entry: watched(plan, "entry", shared)?,
            exit: watched(plan, "exit", shared)?,
            short_entry: watched(plan, "short_entry", shared)?,
            short_exit: watched(plan, "short_exit", shared)?,
        }),
    };
    Ok(Signals { rules, size: size(plan, &shared.instruments)?, exits: exits(plan)? })
}

/// The stream of a rule; None where there is none.
fn watched(plan: &Bound<'_, PyAny>, name: &str, shared: &Shared) -> PyResult<Option<usize>> {
    let (py, rule) = (plan.py(), plan.getattr(name)?);
    if rule.is_none() {
        return Ok(None);
    }
    let mut desk = shared.desk_mut(py)?;
    let node = crate::frames::describe(py, shared, &mut desk.driver, &rule.getattr("node")?)?;
    desk.driver.watch(node).or_raise().map(Some)
}

/// How much an entry opens.
pub fn size(plan: &Bound<'_, PyAny>, instruments: &[Instrument]) -> PyResult<Size> {
    let quantity = plan.getattr("quantity")?;
    if !quantity.is_none() {
        let quantity = given("quantity", &quantity)?;
        let on_step = |step: Quantity| quantity.on_step(8, step.raw(), Rounding::SIZE).map(Quantity::from_raw);
        let each = instruments.iter().map(|instrument| on_step(instrument.quantity_step));
        return each.collect::<Result<_>>().or_raise().map(Size::Units);
    }
    if plan.getattr("all_in")?.extract()? {
        return Ok(Size::Alike(Goal::AllIn));
    }
    let weight = exact_at("weight", &plan.getattr("weight")?, WEIGHT_DIGITS)?;
    Ok(Size::Alike(Goal::Weight(Weight::from_raw(weight))))
}

/// What protects an entry: parts of the price it fills at.
pub fn exits(plan: &Bound<'_, PyAny>) -> PyResult<Option<Box<Exits>>> {
    let part = |name: &str| {
        let value = plan.getattr(name)?;
        if value.is_none() { Ok(None) } else { exact_at(name, &value, 12).map(|raw| Some(Price::from_raw(raw))) }
    };
    let target = part("take_profit_pct")?.map(|part| Target { exit: Exit::Part(part), part: Price::ONE });
    let exits = Exits {
        stop_loss: part("stop_loss_pct")?.map(Exit::Part),
        trailing_stop: part("trail_pct")?.map(Trail::Part),
        break_even: None,
        targets: target.into_iter().collect(),
    };
    Ok((exits != Exits::default()).then(|| Box::new(exits)))
}

/// A table with columns of the rules, and weight where it has one; a row for each bar.
fn levels(table: &Bound<'_, PyAny>) -> PyResult<Levels> {
    let mut levels = Levels::default();
    for batch in &batches(table)? {
        let Four { entry, exit, short_entry, short_exit } = &mut levels.rules;
        let named = [("entry", entry), ("exit", exit), ("short_entry", short_entry), ("short_exit", short_exit)];
        for (name, rule) in named.into_iter().filter(|(name, _)| batch.column_by_name(name).is_some()) {
            rule.extend(flags(batch, name)?);
        }
        if batch.column_by_name("weight").is_some() {
            levels.weights.extend(column::<Float64Array>(batch, "weight")?.values().iter().copied());
        }
    }
    Ok(levels)
}

fn flags(batch: &RecordBatch, name: &str) -> PyResult<Vec<bool>> {
    let flags = column::<BooleanArray>(batch, name)?;
    Ok((0..flags.len()).map(|row| flags.is_valid(row) && flags.value(row)).collect())
}

/// Runs on by signals, while other threads may use the interpreter; never pauses to decide.
pub fn advance(py: Python<'_>, shared: &Shared, signals: &Signals) -> PyResult<Pause> {
    let mut desk = shared.desk_mut(py)?;
    let Desk { driver, commands, capture, .. } = &mut *desk;
    let pause = py.detach(|| decided(signals, driver, commands, capture.as_mut()));
    pause.map_err(|error| dated(py, error, driver.state.now_ns))
}

fn decided(
    signals: &Signals,
    driver: &mut Driver,
    commands: &mut Vec<Command>,
    mut capture: Option<&mut Capture>,
) -> Result<Pause> {
    let mut bars = 0;
    while bars < BARS_PER_LOOK {
        match driver.advance()? {
            Pause::Decide => {
                signals.decide(driver, commands)?;
                driver.decide(commands)?;
                capture.as_mut().map_or(Ok(()), |capture| capture.look(driver))?;
                bars += driver.slice.assets.len();
                // A log takes each slice as it ends.
                if capture.is_none() {
                    bars += driver.coast(BARS_PER_LOOK, |driver, rows| signals.first(driver, 0, rows));
                }
            }
            pause => return Ok(pause),
        }
    }
    Ok(Pause::Busy)
}
