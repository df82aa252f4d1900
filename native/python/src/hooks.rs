//! How a strategy is called: its hooks are looked up once, and that of every bar costs as little as a call can.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::context::Context;
use crate::values::Bar;

/// The hooks a strategy has overridden, looked up once.
#[derive(Default)]
pub struct Hooks {
    pub on_start: Option<Py<PyAny>>,
    pub on_bar: Option<Hook>,
    pub on_slice: Option<Py<PyAny>>,
    pub on_fill: Option<Py<PyAny>>,
    pub on_reject: Option<Py<PyAny>>,
    pub on_data: Option<Py<PyAny>>,
    pub on_end: Option<Py<PyAny>>,
}

/// A hook that is called for every bar: a method is taken apart once, which saves binding it at each call.
pub enum Hook {
    Method { function: Py<PyAny>, owner: Py<PyAny> },
    Function(Py<PyAny>),
}

impl Hook {
    fn read(hook: Bound<'_, PyAny>) -> PyResult<Self> {
        if !hook.hasattr("__func__")? {
            return Ok(Self::Function(hook.unbind()));
        }
        Ok(Self::Method { function: hook.getattr("__func__")?.unbind(), owner: hook.getattr("__self__")?.unbind() })
    }

    pub fn call(&self, py: Python<'_>, context: &Py<Context>, bar: &Py<Bar>) -> PyResult<Py<PyAny>> {
        match self {
            Self::Method { function, owner } => call_method(py, function, owner, context, bar),
            Self::Function(function) => function.call1(py, (context, bar)),
        }
    }
}

/// Calls a function with three arguments, without the tuple that the safe call packs them into: that costs as much as
/// half of what the engine does with a bar.
fn call_method(
    py: Python<'_>,
    function: &Py<PyAny>,
    owner: &Py<PyAny>,
    context: &Py<Context>,
    bar: &Py<Bar>,
) -> PyResult<Py<PyAny>> {
    let end = std::ptr::null_mut::<ffi::PyObject>();
    // SAFETY: the interpreter's lock is held, the references keep all four objects alive while the call lasts, the list
    // of arguments ends with a null pointer, and the call gives a new reference, or null with an exception set.
    unsafe {
        let result =
            ffi::PyObject_CallFunctionObjArgs(function.as_ptr(), owner.as_ptr(), context.as_ptr(), bar.as_ptr(), end);
        Ok(Bound::from_owned_ptr_or_err(py, result)?.unbind())
    }
}

impl Hooks {
    pub fn read(hooks: &Bound<'_, PyDict>) -> PyResult<Self> {
        let get = |name: &str| Ok::<_, PyErr>(hooks.get_item(name)?.map(Bound::unbind));
        Ok(Self {
            on_start: get("on_start")?,
            on_bar: hooks.get_item("on_bar")?.map(Hook::read).transpose()?,
            on_slice: get("on_slice")?,
            on_fill: get("on_fill")?,
            on_reject: get("on_reject")?,
            on_data: get("on_data")?,
            on_end: get("on_end")?,
        })
    }
}

/// A strategy of a run: its hooks, and its book where it shares the account with others.
pub struct Member {
    pub hooks: Hooks,
    pub book: Option<usize>,
}

impl Member {
    /// The one strategy of a mapping of hooks, or those of a list of such.
    pub fn all(given: &Bound<'_, PyAny>) -> PyResult<Vec<Self>> {
        if let Ok(hooks) = given.cast::<PyDict>() {
            return Ok(vec![Self { hooks: Hooks::read(hooks)?, book: None }]);
        }
        let member = |(book, hooks): (usize, PyResult<Bound<'_, PyAny>>)| {
            Ok(Self { hooks: Hooks::read(hooks?.cast::<PyDict>()?)?, book: Some(book) })
        };
        given.try_iter()?.enumerate().map(member).collect()
    }
}
