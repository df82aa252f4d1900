//! Sweeps at the boundary: what runs have in common is read once, their numbers come as columns, their figures go as a
//! table. The interpreter is free while they run.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BooleanArray, Decimal128Array, Float64Array, Int64Array, UInt32Array};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use workbench_engine::driver::Driver;
use workbench_indicators::Field;
use workbench_market::Error;
use workbench_market::number::Money;
use workbench_research::form::{Form, Number, Part, Slot, Slots};
use workbench_research::statistics::{Statistics, Undefined};
use workbench_research::sweep::{Choice, Row, Sweep};

use crate::arrow::{Table, batches, column};
use crate::errors::{OrRaise, raise};
use crate::indicators::Numbering;
use crate::rows::push;

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(sweep, module)?)
}

/// How deep a form may nest, as indicators themselves.
const DEPTH_MAX: usize = 100;

/// Runs every run of a `workbench.research.folding.Spec` that is not finished: figures in the order of runs, and what
/// stopped it before all were done. `tell` hears how many are done; what it raises stops the rest.
#[pyfunction]
fn sweep<'py>(
    py: Python<'py>,
    setup: &Bound<'py, PyAny>,
    host: &Bound<'py, PyAny>,
    bars: Vec<Bound<'py, PyAny>>,
    finer: Vec<Bound<'py, PyAny>>,
    spec: &Bound<'py, PyAny>,
    tell: Py<PyAny>,
) -> PyResult<(Table, Option<PyErr>)> {
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
    let lengths: Vec<String> = driver.streams.frames.lengths().map(str::to_owned).collect();
    for (frame, every) in lengths.iter().enumerate() {
        for (asset, rows) in bars.iter().enumerate() {
            let slots = crate::frames::slots(host, asset, every, rows, 0)?;
            driver.streams.frames.cut(frame, asset, slots.into_iter());
        }
    }
    let plans: Vec<Bound<'_, PyAny>> = spec.getattr("plans")?.extract()?;
    let (slots, codes) = slots(spec)?;
    let sizes = plans.iter().map(|plan| crate::signals::size(plan, &instruments)).collect::<PyResult<_>>()?;
    let exits = plans.iter().map(crate::signals::exits).collect::<PyResult<_>>()?;
    let (sizes, exits) = (Choice { values: sizes, codes: codes.clone() }, Choice { values: exits, codes });
    let per_year = spec.getattr("per_year")?.extract()?;
    let sweep = Sweep { driver, entry, exit, slots, sizes, exits, warms_up, deposits, per_year };
    let finished: Vec<bool> = spec.getattr("finished")?.extract()?;
    run(py, &sweep, &finished, &tell)
}

fn run(py: Python<'_>, sweep: &Sweep, finished: &[bool], tell: &Py<PyAny>) -> PyResult<(Table, Option<PyErr>)> {
    let told = |done: usize| {
        Python::attach(|py| {
            py.check_signals()?;
            tell.call1(py, (done,)).map(|_| ())
        })
    };
    let outcome = py.detach(|| sweep.run(finished, told)).or_raise()?;
    let stop = outcome.stop.or_else(|| {
        // Driven once more in this thread, so that what a user's function raises is raised as it is.
        outcome.failed.map(|(run, error)| {
            let error = raise(sweep.fail(run).unwrap_or(error));
            let noted = error.value(py).setattr("run", run);
            noted.err().unwrap_or(error)
        })
    });
    Ok((table(&outcome.rows)?, stop))
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
        return Err(raise(Error::Parameter(format!("{spec} does not describe an indicator; make one with workbench.ta"))));
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
    let slots = named.map(|(at, values)| Ok(Slot { values, codes: read(&at.to_string())? })).collect::<PyResult<_>>()?;
    Ok((Slots::new(slots, plans.len()).or_raise()?, plans))
}

type Figure = fn(&Statistics) -> Option<f64>;
type Length = fn(&Statistics) -> Result<usize, Undefined>;

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

/// A row for each run, null where it is not finished.
fn table(rows: &[Option<Row>]) -> PyResult<Table> {
    let floats = |figure: Figure| {
        let values = rows.iter().map(|row| row.as_ref().and_then(|row| figure(&row.statistics)));
        Arc::new(Float64Array::from_iter(values)) as ArrayRef
    };
    let whole = |count: &dyn Fn(&Row) -> Option<usize>| {
        let values = rows.iter().map(|row| row.as_ref().and_then(count).map(|count| count as i64));
        Arc::new(Int64Array::from_iter(values)) as ArrayRef
    };
    let mut columns: Vec<(&str, ArrayRef)> = FIGURES.map(|(name, figure)| (name, floats(figure))).into();
    columns.extend(LENGTHS.map(|(name, length)| (name, whole(&|row: &Row| length(&row.statistics).ok()))));
    columns.extend(DEALINGS.map(|(name, figure)| (name, floats(figure))));
    columns.push(("fills", whole(&|row: &Row| Some(row.fills))));
    columns.push(("trades", whole(&|row: &Row| Some(row.trades))));
    columns.push(("final_equity", money(rows.iter().map(|row| row.map(|row| row.final_equity)))?));
    columns.push(("driven", Arc::new(BooleanArray::from_iter(rows.iter().map(|row| row.map(|row| row.is_driven))))));
    Table::new(columns)
}

fn money(values: impl Iterator<Item = Option<Money>>) -> PyResult<ArrayRef> {
    let array = Decimal128Array::from_iter(values.map(|value| value.map(Money::raw)));
    let array = array.with_precision_and_scale(38, 20);
    array.map(|array| Arc::new(array) as ArrayRef).map_err(|error| raise(Error::Range(error.to_string())))
}
