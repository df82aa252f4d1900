//! Costs that a user wrote in Python: asked with a frozen [`Deal`], made exact at the door.
//!
//! The core is asked from deep inside a fold that knows nothing of Python, so an exception is parked on the way out and
//! raised again where the fold ends.

use std::fmt;
use std::sync::Arc;

use pyo3::prelude::*;
use workbench_engine::cost::{Deal as EngineDeal, UserRule};
use workbench_engine::order::Side;
use workbench_market::number::{Fixed, Money, Price, Quantity, Rounding};
use workbench_market::{Error, Result};

use crate::errors::{OrRaise, park, raise};
use crate::number::{given, to_decimal};
use crate::time::to_datetime;
use crate::values::{exact_twin, optional};

/// A fill, or one that is only considered, as a user's cost function sees it.
#[pyclass(frozen, module = "workbench._native")]
pub struct Deal {
    #[pyo3(get)]
    asset: Py<PyAny>,
    side: Side,
    time_ns: i64,
    quantity: Quantity,
    price: Price,
    value: Money,
    volume: Option<Quantity>,
    traded: Money,
    #[pyo3(get)]
    is_maker: bool,
}

#[pymethods]
impl Deal {
    #[getter]
    const fn side(&self) -> &'static str {
        self.side.name()
    }
    #[getter]
    fn time<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_datetime(py, self.time_ns)
    }
    #[getter]
    fn quantity(&self) -> f64 {
        self.quantity.to_f64()
    }
    #[getter]
    fn price(&self) -> f64 {
        self.price.to_f64()
    }
    #[getter]
    fn value(&self) -> f64 {
        self.value.to_f64()
    }
    #[getter]
    fn volume(&self) -> Option<f64> {
        self.volume.map(Quantity::to_f64)
    }
    #[getter]
    fn traded(&self) -> f64 {
        self.traded.to_f64()
    }
    #[getter]
    fn exact<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let values = vec![
            to_decimal(py, self.quantity)?,
            to_decimal(py, self.price)?,
            to_decimal(py, self.value)?,
            optional(py, self.volume)?,
            to_decimal(py, self.traded)?,
        ];
        exact_twin(py, "ExactDeal", values)
    }
    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let (side, quantity, asset) = (self.side.name(), self.quantity, self.asset.bind(py).str()?);
        Ok(format!("Deal({side} {quantity} {asset} at {})", self.price))
    }
}

/// A function of a Deal that gives an amount.
pub struct UserCost {
    pub call: Py<PyAny>,
    /// As the face calls it, such as fees.custom.
    pub name: String,
    pub objects: Arc<Vec<Py<PyAny>>>,
    pub rounding: Rounding,
}

impl fmt::Debug for UserCost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl<const SCALE: u32> UserRule<SCALE> for UserCost {
    fn amount(&self, deal: &EngineDeal<'_>) -> Result<Fixed<SCALE>> {
        let traded = deal.traded()?;
        Python::attach(|py| {
            let deal = Deal {
                asset: self.objects[deal.order.ask.asset].clone_ref(py),
                side: deal.order.ask.side,
                time_ns: deal.state.now_ns,
                quantity: deal.quantity,
                price: deal.price,
                value: deal.value,
                volume: deal.volume,
                traded,
                is_maker: deal.is_maker == Some(true),
            };
            self.ask(py, deal).map_err(|error| Error::Raised(park(error)))
        })
    }
}

impl UserCost {
    fn ask<const SCALE: u32>(&self, py: Python<'_>, deal: Deal) -> PyResult<Fixed<SCALE>> {
        let deal = Bound::new(py, deal)?;
        let note = |error: PyErr| match self.noted(&deal, &error) {
            Ok(()) => error,
            Err(other) => other,
        };
        let result = self.call.bind(py).call1((&deal,)).map_err(note)?;
        let number = given(&format!("the result of {}", self.name), &result).map_err(note)?;
        if number.is_negative() {
            let message = format!("{} gave {}; a cost is a positive number, or 0", self.name, result.repr()?);
            return Err(note(raise(Error::Number(message))));
        }
        number.on_step(SCALE, 1, self.rounding).and_then(Fixed::new).or_raise().map_err(note)
    }

    fn noted(&self, deal: &Bound<'_, Deal>, error: &PyErr) -> PyResult<()> {
        let py = deal.py();
        let text = format!("workbench: in {} for {} on {}", self.name, deal.repr()?, deal.get().time(py)?);
        error.value(py).call_method1("add_note", (text,)).map(|_| ())
    }
}
