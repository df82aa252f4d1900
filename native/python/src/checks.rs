//! What a strategy checks by name: each look at a value, what it was compared with, and whether it held.
//!
//! The one idea: a check is a note beside the run. It changes neither its state nor its journal, and a row of it is small.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{BooleanArray, Float64Array};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyString};
use workbench_engine::driver::Driver;
use workbench_market::Error;

use crate::arrow::Table;
use crate::books::owners;
use crate::errors::raise;
use crate::tables::{texts, times};

/// A threshold: not given, given without a value, or a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Threshold {
    Absent,
    Undefined,
    At(f64),
}

impl<'py> FromPyObject<'_, 'py> for Threshold {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        Ok(number("a threshold", &given)?.map_or(Self::Undefined, Self::At))
    }
}

/// How a check is to be made.
#[derive(Clone, Copy)]
pub struct Bounds {
    pub above: Threshold,
    pub at_least: Threshold,
    pub below: Threshold,
    pub at_most: Threshold,
}

/// One end of what is let through; NaN is none.
#[derive(Clone, Copy)]
struct End {
    at: f64,
    is_strict: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Reason {
    None,
    NoValue,
    NoThreshold,
}

#[derive(Clone, Copy)]
struct Row {
    time_ns: i64,
    name: u32,
    asset: Option<u32>,
    book: Option<u32>,
    value: f64,
    low: End,
    high: End,
    holds: bool,
    reason: Reason,
}

/// What is checked: a truth, or a number against thresholds.
pub enum Looked {
    Truth(bool),
    Number(Option<f64>, Bounds),
}

#[derive(Default)]
pub struct Checks {
    rows: Vec<Row>,
    names: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Checks {
    /// Notes a check and says whether it held.
    pub fn note(&mut self, at: (i64, Option<usize>, Option<usize>), name: &str, looked: &Looked) -> PyResult<bool> {
        let (time_ns, asset, book) = at;
        let none = End { at: f64::NAN, is_strict: false };
        let (value, low, high, holds, reason) = match looked {
            Looked::Truth(holds) => (f64::NAN, none, none, *holds, Reason::None),
            Looked::Number(value, bounds) => judged(name, *value, bounds)?,
        };
        let (asset, book) = (asset.map(|n| n as u32), book.map(|n| n as u32));
        let name = self.number(name);
        self.rows.push(Row { time_ns, name, asset, book, value, low, high, holds, reason });
        Ok(holds)
    }

    fn number(&mut self, name: &str) -> u32 {
        if let Some(&known) = self.numbers.get(name) {
            return known;
        }
        let number = self.names.len() as u32;
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    pub fn table(&self, driver: &Driver) -> PyResult<Table> {
        let rows = || self.rows.iter();
        let known = |x: f64| Some(x).filter(|x| !x.is_nan());
        let floats = |of: fn(&Row) -> f64| Arc::new(Float64Array::from_iter(rows().map(|row| known(of(row)))));
        let asset = |row: &Row| row.asset.map(|n| driver.state.instruments[n as usize].name.as_str());
        let mut columns = vec![
            ("time", times(rows().map(|row| Some(row.time_ns)))),
            ("asset", texts(rows().map(asset))),
            ("name", texts(rows().map(|row| Some(self.names[row.name as usize].as_str())))),
            ("value", floats(|row| row.value)),
            ("above", floats(|row| if row.low.is_strict { row.low.at } else { f64::NAN })),
            ("at_least", floats(|row| if row.low.is_strict { f64::NAN } else { row.low.at })),
            ("below", floats(|row| if row.high.is_strict { row.high.at } else { f64::NAN })),
            ("at_most", floats(|row| if row.high.is_strict { f64::NAN } else { row.high.at })),
            ("passed", Arc::new(BooleanArray::from_iter(rows().map(|row| Some(row.holds))))),
            ("reason", texts(rows().map(|row| row.reason.text()))),
        ];
        columns.extend(owners(driver, rows().map(|row| row.book.map(|n| n as usize))));
        Table::new(columns)
    }
}

impl Reason {
    fn text(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::NoValue => Some("no value"),
            Self::NoThreshold => Some("no threshold"),
        }
    }
}

fn judged(name: &str, value: Option<f64>, bounds: &Bounds) -> PyResult<(f64, End, End, bool, Reason)> {
    let low = end(name, ("above", bounds.above), ("at_least", bounds.at_least))?;
    let high = end(name, ("below", bounds.below), ("at_most", bounds.at_most))?;
    let Some(x) = value else { return Ok((f64::NAN, low.end, high.end, false, Reason::NoValue)) };
    if !low.is_given && !high.is_given {
        return Err(raise(Error::Parameter(format!(
            "check({name:?}, {x}) has nothing to compare with; give above=, at_least=, below= or at_most=, or a truth \
            value such as {name:?}, gap > 0"
        ))));
    }
    if low.is_given && low.end.at.is_nan() || high.is_given && high.end.at.is_nan() {
        return Ok((x, low.end, high.end, false, Reason::NoThreshold));
    }
    let over = !low.is_given || x > low.end.at || (!low.end.is_strict && x == low.end.at);
    let under = !high.is_given || x < high.end.at || (!high.end.is_strict && x == high.end.at);
    Ok((x, low.end, high.end, over && under, Reason::None))
}

struct Given {
    end: End,
    is_given: bool,
}

fn end(name: &str, strict: (&str, Threshold), other: (&str, Threshold)) -> PyResult<Given> {
    let at = |of: Threshold| if let Threshold::At(x) = of { x } else { f64::NAN };
    match (strict.1, other.1) {
        (Threshold::Absent, Threshold::Absent) => {
            Ok(Given { end: End { at: f64::NAN, is_strict: false }, is_given: false })
        }
        (of, Threshold::Absent) => Ok(Given { end: End { at: at(of), is_strict: true }, is_given: true }),
        (Threshold::Absent, of) => Ok(Given { end: End { at: at(of), is_strict: false }, is_given: true }),
        _ => Err(raise(Error::Parameter(format!(
            "check({name:?}) takes {}= or {}=, not both: the one lets its threshold through, the other does not",
            strict.0, other.0
        )))),
    }
}

/// The name of a check.
pub fn named(given: &Bound<'_, PyAny>) -> PyResult<String> {
    let found = given.cast::<PyString>().ok().map(|text| text.to_string_lossy().into_owned());
    found.filter(|text| !text.trim().is_empty()).ok_or_else(|| {
        raise(Error::Parameter(format!(
            "a check is named by text, got {given:?}; write ctx.check(\"trend\", gap, above=0)"
        )))
    })
}

/// What is given to check: a truth stands alone, a number has thresholds.
pub fn looked(name: &str, value: &Bound<'_, PyAny>, bounds: Bounds) -> PyResult<Looked> {
    let Some(holds) = truth(value)? else { return Ok(Looked::Number(number(name, value)?, bounds)) };
    let all = [bounds.above, bounds.at_least, bounds.below, bounds.at_most];
    if all.iter().all(|each| *each == Threshold::Absent) {
        return Ok(Looked::Truth(holds));
    }
    let shown = if holds { "True" } else { "False" };
    Err(raise(Error::Parameter(format!(
        "check({name:?}, {shown}) has a truth to check and needs no threshold; leave it out, or give the number itself"
    ))))
}

fn truth(value: &Bound<'_, PyAny>) -> PyResult<Option<bool>> {
    if let Ok(exact) = value.cast::<PyBool>() {
        return Ok(Some(exact.is_true()));
    }
    if value.is_exact_instance_of::<PyFloat>() {
        return Ok(None);
    }
    let kind = value.get_type().name()?;
    // numpy's own truth is called bool, or bool_ before its version 2.
    let kind = kind.to_string_lossy();
    if kind == "bool" || kind == "bool_" { Ok(Some(value.is_truthy()?)) } else { Ok(None) }
}

/// A number, None where there is none or it is not finite.
fn number(what: &str, value: &Bound<'_, PyAny>) -> PyResult<Option<f64>> {
    if value.is_none() {
        return Ok(None);
    }
    // What reads as a float and is not finite has no value to compare; all else is read as any number is.
    match value.is_instance_of::<PyString>() {
        false if value.extract::<f64>().is_ok_and(|x| !x.is_finite()) => Ok(None),
        _ => crate::number::to_f64(what, value).map(Some),
    }
}
