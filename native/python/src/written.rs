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

/// The bar that `update` is handed: five numbers, of whatever length and asset the indicator lives on.
#[pyclass(frozen, module = "workbench._native")]
pub struct Prices(Ohlcv);

impl Prices {
    fn known(&self, field: Field, name: &str) -> PyResult<f64> {
        let value = field.read(&self.0);
        let unknown =
            || format!("the {name} of this bar is unknown; name it in `reads` to be asked only where it is known");
        if value.is_nan() { Err(raise(Error::Undefined(unknown()))) } else { Ok(value) }
    }
}

#[pymethods]
impl Prices {
    #[getter]
    fn open(&self) -> PyResult<f64> {
        self.known(Field::Open, "open")
    }
    #[getter]
    fn high(&self) -> PyResult<f64> {
        self.known(Field::High, "high")
    }
    #[getter]
    fn low(&self) -> PyResult<f64> {
        self.known(Field::Low, "low")
    }
    #[getter]
    fn close(&self) -> PyResult<f64> {
        self.known(Field::Close, "close")
    }
    #[getter]
    fn volume(&self) -> PyResult<f64> {
        self.known(Field::Volume, "volume")
    }
    fn __repr__(&self) -> String {
        let Ohlcv { open, high, low, close, volume, .. } = self.0;
        format!("Prices(open {open}, high {high}, low {low}, close {close}, volume {volume})")
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
}

impl Written {
    pub fn new(description: Py<PyAny>) -> Written {
        Written { description, failure: Arc::default() }
    }

    fn running(&self, py: Python<'_>) -> PyResult<Running> {
        let made = self.description.bind(py).call_method0("_fresh")?;
        let names: Vec<String> = made.getattr("reads")?.extract()?;
        Ok(Running {
            description: self.description.clone_ref(py),
            update: made.getattr("update")?.unbind(),
            reads: names.iter().filter_map(|name| Field::parse(name)).collect(),
            warmup: made.getattr("warmup")?.extract()?,
            failure: Arc::clone(&self.failure),
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
    description: Py<PyAny>,
    update: Py<PyAny>,
    reads: Vec<Field>,
    warmup: usize,
    failure: Arc<Failure>,
    seen: usize,
    value: f64,
}

impl Running {
    fn take(&mut self, py: Python<'_>, bar: &Ohlcv) -> f64 {
        self.seen += 1;
        let is_known = self.reads.iter().all(|field| field.read(bar).is_finite());
        self.value = f64::NAN;
        if is_known && !self.failure.is_there.load(Ordering::Relaxed) {
            match self.ask(py, bar) {
                Ok(value) if value.is_some_and(f64::is_finite) => self.value = value.unwrap_or(f64::NAN),
                Ok(_) => {}
                Err(error) => self.failure.set(self.noted(py, error, bar)),
            }
        }
        self.value
    }

    fn ask(&self, py: Python<'_>, bar: &Ohlcv) -> PyResult<Option<f64>> {
        let answer = self.update.call1(py, (Prices(*bar),))?;
        answer.extract(py).map_err(|_| {
            raise(Error::Parameter(format!("update gave {}; it has to give a number or None", answer.bind(py))))
        })
    }

    fn noted(&self, py: Python<'_>, error: PyErr, bar: &Ohlcv) -> PyErr {
        let Ohlcv { open, high, low, close, .. } = bar;
        let (of, seen) = (self.description.bind(py), self.seen);
        let note = format!("workbench: in update of {of} at its bar {seen} ({open}, {high}, {low}, {close})");
        let _ = error.value(py).call_method1("add_note", (note,));
        error
    }
}

impl Indicator for Running {
    fn update(&mut self, bar: &Ohlcv) -> Option<f64> {
        let value = Python::attach(|py| self.take(py, bar));
        (!value.is_nan()).then_some(value)
    }

    fn fill(&mut self, columns: Columns<'_>, values: &mut [f64]) {
        Python::attach(|py| {
            for (value, bar) in values.iter_mut().zip(columns.bars()) {
                *value = self.take(py, &bar);
            }
        });
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
        let made = Python::attach(|py| {
            Written { description: self.description.clone_ref(py), failure: Arc::clone(&self.failure) }.running(py)
        });
        match made {
            Ok(fresh) => *self = fresh,
            Err(error) => self.failure.set(error),
        }
    }
}
