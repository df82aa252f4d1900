//! An indicator outside of a run, fed by its user.

use std::convert::Infallible;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use pyo3::{ffi, intern};
use workbench_engine::series::micros;
use workbench_indicators::{Field, Indicator, Outside, build};
use workbench_market::Error;
use workbench_market::bar::Ohlcv;

use crate::columns::refused;
use crate::errors::raise;
use crate::feeds::Feeds;
use crate::values::Bar;

/// Days from the first of January of the year 1 to that of 1970.
const ORDINAL_1970: f64 = 719_163.0;

/// A running indicator: `update` takes the next number or bar, `value` is its value at the last one.
#[pyclass(module = "workbench._native")]
pub struct IndicatorStream {
    indicator: Box<dyn Indicator>,
    foreign: Vec<Outside>,
    read: Vec<Field>,
    label: String,
}

#[pymethods]
impl IndicatorStream {
    #[new]
    fn new(spec: &Bound<'_, PyAny>, read: Vec<String>, label: String) -> PyResult<IndicatorStream> {
        let node = crate::indicators::node(spec, &mut Feeds(&[], None))?;
        let indicator = build(&node).map_err(refused)?;
        let read = read.iter().filter_map(|name| Field::parse(name)).collect();
        Ok(IndicatorStream { indicator, foreign: node.foreign(), read, label })
    }

    /// Takes a number where it reads one field, None where that is unknown, or a bar, or its fields by their names; gives
    /// the value at it.
    #[pyo3(signature = (given = Given::Nothing, /, **fields))]
    fn update(&mut self, given: Given<'_>, fields: Option<&Bound<'_, PyDict>>) -> PyResult<Option<f64>> {
        let bar = match (given, fields) {
            (Given::This(given), None) => self.taken(&given)?,
            (Given::Nothing, Some(fields)) => self.named(fields)?,
            (given, _) => return Err(self.unclear(&given)),
        };
        let value = self.indicator.update(&bar);
        match self.foreign.iter().find_map(|outside| outside.0.failed()) {
            Some(message) => Err(raise(Error::Raised(message))),
            None => Ok(value),
        }
    }

    /// The value at the last number or bar, None where it has none.
    #[getter]
    fn value(&self) -> Option<f64> {
        self.indicator.value()
    }

    fn __repr__(&self) -> String {
        self.indicator.value().map_or_else(|| self.label.clone(), |value| format!("{} = {value}", self.label))
    }
}

impl IndicatorStream {
    fn taken(&self, given: &Bound<'_, PyAny>) -> PyResult<Ohlcv> {
        let is_one = self.read.len() < 2 && is_number(given);
        let number = if is_one { given.extract::<Option<f64>>().ok() } else { None };
        number.map_or_else(|| self.bar(given), |number| Ok(alike(number.unwrap_or(f64::NAN))))
    }

    /// A bar of which each field has a name; none that is read may be missing.
    fn named(&self, fields: &Bound<'_, PyDict>) -> PyResult<Ohlcv> {
        let mut bar = alike(f64::NAN);
        for (name, value) in fields {
            let name: String = name.extract()?;
            let field = Field::parse(&name).ok_or_else(|| self.unknown(&name))?;
            *place(&mut bar, field) = told(field, &value).map_err(|_| self.unread(fields))?;
        }
        for field in &self.read {
            if !fields.contains(field.name())? {
                return Err(self.unread(fields));
            }
        }
        Ok(bar)
    }

    fn bar(&self, given: &Bound<'_, PyAny>) -> PyResult<Ohlcv> {
        let (mut bar, py) = (alike(f64::NAN), given.py());
        if let Ok(known) = given.cast::<Bar>() {
            let (span, values) = known.get().row.get(py);
            // That a volume is unknown is told by the bar itself.
            if !values.volume.is_nan() {
                return Ok(Ohlcv { session: f64::from(span.session), time: micros(span.close_ns), ..values });
            }
        }
        for field in &self.read {
            let name = match field {
                Field::Open => intern!(py, "open"),
                Field::High => intern!(py, "high"),
                Field::Low => intern!(py, "low"),
                Field::Close => intern!(py, "close"),
                Field::Volume => intern!(py, "volume"),
                Field::Session => intern!(py, "session"),
                Field::Time => intern!(py, "time"),
            };
            let found = given.getattr(name).map_err(|_| self.unread(given))?;
            *place(&mut bar, *field) = told(*field, &found).map_err(|_| self.unread(given))?;
        }
        Ok(bar)
    }

    fn unclear(&self, given: &Given<'_>) -> PyErr {
        let what = if matches!(given, Given::Nothing) { "nothing" } else { "a bar or a number and fields beside it" };
        raise(Error::Parameter(format!("{} is updated with one bar, got {what}; {}", self.label, self.allowed())))
    }

    fn unknown(&self, name: &str) -> PyErr {
        let known = Field::ALL.map(|(name, _)| name).join(", ");
        raise(Error::Parameter(format!("{}: a bar has no field '{name}'; it has {known}", self.label)))
    }

    fn allowed(&self) -> String {
        let names = self.read.iter().map(|field| format!("{}=...", field.name())).collect::<Vec<_>>().join(", ");
        let number = if self.read.len() < 2 { "a number, None where it is unknown, or " } else { "" };
        format!("give {number}a bar, or its fields by name: update({names})")
    }

    fn unread(&self, given: &Bound<'_, PyAny>) -> PyErr {
        let read = self.read.iter().map(|field| field.name()).collect::<Vec<_>>().join(", ");
        let given = given.repr().map_or_else(|_| "something else".into(), |text| text.to_string());
        raise(Error::Parameter(format!("{} reads {read} of a bar, got {given}; {}", self.label, self.allowed())))
    }
}

/// What an update is given beside names.
enum Given<'py> {
    /// Not even None, which is an unknown number.
    Nothing,
    This(Bound<'py, PyAny>),
}

impl<'py> FromPyObject<'_, 'py> for Given<'py> {
    type Error = Infallible;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> Result<Given<'py>, Infallible> {
        Ok(Given::This(given.to_owned()))
    }
}

/// Where a field of a bar is put.
fn place(bar: &mut Ohlcv, field: Field) -> &mut f64 {
    match field {
        Field::Open => &mut bar.open,
        Field::High => &mut bar.high,
        Field::Low => &mut bar.low,
        Field::Close => &mut bar.close,
        Field::Volume => &mut bar.volume,
        Field::Session => &mut bar.session,
        Field::Time => &mut bar.time,
    }
}

fn told(field: Field, found: &Bound<'_, PyAny>) -> PyResult<f64> {
    if field == Field::Time { micros_of(found) } else { number(found) }
}

/// Whether something can be a number, or is unknown: to ask for one and be refused takes longer than an update.
fn is_number(given: &Bound<'_, PyAny>) -> bool {
    // SAFETY: it only looks at the type of a living object.
    given.is_none() || unsafe { ffi::PyNumber_Check(given.as_ptr()) } == 1
}

/// A field of a bar: a number, None where it is unknown, or a date as its days since 1970.
fn number(found: &Bound<'_, PyAny>) -> PyResult<f64> {
    if let Ok(number) = found.extract::<Option<f64>>() {
        return Ok(number.unwrap_or(f64::NAN));
    }
    Ok(found.call_method0("toordinal")?.extract::<f64>()? - ORDINAL_1970)
}

/// A time with its zone, as microseconds since 1970.
fn micros_of(found: &Bound<'_, PyAny>) -> PyResult<f64> {
    Ok((found.call_method0("timestamp")?.extract::<f64>()? * 1e6).round())
}

fn alike(x: f64) -> Ohlcv {
    Ohlcv { open: x, high: x, low: x, close: x, volume: x, session: x, time: x }
}
