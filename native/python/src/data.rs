//! Rows of datasets, told in the first slice at or after the time at which they are known.

use pyo3::prelude::*;

use crate::desk::Shared;

/// The rows that have become known since the last slice; the host keeps them.
pub fn due(py: Python<'_>, shared: &Shared) -> PyResult<Vec<Py<PyAny>>> {
    let (now_us, open_us) = {
        let desk = shared.desk(py)?;
        let slice = &desk.driver.slice;
        let (now_us, open_us) = (slice.time_ns.div_euclid(1_000), slice.open_ns.div_euclid(1_000));
        if desk.next_known_us > now_us {
            return Ok(Vec::new());
        }
        (now_us, open_us)
    };
    let due = shared.host.bind(py).call_method1("due", (now_us, open_us))?;
    let (items, next_known_us) = due.extract::<(Vec<Py<PyAny>>, i64)>()?;
    shared.desk_mut(py)?.next_known_us = next_known_us;
    Ok(items)
}
