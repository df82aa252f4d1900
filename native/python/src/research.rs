//! Statistics of an equity curve, as Python sees them: numbers or None, with the reasons.

use std::collections::BTreeMap;

use pyo3::prelude::*;
use workbench_research::statistics::{self as curve, Undefined};

/// The figures of one equity curve; an undefined one is None and has its reason in `reasons`.
#[pyclass(frozen, module = "workbench._native")]
struct Statistics(curve::Statistics);

impl Statistics {
    fn undefined(&self) -> [(&'static str, Option<Undefined>); 9] {
        let it = &self.0;
        [
            ("total_return", it.total_return.err()),
            ("annual_return", it.annual_return.err()),
            ("volatility", it.volatility.err()),
            ("sharpe", it.sharpe.err()),
            ("sortino", it.sortino.err()),
            ("calmar", it.calmar.err()),
            ("max_drawdown", it.max_drawdown.err()),
            ("drawdown_length", it.drawdown_length.err()),
            ("recovery_time", it.recovery_time.err()),
        ]
    }
}

#[pymethods]
impl Statistics {
    #[getter]
    fn returns(&self) -> usize {
        self.0.returns
    }

    #[getter]
    fn total_return(&self) -> Option<f64> {
        self.0.total_return.ok()
    }

    #[getter]
    fn annual_return(&self) -> Option<f64> {
        self.0.annual_return.ok()
    }

    #[getter]
    fn volatility(&self) -> Option<f64> {
        self.0.volatility.ok()
    }

    #[getter]
    fn sharpe(&self) -> Option<f64> {
        self.0.sharpe.ok()
    }

    #[getter]
    fn sortino(&self) -> Option<f64> {
        self.0.sortino.ok()
    }

    #[getter]
    fn calmar(&self) -> Option<f64> {
        self.0.calmar.ok()
    }

    #[getter]
    fn max_drawdown(&self) -> Option<f64> {
        self.0.max_drawdown.ok()
    }

    #[getter]
    fn drawdown_length(&self) -> Option<usize> {
        self.0.drawdown_length.ok()
    }

    #[getter]
    fn recovery_time(&self) -> Option<usize> {
        self.0.recovery_time.ok()
    }

    /// Name of every undefined figure and why it is so.
    #[getter]
    fn reasons(&self) -> BTreeMap<&'static str, String> {
        self.undefined().into_iter().filter_map(|(name, why)| why.map(|why| (name, why.to_string()))).collect()
    }
}

/// Statistics of one equity per session, oldest first.
#[pyfunction]
fn statistics(py: Python<'_>, closes: Vec<f64>, deposits: f64, per_year: f64) -> PyResult<Statistics> {
    match curve::statistics(&closes, deposits, per_year) {
        Ok(figures) => Ok(Statistics(figures)),
        Err(error) => {
            let class = py.import("workbench.errors")?.getattr("NumberError")?;
            Err(PyErr::from_value(class.call1((error.to_string(),))?))
        }
    }
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Statistics>()?;
    module.add_function(wrap_pyfunction!(statistics, module)?)
}
