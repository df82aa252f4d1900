//! Objects that every callback is handed: the same one again and again, as long as the strategy has not kept it.
//!
//! Making a Python object, and telling the garbage collector of it, costs more than all that the engine does with a bar.
//! An object that only its spare refers to can be seen by nobody, so changing it is the same as making a new one.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::pyclass::boolean_struct::True;
use pyo3::{PyClass, PyResult};

pub struct Spare<T>(Option<Py<T>>);

impl<T> Default for Spare<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: PyClass<Frozen = True> + Into<PyClassInitializer<T>> + Sync> Spare<T> {
    /// The object of last time, changed, if nobody has kept it; else a fresh one.
    pub fn give(&mut self, py: Python<'_>, change: impl FnOnce(&T), fresh: impl FnOnce() -> T) -> PyResult<Py<T>> {
        if let Some(object) = self.0.as_ref().filter(|object| is_alone(py, object)) {
            change(object.get());
            return Ok(object.clone_ref(py));
        }
        let object = Py::new(py, fresh())?;
        self.0 = Some(object.clone_ref(py));
        Ok(object)
    }
}

/// Whether no other reference to an object exists.
fn is_alone<T>(_py: Python<'_>, object: &Py<T>) -> bool {
    // SAFETY: the object lives as long as the reference to it, and with the interpreter's lock held nobody else counts.
    unsafe { ffi::Py_REFCNT(object.as_ptr()) == 1 }
}
