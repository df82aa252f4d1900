//! Nanoseconds and day numbers as `datetime` and `date` in UTC.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use workbench_market::Error;

use crate::errors::OrRaise;

const DAY_OF_EPOCH: i32 = 719_163; // date(1970, 1, 1).toordinal()

/// An aware datetime in UTC; nanoseconds below the microsecond are cut off.
pub fn to_datetime(py: Python<'_>, time_ns: i64) -> PyResult<Bound<'_, PyAny>> {
    static DELTA: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static EPOCH: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let epoch = EPOCH.get_or_try_init(py, || -> PyResult<Py<PyAny>> {
        let module = py.import("datetime")?;
        let utc = module.getattr("timezone")?.getattr("utc")?;
        Ok(module.getattr("datetime")?.call1((1970, 1, 1, 0, 0, 0, 0, utc))?.unbind())
    })?;
    let delta = DELTA.import(py, "datetime", "timedelta")?.call1((0, 0, time_ns.div_euclid(1_000)))?;
    epoch.bind(py).add(delta)
}

/// The date of a day number counted from 1970-01-01.
pub fn to_date(py: Python<'_>, day: i32) -> PyResult<Bound<'_, PyAny>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    CLASS.import(py, "datetime", "date")?.call_method1("fromordinal", (DAY_OF_EPOCH + day,))
}

/// Microseconds as nanoseconds, which reach from 1678 to 2261.
pub fn nanoseconds(time_us: i64) -> PyResult<i64> {
    let outside =
        || Error::Bars(format!("{time_us} us since 1970 lies outside the years 1678 to 2261; give an earlier time"));
    time_us.checked_mul(1_000).ok_or_else(outside).or_raise()
}
