//! Numbers at the boundary: what a user types becomes exact, what is exact becomes `decimal.Decimal`.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyFloat, PyInt, PyString, PyType};
use workbench_market::Error;
use workbench_market::decimal::{self, Decimal, float_on_step};
use workbench_market::number::{Fixed, Rounding};

use crate::errors::{OrRaise, raise};

/// A number as it was given; a float keeps its nature, for it may be a hair off a step.
#[derive(Clone, Copy)]
pub enum Given {
    Float(f64),
    Exact(Decimal),
    Whole(i64),
}

impl Given {
    /// On a multiple of `step` (raw) at `scale`.
    pub fn on_step(self, scale: u32, step: i128, rounding: Rounding) -> Result<i128, Error> {
        match self {
            Self::Float(x) => float_on_step(x, scale, step, rounding),
            Self::Exact(number) => number.rounded(scale, step, rounding),
            Self::Whole(n) => Decimal::whole(n).rounded(scale, step, rounding),
        }
    }

    /// The nearest raw value at `scale`.
    pub fn nearest(self, scale: u32) -> Result<i128, Error> {
        self.on_step(scale, 1, Rounding::HalfEven)
    }

    pub fn is_negative(self) -> bool {
        match self {
            Self::Float(x) => x < 0.0,
            Self::Exact(number) => number.is_negative(),
            Self::Whole(n) => n < 0,
        }
    }
}

fn refused(what: &str, value: &Bound<'_, PyAny>) -> PyErr {
    let shown = value.repr().map_or_else(|_| "?".into(), |text| text.to_string());
    let kind = value.get_type().name().map_or_else(|_| "?".into(), |name| name.to_string());
    raise(Error::Number(format!("{what} must be a number, got {shown} ({kind}); give 100, 0.5, \"0.1\" or a Decimal")))
}

fn of_float(what: &str, x: f64) -> PyResult<Given> {
    if x.is_finite() {
        return Ok(Given::Float(x));
    }
    Err(raise(Error::Number(format!("{what} must be finite, got {x}; check the calculation it comes from"))))
}

/// Reads an int, float, text, Decimal or numpy scalar; NaN, inf and bool are refused.
pub fn given(what: &str, value: &Bound<'_, PyAny>) -> PyResult<Given> {
    if value.is_exact_instance_of::<PyFloat>() {
        return of_float(what, value.extract()?);
    }
    if value.is_exact_instance_of::<PyInt>() {
        return whole(what, value);
    }
    uncommon(what, value)
}

fn whole(what: &str, value: &Bound<'_, PyAny>) -> PyResult<Given> {
    match value.extract::<i64>() {
        Ok(n) => Ok(Given::Whole(n)),
        Err(_) => parsed(what, value, &value.str()?.to_string()),
    }
}

fn parsed(what: &str, value: &Bound<'_, PyAny>, text: &str) -> PyResult<Given> {
    Decimal::parse(text).map(Given::Exact).map_err(|error| match error {
        Error::Range(message) => raise(Error::Range(format!("{what}: {message}"))),
        _ => refused(what, value),
    })
}

fn uncommon(what: &str, value: &Bound<'_, PyAny>) -> PyResult<Given> {
    let kind = value.get_type().name()?.to_string();
    if value.is_instance_of::<PyBool>() || kind == "bool" || kind == "bool_" {
        return Err(refused(what, value));
    }
    if value.is_instance_of::<PyFloat>() {
        return of_float(what, value.extract()?);
    }
    // A numpy float32 means its own shortest decimal, which its text is and its float64 is not.
    let is_text = value.is_instance_of::<PyString>() || kind == "Decimal" || kind.starts_with("float");
    if is_text {
        return parsed(what, value, &value.str()?.to_string());
    }
    if value.is_instance_of::<PyInt>() || value.hasattr("__index__")? {
        let index = value.call_method0("__index__").map_err(|_| refused(what, value))?;
        return whole(what, &index);
    }
    Err(refused(what, value))
}

/// Reads a number as a float, refusing what [`given`] refuses.
pub fn to_f64(what: &str, value: &Bound<'_, PyAny>) -> PyResult<f64> {
    match given(what, value)? {
        Given::Float(x) => Ok(x),
        Given::Whole(n) => Ok(n as f64),
        Given::Exact(_) => {
            let x =
                value.str()?.to_string().trim().replace('_', "").parse::<f64>().map_err(|_| refused(what, value))?;
            of_float(what, x).map(|_| x)
        }
    }
}

/// `decimal.Decimal` of an exact number.
pub fn to_decimal<const SCALE: u32>(py: Python<'_>, number: Fixed<SCALE>) -> PyResult<Bound<'_, PyAny>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    CLASS.import(py, "decimal", "Decimal")?.call1((number.to_string(),))
}

/// `a x b / c`, rounded half_even, toward_zero, floor or ceil; the product has 256 bits.
#[pyfunction]
fn mul_div(a: i128, b: i128, c: i128, rounding: &str) -> PyResult<i128> {
    let rounding = Rounding::named(rounding).or_raise()?;
    for value in [a, b, c] {
        workbench_market::number::in_range(value, "an operand").or_raise()?;
    }
    workbench_market::number::mul_div(a, b, c, rounding).or_raise()
}

/// The sum of two raw numbers of one scale.
#[pyfunction]
fn add(a: i128, b: i128) -> PyResult<i128> {
    let sum = Fixed::<0>::new(a).and_then(|a| a.plus(Fixed::new(b)?));
    sum.map(Fixed::raw).or_raise()
}

/// Raw price (scale 12) x raw quantity (scale 8) as raw money (scale 20).
#[pyfunction]
fn multiply(price: i128, quantity: i128) -> PyResult<i128> {
    let money = Fixed::<12>::new(price).and_then(|price| price.times(Fixed::new(quantity)?));
    money.map(Fixed::raw).or_raise()
}

/// The raw value at `scale` that a text spells; digits beyond the scale are refused.
#[pyfunction]
fn parse(text: &str, scale: u32) -> PyResult<i128> {
    Decimal::parse(text).and_then(|number| number.exact(scale)).or_raise()
}

/// The plain digits of a raw value.
#[pyfunction]
fn text(raw: i128, scale: u32) -> String {
    decimal::text(raw, scale)
}

/// The nearest float of a raw value.
#[pyfunction]
fn to_float(raw: i128, scale: u32) -> f64 {
    decimal::to_f64(raw, scale)
}

/// The raw value on a multiple of `step` that a number given by a user means.
#[pyfunction]
fn on_step(value: &Bound<'_, PyAny>, scale: u32, step: i128, rounding: &str) -> PyResult<i128> {
    let rounding = Rounding::named(rounding).or_raise()?;
    given("value", value)?.on_step(scale, step, rounding).or_raise()
}

/// `round_half_even(x x 10^digits)`, refused from 2^51 on.
#[pyfunction]
fn ticks(x: f64, digits: u32) -> PyResult<i64> {
    decimal::ticks(x, digits).or_raise()
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(mul_div, module)?)?;
    module.add_function(wrap_pyfunction!(add, module)?)?;
    module.add_function(wrap_pyfunction!(multiply, module)?)?;
    module.add_function(wrap_pyfunction!(parse, module)?)?;
    module.add_function(wrap_pyfunction!(text, module)?)?;
    module.add_function(wrap_pyfunction!(to_float, module)?)?;
    module.add_function(wrap_pyfunction!(on_step, module)?)?;
    module.add_function(wrap_pyfunction!(ticks, module)?)
}

/// What is given as a number, at a scale; every command asks in this way.
pub fn exact_at(what: &str, value: &Bound<'_, PyAny>, scale: u32) -> PyResult<i128> {
    given(what, value)?.nearest(scale).or_raise()
}
