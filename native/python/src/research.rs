//! The figures of a run, as Python sees them: numbers or None, with the reasons.

use std::collections::BTreeMap;

use pyo3::prelude::*;
use workbench_research::statistics::{self as curve, Dealings, Undefined};

/// The figures of one run; an undefined one is None and has its reason in `reasons`.
#[pyclass(frozen, module = "workbench._native")]
struct Statistics(curve::Statistics);

impl Statistics {
    fn undefined(&self) -> [(&'static str, Option<Undefined>); 15] {
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
            ("win_rate", it.win_rate.err()),
            ("profit_factor", it.profit_factor.err()),
            ("average_win", it.average_win.err()),
            ("average_loss", it.average_loss.err()),
            ("exposure", it.exposure.err()),
            ("turnover", it.turnover.err()),
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

    #[getter]
    fn win_rate(&self) -> Option<f64> {
        self.0.win_rate.ok()
    }

    #[getter]
    fn profit_factor(&self) -> Option<f64> {
        self.0.profit_factor.ok()
    }

    #[getter]
    fn average_win(&self) -> Option<f64> {
        self.0.average_win.ok()
    }

    #[getter]
    fn average_loss(&self) -> Option<f64> {
        self.0.average_loss.ok()
    }

    #[getter]
    fn exposure(&self) -> Option<f64> {
        self.0.exposure.ok()
    }

    #[getter]
    fn turnover(&self) -> Option<f64> {
        self.0.turnover.ok()
    }

    #[getter]
    fn fees(&self) -> f64 {
        self.0.fees
    }

    /// Name of every undefined figure and why it is so.
    #[getter]
    fn reasons(&self) -> BTreeMap<&'static str, String> {
        self.undefined().into_iter().filter_map(|(name, why)| why.map(|why| (name, why.to_string()))).collect()
    }
}

/// Figures of one equity per session, oldest first, of what was held at each, of the values and fees of fills, and of
/// the profits of closed trades.
#[pyfunction]
#[pyo3(signature = (closes, deposits, per_year, *, held = None, fills = Vec::new(), profits = Vec::new()))]
fn statistics(
    py: Python<'_>,
    closes: Vec<f64>,
    deposits: f64,
    per_year: f64,
    held: Option<Vec<f64>>,
    fills: Vec<(f64, f64)>,
    profits: Vec<f64>,
) -> PyResult<Statistics> {
    let held = held.unwrap_or_else(|| vec![0.0; closes.len()]);
    let mut dealings = Dealings::default();
    fills.into_iter().for_each(|(value, fee)| dealings.fill(value, fee));
    profits.into_iter().for_each(|profit| dealings.trade(profit));
    match curve::statistics(&closes, &held, &dealings, deposits, per_year) {
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
