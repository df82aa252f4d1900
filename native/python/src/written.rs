//! Indicators that users write in Python: one object of their class for each asset, asked with the interpreter at each bar.
//!
//! What `update` raises is kept for the user while the core unwinds. A bar that lacks a field that the class reads is not
//! handed to it and has no value.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;
use workbench_indicators::{Closed, Columns, Field, Foreign, Indicator, Waiting};
use workbench_market::Error;
use workbench_market::bar::Ohlcv;

use crate::errors::{park, raise};
use crate::time::{to_date, to_datetime};

/// The bar that `update` is handed, of whatever length and asset the indicator lives on: what its `reads` name.
#[pyclass(frozen, module = "workbench._native")]
pub struct Prices {
    bar: Ohlcv,
    reads: Reads,
}

impl Prices {
    /// A number that `reads` names, which is known, as `update` is not asked where one of them is not.
    fn read(&self, field: Field) -> PyResult<f64> {
        if self.reads.has(field) {
            return Ok(field.read(&self.bar));
        }
        let name = field.name();
        let names = self.reads.names().chain([name]).map(|each| format!("{each:?}")).collect::<Vec<_>>().join(", ");
        let message =
            format!("update asks for the {name} of a bar, which `reads` does not name; write reads = ({names})");
        Err(raise(Error::Parameter(message)))
    }
}

#[pymethods]
impl Prices {
    #[getter]
    fn open(&self) -> PyResult<f64> {
        self.read(Field::Open)
    }
    #[getter]
    fn high(&self) -> PyResult<f64> {
        self.read(Field::High)
    }
    #[getter]
    fn low(&self) -> PyResult<f64> {
        self.read(Field::Low)
    }
    #[getter]
    fn close(&self) -> PyResult<f64> {
        self.read(Field::Close)
    }
    #[getter]
    fn volume(&self) -> PyResult<f64> {
        self.read(Field::Volume)
    }
    #[getter]
    fn session<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_date(py, self.read(Field::Session)? as i32)
    }
    #[getter]
    fn time<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_datetime(py, self.read(Field::Time)? as i64 * 1_000)
    }
    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let told = |name: &'static str| {
            let value = match name {
                "session" => self.session(py)?.str()?.to_string(),
                "time" => self.time(py)?.str()?.to_string(),
                _ => Field::parse(name).map_or(f64::NAN, |field| field.read(&self.bar)).to_string(),
            };
            Ok(format!("{name} {value}"))
        };
        let told: Vec<_> = self.reads.names().map(told).collect::<PyResult<_>>()?;
        Ok(format!("Prices({})", told.join(", ")))
    }
}

/// Fields by their place in `Field::ALL`.
#[derive(Clone, Copy, Debug, Default)]
struct Reads([bool; Field::ALL.len()]);

impl Reads {
    fn of(names: &[String]) -> Reads {
        Reads(Field::ALL.map(|(name, _)| names.iter().any(|each| each == name)))
    }

    fn has(self, field: Field) -> bool {
        self.0[field as usize]
    }

    fn names(&self) -> impl Iterator<Item = &'static str> {
        Field::ALL.iter().zip(self.0).filter(|(_, is_read)| *is_read).map(|((name, _), _)| *name)
    }

    fn are_known(self, bar: &Ohlcv) -> bool {
        Field::ALL.iter().all(|&(_, field)| !self.has(field) || field.read(bar).is_finite())
    }
}

/// Whether an object of a description has failed, and how; what it raised is parked.
#[derive(Debug, Default)]
struct Failure {
    is_there: AtomicBool,
    message: Mutex<String>,
}

impl Failure {
    fn set(&self, error: PyErr) {
        *self.message.lock().unwrap_or_else(PoisonError::into_inner) = park(error);
        self.is_there.store(true, Ordering::Relaxed);
    }
}

/// The description of one: an object of the user's class that only makes others.
#[derive(Debug)]
pub struct Written {
    description: Py<PyAny>,
    failure: Arc<Failure>,
    /// The names of all assets, and the number of that whose bars are fed, where it is known.
    names: Arc<[String]>,
    asset: Option<usize>,
}

impl Written {
    pub fn new(description: Py<PyAny>, names: Vec<String>) -> Written {
        Written { description, failure: Arc::default(), names: names.into(), asset: None }
    }

    fn again(&self, asset: Option<usize>) -> Written {
        let description = Python::attach(|py| self.description.clone_ref(py));
        Written { description, failure: Arc::clone(&self.failure), names: Arc::clone(&self.names), asset }
    }

    fn running(&self, py: Python<'_>) -> PyResult<Running> {
        let made = self.description.bind(py).call_method0("_fresh")?;
        let names: Vec<String> = made.getattr("reads")?.extract()?;
        Ok(Running {
            of: self.again(self.asset),
            update: made.getattr("update")?.unbind(),
            reads: Reads::of(&names),
            warmup: made.getattr("warmup")?.extract()?,
            seen: 0,
            value: f64::NAN,
        })
    }
}

impl Foreign for Written {
    fn make(&self) -> Result<Box<dyn Indicator>, String> {
        Python::attach(|py| match self.running(py) {
            Ok(running) => Ok(Box::new(running) as _),
            Err(error) => {
                self.failure.set(error);
                Err(self.failed().unwrap_or_default())
            }
        })
    }

    fn of(&self, asset: usize) -> Arc<dyn Foreign> {
        Arc::new(self.again(Some(asset)))
    }

    fn key(&self) -> u64 {
        self.description.as_ptr() as u64
    }

    fn failed(&self) -> Option<String> {
        let is_there = self.failure.is_there.load(Ordering::Relaxed);
        is_there.then(|| self.failure.message.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

/// An object that has been fed some bars.
struct Running {
    of: Written,
    update: Py<PyAny>,
    reads: Reads,
    warmup: usize,
    seen: usize,
    value: f64,
}

impl Running {
    fn take(&mut self, py: Python<'_>, bar: &Ohlcv) -> f64 {
        self.seen += 1;
        self.value = f64::NAN;
        if self.reads.are_known(bar) && !self.of.failure.is_there.load(Ordering::Relaxed) {
            match self.ask(py, bar) {
                Ok(value) if value.is_some_and(f64::is_finite) => self.value = value.unwrap_or(f64::NAN),
                Ok(_) => {}
                Err(error) => self.of.failure.set(self.noted(py, error, bar)),
            }
        }
        self.value
    }

    fn ask(&self, py: Python<'_>, bar: &Ohlcv) -> PyResult<Option<f64>> {
        let answer = self.update.call1(py, (Prices { bar: *bar, reads: self.reads },))?;
        answer.extract(py).map_err(|_| {
            raise(Error::Parameter(format!("update gave {}; it has to give a number or None", answer.bind(py))))
        })
    }

    fn noted(&self, py: Python<'_>, error: PyErr, bar: &Ohlcv) -> PyErr {
        let Ohlcv { open, high, low, close, .. } = bar;
        let (of, seen) = (self.of.description.bind(py), self.seen);
        let asset = self.of.asset.and_then(|asset| self.of.names.get(asset));
        let whose = asset.map_or_else(String::new, |name| format!(" for {name}"));
        let note = format!("workbench: in update of {of}{whose} at its bar {seen} ({open}, {high}, {low}, {close})");
        let _ = error.value(py).call_method1("add_note", (note,));
        error
    }
}

impl Indicator for Running {
    fn update(&mut self, bar: &Ohlcv) -> Option<f64> {
        let value = Python::attach(|py| self.take(py, bar));
        (!value.is_nan()).then_some(value)
    }

    fn fill(&mut self, columns: Columns<'_>, values: &mut [f64]) -> bool {
        Python::attach(|py| {
            for (value, bar) in values.iter_mut().zip(columns.bars()) {
                *value = self.take(py, &bar);
            }
        });
        false
    }

    fn close(&mut self, _closed: Closed<'_>) {}

    fn value(&self) -> Option<f64> {
        (!self.value.is_nan()).then_some(self.value)
    }

    fn warmup(&self) -> usize {
        self.warmup
    }

    fn waiting(&self) -> Option<Waiting> {
        None
    }

    fn reset(&mut self) {
        match Python::attach(|py| self.of.running(py)) {
            Ok(fresh) => *self = fresh,
            Err(error) => self.of.failure.set(error),
        }
    }
}
