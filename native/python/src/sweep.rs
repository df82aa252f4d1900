//! Sweeps at the boundary: what runs have in common is read once, their numbers come as columns, their figures go as a
//! table. The interpreter is free while they run.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Float64Array, Int64Array, StringArray, UInt32Array};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use workbench_engine::driver::Driver;
use workbench_engine::obstacle::Obstacle;
use workbench_indicators::Field;
use workbench_market::{Error, Result};
use workbench_research::form::{Form, Number, Part, Slot, Slots};
use workbench_research::statistics::{Statistics, Undefined};
use workbench_research::sweep::{Choice, Prepared, Row, Sweep};

use crate::arrow::{Table, batches, column};
use crate::errors::{OrRaise, raise};
use crate::rows::push;

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<PreparedSweep>()
}

/// Numbers the lengths of longer bars, or refuses one.
type Numbering<'a> = &'a mut dyn FnMut(&str) -> PyResult<usize>;

/// How deep a form may nest, as indicators themselves.
const DEPTH_MAX: usize = 100;

/// The runs of a `workbench.research.folding.Spec`, with the columns that they share.
#[pyclass(frozen, name = "Sweep", module = "workbench._native")]
struct PreparedSweep(Prepared);

#[pymethods]
impl PreparedSweep {
    #[new]
    fn new(
        py: Python<'_>,
        setup: &Bound<'_, PyAny>,
        host: &Bound<'_, PyAny>,
        bars: Vec<Bound<'_, PyAny>>,
        finer: Vec<Bound<'_, PyAny>>,
        spec: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        let setup = crate::setup::read(setup)?;
        let (mut driver, warms_up, deposits) = (setup.driver, setup.warms_up, setup.cash);
        let instruments = Arc::clone(&driver.state.instruments);
        for (asset, rows) in bars.iter().enumerate() {
            push(&mut driver.series[asset], &instruments[asset], rows)?;
        }
        for (asset, rows) in finer.iter().enumerate() {
            push(&mut driver.state.finer[asset], &instruments[asset], rows)?;
        }
        let (entry, exit) = (rule(spec, "entry", host, &mut driver)?, rule(spec, "exit", host, &mut driver)?);
        cut(host, &bars, &mut driver)?;
        let plans: Vec<Bound<'_, PyAny>> = spec.getattr("plans")?.extract()?;
        let (slots, codes) = slots(spec)?;
        let sizes = plans.iter().map(|plan| crate::signals::size(plan, &instruments)).collect::<PyResult<_>>()?;
        let exits = plans.iter().map(crate::signals::exits).collect::<PyResult<_>>()?;
        let (sizes, exits) = (Choice { values: sizes, codes: codes.clone() }, Choice { values: exits, codes });
        let (slots, per_year) = (Arc::new(slots), spec.getattr("per_year")?.extract()?);
        let sweep = Sweep { driver, entry, exit, slots, sizes, exits, warms_up, deposits, per_year };
        py.detach(|| Prepared::new(sweep)).or_raise().map(Self)
    }

    /// A row of figures for each of these runs, and what stopped the rest of them. The interpreter is free meanwhile.
    fn run(&self, py: Python<'_>, runs: Vec<usize>) -> PyResult<(Table, Option<PyErr>)> {
        let look = || Python::attach(|py| py.check_signals().err());
        let outcome = py.detach(|| self.0.run(&runs, look));
        Ok((table(&outcome.rows)?, outcome.stop))
    }
}

/// Cuts all bars at every length that a rule lives on.
fn cut(host: &Bound<'_, PyAny>, bars: &[Bound<'_, PyAny>], driver: &mut Driver) -> PyResult<()> {
    let lengths: Vec<String> = driver.streams.frames.lengths().map(str::to_owned).collect();
    for (frame, every) in lengths.iter().enumerate() {
        for (asset, rows) in bars.iter().enumerate() {
            let slots = crate::frames::slots(host, asset, every, rows, 0)?;
            driver.streams.frames.cut(frame, asset, slots.into_iter());
        }
    }
    Ok(())
}

/// The form of a rule; None where there is none.
fn rule(spec: &Bound<'_, PyAny>, name: &str, host: &Bound<'_, PyAny>, driver: &mut Driver) -> PyResult<Option<Form>> {
    let given = spec.getattr(name)?;
    if given.is_none() {
        return Ok(None);
    }
    let frames: Numbering<'_> = &mut |every: &str| {
        host.call_method1("longer", (every,))?;
        Ok(driver.streams.frames.number(every))
    };
    form(&given, 1, frames).map(Some)
}

fn form(spec: &Bound<'_, PyAny>, depth: usize, frames: Numbering<'_>) -> PyResult<Form> {
    let parts = spec.cast::<PyTuple>()?;
    if depth > DEPTH_MAX || !(3..=4).contains(&parts.len()) {
        return Err(raise(Error::Parameter(format!(
            "{spec} does not describe an indicator; make one with workbench.ta"
        ))));
    }
    let name = parts.get_item(0)?.extract()?;
    let params = parts.get_item(1)?.cast::<PyTuple>()?.iter().map(|each| number(&each)).collect::<PyResult<_>>()?;
    let frame = match parts.len() {
        4 => Some(frames(&parts.get_item(3)?.extract::<String>()?)?),
        _ => None,
    };
    let mut inputs = Vec::new();
    for input in parts.get_item(2)?.cast::<PyTuple>()?.iter() {
        inputs.push(if input.is_instance_of::<PyTuple>() {
            Part::Form(form(&input, depth + 1, frames)?)
        } else if let Ok(name) = input.extract::<String>() {
            let unknown = || raise(Error::Parameter(format!("a bar has no field {name:?}")));
            Part::Field(Field::parse(&name).ok_or_else(unknown)?)
        } else {
            Part::Number(number(&input)?)
        });
    }
    Ok(Form { name, params, inputs, frame })
}

/// A number, or an object that says which slot it stands in.
fn number(given: &Bound<'_, PyAny>) -> PyResult<Number> {
    if let Ok(value) = given.extract::<f64>() {
        return Ok(Number::Fixed(value));
    }
    given.getattr("slot")?.extract().map(Number::Slot)
}

/// The slots and the plan of each run: lists of numbers, and a table with which of them each run has.
fn slots(spec: &Bound<'_, PyAny>) -> PyResult<(Slots, Vec<u32>)> {
    let values: Vec<Vec<f64>> = spec.getattr("values")?.extract()?;
    let batches = batches(&spec.getattr("codes")?)?;
    let read = |name: &str| {
        let mut codes = Vec::new();
        for batch in &batches {
            codes.extend_from_slice(column::<UInt32Array>(batch, name)?.values());
        }
        Ok::<_, PyErr>(codes)
    };
    let plans = read("plan")?;
    let named = values.into_iter().enumerate();
    let slots =
        named.map(|(at, values)| Ok(Slot { values, codes: read(&at.to_string())? })).collect::<PyResult<_>>()?;
    Ok((Slots::new(slots, plans.len()).or_raise()?, plans))
}

type Figure = fn(&Statistics) -> Option<f64>;
type Length = fn(&Statistics) -> std::result::Result<usize, Undefined>;

const FIGURES: [(&str, Figure); 7] = [
    ("total_return", |of| of.total_return.ok()),
    ("annual_return", |of| of.annual_return.ok()),
    ("volatility", |of| of.volatility.ok()),
    ("sharpe", |of| of.sharpe.ok()),
    ("sortino", |of| of.sortino.ok()),
    ("calmar", |of| of.calmar.ok()),
    ("max_drawdown", |of| of.max_drawdown.ok()),
];

const LENGTHS: [(&str, Length); 2] =
    [("drawdown_length", |of| of.drawdown_length), ("recovery_time", |of| of.recovery_time)];

const DEALINGS: [(&str, Figure); 7] = [
    ("win_rate", |of| of.win_rate.ok()),
    ("profit_factor", |of| of.profit_factor.ok()),
    ("average_win", |of| of.average_win.ok()),
    ("average_loss", |of| of.average_loss.ok()),
    ("exposure", |of| of.exposure.ok()),
    ("turnover", |of| of.turnover.ok()),
    ("fees", |of| Some(of.fees)),
];

/// A row for each run, null where it was stopped or failed.
fn table(all: &[Option<Result<Row>>]) -> PyResult<Table> {
    let rows: Vec<Option<&Row>> = all.iter().map(|row| row.as_ref().and_then(|row| row.as_ref().ok())).collect();
    let floats = |figure: Figure| {
        let values = rows.iter().map(|row| row.and_then(|row| figure(&row.statistics)));
        Arc::new(Float64Array::from_iter(values)) as ArrayRef
    };
    let whole = |count: &dyn Fn(&Row) -> Option<usize>| {
        let values = rows.iter().map(|row| row.and_then(count).map(|count| count as i64));
        Arc::new(Int64Array::from_iter(values)) as ArrayRef
    };
    let mut columns: Vec<(&str, ArrayRef)> = FIGURES.map(|(name, figure)| (name, floats(figure))).into();
    columns.extend(LENGTHS.map(|(name, length)| (name, whole(&|row: &Row| length(&row.statistics).ok()))));
    columns.extend(DEALINGS.map(|(name, figure)| (name, floats(figure))));
    let equity = rows.iter().map(|row| row.map(|row| row.final_equity.to_f64()));
    columns.push(("final_equity", Arc::new(Float64Array::from_iter(equity))));
    columns.push(("fills", whole(&|row: &Row| Some(row.fills))));
    columns.push(("denied", whole(&|row: &Row| Some(row.denied))));
    let driven = rows.iter().map(|row| row.and_then(|row| row.driven).map(Obstacle::name));
    columns.push(("driven", Arc::new(StringArray::from_iter(driven))));
    let failed = all.iter().map(|row| row.as_ref().map(|row| row.is_err()));
    columns.push(("failed", Arc::new(BooleanArray::from_iter(failed))));
    Table::new(columns)
}
