//! A word from another thread: a run that goes on is not wanted any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;

/// Shared by the run and by whoever may want to end it; once asked it stays so.
#[pyclass(frozen, module = "workbench.engine")]
#[derive(Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

#[pymethods]
impl Cancel {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    #[getter]
    fn asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn __repr__(&self) -> &'static str {
        if self.asked() { "Cancel(asked)" } else { "Cancel()" }
    }
}

impl Cancel {
    /// The one that a host hands to its run; where it has none, one that nobody asks.
    pub fn of(host: &Bound<'_, PyAny>) -> PyResult<Self> {
        let given: Option<Bound<'_, Self>> = host.getattr("cancel")?.extract()?;
        Ok(given.map(|cancel| cancel.get().clone()).unwrap_or_default())
    }

    /// Ends a run as Ctrl-C does.
    pub fn look(&self) -> PyResult<()> {
        if self.asked() { Err(PyKeyboardInterrupt::new_err(())) } else { Ok(()) }
    }
}
