//! A watched indicator: a mapping from asset to its value now.

use std::sync::Arc;

use pyo3::exceptions::PyAttributeError;
use pyo3::prelude::*;
use pyo3::types::PyIterator;
use workbench_market::Error;

use crate::desk::Shared;
use crate::errors::{OrRaise, raise};

/// A watched indicator: `stream[asset]` is its value now or raises UndefinedError, `.get(asset)` gives None instead.
#[pyclass(frozen, mapping, module = "workbench._native")]
pub struct Stream {
    pub shared: Arc<Shared>,
    pub number: usize,
    pub label: String,
}

impl Stream {
    fn undefined(&self, py: Python<'_>, asset: usize) -> PyErr {
        let name = &self.shared.instruments[asset].name;
        let Ok(desk) = self.shared.desk(py) else { return raise(Error::Context("the context is busy".into())) };
        let (needed, seen, every) = crate::frames::progress(&desk.driver, self.number, asset);
        let of = if every.is_empty() { every } else { format!(" of {every}") };
        let why = if seen < needed {
            format!("it needs {needed} bars{of} and {seen} have closed")
        } else {
            "its input is undefined".into()
        };
        raise(Error::Undefined(format!(
            "{} of {name} has no value yet: {why}; .get(asset) gives None instead",
            self.label
        )))
    }

    fn value(&self, py: Python<'_>, asset: usize) -> PyResult<Option<f64>> {
        Ok(self.shared.desk(py)?.driver.streams.value(self.number, asset))
    }
}

#[pymethods]
impl Stream {
    fn __getitem__(&self, py: Python<'_>, asset: &Bound<'_, PyAny>) -> PyResult<f64> {
        let asset = self.shared.assets.find(asset)?;
        self.value(py, asset)?.ok_or_else(|| self.undefined(py, asset))
    }

    /// The value, or None while there is none.
    #[pyo3(signature = (asset, default = None))]
    fn get(&self, py: Python<'_>, asset: &Bound<'_, PyAny>, default: Option<f64>) -> PyResult<Option<f64>> {
        Ok(self.value(py, self.shared.assets.find(asset)?)?.or(default))
    }

    fn __contains__(&self, py: Python<'_>, asset: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(self.value(py, self.shared.assets.find(asset)?)?.is_some())
    }

    /// The assets that have a value.
    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        let mut assets = Vec::new();
        for asset in 0..self.shared.instruments.len() {
            if self.value(py, asset)?.is_some() {
                assets.push(self.shared.assets.object(py, asset));
            }
        }
        assets.into_pyobject(py)?.try_iter()
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        let desk = self.shared.desk(py)?;
        Ok((0..self.shared.instruments.len()).filter(|&a| desk.driver.streams.value(self.number, a).is_some()).count())
    }

    fn __repr__(&self) -> String {
        format!("Stream({})", self.label)
    }
}

/// What is watched of an indicator with several outputs: `streams.line[asset]`, a Stream for each by its name.
#[pyclass(frozen, module = "workbench._native")]
pub struct Streams {
    pub label: String,
    pub outputs: Vec<(String, Py<Stream>)>,
}

impl Streams {
    fn names(&self) -> Vec<&str> {
        self.outputs.iter().map(|(name, _)| name.as_str()).collect()
    }
}

#[pymethods]
impl Streams {
    fn __getattr__(&self, py: Python<'_>, name: &str) -> PyResult<Py<Stream>> {
        let found = self.outputs.iter().find(|(known, _)| known == name);
        found.map(|(_, stream)| stream.clone_ref(py)).ok_or_else(|| {
            let there = self.names().join(", ");
            PyAttributeError::new_err(format!("{} has no output '{name}'; it has {there}", self.label))
        })
    }

    fn __dir__(&self) -> Vec<&str> {
        self.names()
    }

    fn __getitem__(&self, _asset: &Bound<'_, PyAny>) -> PyResult<Py<Stream>> {
        let names = self.names();
        let message = format!(
            "{} has the outputs {}; read one of them: .{}[asset]",
            self.label,
            names.join(", "),
            names.first().unwrap_or(&"")
        );
        Err(raise(Error::Parameter(message)))
    }

    fn __repr__(&self) -> String {
        format!("Streams({}: {})", self.label, self.names().join(", "))
    }
}

/// Watches an indicator on every asset, each of its outputs if it has several, and remembers that it is watched.
pub fn watch<'py>(shared: &Arc<Shared>, indicator: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = indicator.py();
    let streams = if let Ok(names) = indicator.getattr("outputs") {
        let watched = |name: String| {
            let stream = watch_one(shared, &indicator.getattr(&*name)?)?;
            Ok((name, Py::new(py, stream)?))
        };
        let outputs = names.extract::<Vec<String>>()?.into_iter().map(watched).collect::<PyResult<_>>()?;
        Bound::new(py, Streams { label: indicator.str()?.to_string(), outputs })?.into_any()
    } else {
        Bound::new(py, watch_one(shared, indicator)?)?.into_any()
    };
    shared.desk_mut(py)?.watched.push(indicator.clone().unbind());
    Ok(streams)
}

fn watch_one(shared: &Arc<Shared>, indicator: &Bound<'_, PyAny>) -> PyResult<Stream> {
    let mut desk = shared.desk_mut(indicator.py())?;
    let spec = indicator.getattr("node").map_err(|_| not_an_indicator(indicator))?;
    let node = crate::frames::describe(indicator.py(), shared, &mut desk.driver, &spec)?;
    let number = desk.driver.watch(node).or_raise()?;
    if let Some(book) = desk.driver.state.book_now() {
        desk.waiting[book].streams.push(number);
    }
    Ok(Stream { shared: Arc::clone(shared), number, label: indicator.str()?.to_string() })
}

fn not_an_indicator(given: &Bound<'_, PyAny>) -> PyErr {
    raise(Error::Parameter(format!("watch needs an indicator such as ta.sma(20), got {given}")))
}
