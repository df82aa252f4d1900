//! Values of a log as Python objects, and back: text, whole numbers, floats, bools, None, lists and mappings.

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple, PyType};
use workbench_journal::pack::Value;
use workbench_market::Error;
use workbench_market::decimal;

use crate::errors::raise;

pub fn to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    static DECIMAL: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    match value {
        Value::Nil => Ok(py.None().into_bound(py)),
        Value::Flag(flag) => flag.into_bound_py_any(py),
        Value::Integer(number) => number.into_bound_py_any(py),
        Value::Float(number) => number.into_bound_py_any(py),
        Value::Text(text) => text.into_bound_py_any(py),
        Value::Bytes(bytes) => Ok(PyBytes::new(py, bytes).into_any()),
        Value::Exact { scale, raw } => DECIMAL.import(py, "decimal", "Decimal")?.call1((decimal::text(*raw, *scale),)),
        Value::List(values) => {
            let values = values.iter().map(|each| to_python(py, each)).collect::<PyResult<Vec<_>>>()?;
            Ok(PyList::new(py, values)?.into_any())
        }
        Value::Map(pairs) => {
            let mapping = PyDict::new(py);
            for (name, each) in pairs {
                mapping.set_item(name, to_python(py, each)?)?;
            }
            Ok(mapping.into_any())
        }
    }
}

pub fn from_python(value: &Bound<'_, PyAny>) -> PyResult<Value> {
    if value.is_none() {
        return Ok(Value::Nil);
    }
    if value.is_instance_of::<PyBool>() {
        return value.extract().map(Value::Flag);
    }
    if value.is_instance_of::<PyInt>() {
        return value.extract().map(Value::Integer);
    }
    if value.is_instance_of::<PyFloat>() {
        return value.extract().map(Value::Float);
    }
    if value.is_instance_of::<PyString>() {
        return value.extract().map(Value::Text);
    }
    if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        let values = value.try_iter()?.map(|each| from_python(&each?));
        return values.collect::<PyResult<_>>().map(Value::List);
    }
    let Ok(mapping) = value.cast::<PyDict>() else {
        let message = format!("a header holds text, numbers, bools, None, lists and mappings, not {}", value.repr()?);
        return Err(raise(Error::Parameter(message)));
    };
    let pair = |(name, each): (Bound<'_, PyAny>, Bound<'_, PyAny>)| Ok((name.extract()?, from_python(&each)?));
    mapping.iter().map(pair).collect::<PyResult<_>>().map(Value::Map)
}
