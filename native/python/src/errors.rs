//! One mapping from the errors of the core to the classes of `workbench.errors`.

use std::cell::RefCell;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};
use workbench_market::Error;

use crate::time::to_datetime;

/// The class of `workbench.errors` that an error of the core becomes.
const fn class_name(error: &Error) -> &'static str {
    match error {
        Error::Bars(_) => "BarsError",
        Error::Number(_) => "NumberError",
        Error::Order(_) => "OrderError",
        Error::Parameter(_) => "ParameterError",
        Error::UnknownAsset(_) => "UnknownAssetError",
        Error::Context(_) => "ContextError",
        Error::Lookahead(_) => "LookaheadError",
        Error::Undefined(_) => "UndefinedError",
        Error::Unsupported(_) => "UnsupportedError",
        Error::Range(_) => "RangeError",
        Error::Ledger(_) => "LedgerError",
        Error::Raised(_) => "StrategyError",
        Error::Limit(_) => "LimitError",
        Error::Journal(_) => "JournalError",
    }
}

thread_local! {
    /// What a user's function raised, until the core has unwound.
    static PARKED: RefCell<Option<PyErr>> = const { RefCell::new(None) };
}

/// Keeps what a user's function raised; the core carries its message.
pub fn park(error: PyErr) -> String {
    let message = error.to_string();
    PARKED.replace(Some(error));
    message
}

/// The Python exception of an error of the core.
pub fn raise(error: Error) -> PyErr {
    if matches!(error, Error::Raised(_))
        && let Some(parked) = PARKED.take()
    {
        return parked;
    }
    named(class_name(&error), error.message())
}

/// An exception of the class of that name in `workbench.errors`.
pub fn named(class: &str, message: &str) -> PyErr {
    Python::attach(|py| {
        let found = py.import("workbench.errors").and_then(|module| module.getattr(class));
        match found.and_then(|class| class.cast_into::<PyType>().map_err(PyErr::from)) {
            Ok(class) => PyErr::from_type(class, (message.to_owned(),)),
            Err(error) => error,
        }
    })
}

/// The same with the bar it happened at, where a limit was breached or a number left its range inside the core; any other
/// error is told as it is, with a note of that bar where a user's function raised it.
pub fn dated(py: Python<'_>, error: Error, time_ns: i64) -> PyErr {
    if matches!(error, Error::Raised(_)) {
        let (error, time) = (raise(error), to_datetime(py, time_ns).map(|time| time.to_string()).unwrap_or_default());
        let note = (format!("workbench: at the bar that closed {time}"),);
        return error.value(py).call_method1("add_note", note).map_or_else(|other| other, |_| error.clone_ref(py));
    }
    let named: fn(String) -> Error = match error {
        Error::Limit(_) => Error::Limit,
        Error::Range(_) => Error::Range,
        _ => return raise(error),
    };
    let told = |time| raise(named(format!("{}; at the bar that closed {time}", error.message())));
    to_datetime(py, time_ns).map_or_else(|other| other, told)
}

/// The question after a name that is unknown but near to one of these; nothing where none is near.
pub fn nearest(py: Python<'_>, given: &str, names: &[&str]) -> String {
    let close = py
        .import("difflib")
        .and_then(|module| module.call_method1("get_close_matches", (given, names.to_vec(), 1)))
        .and_then(|list| list.get_item(0));
    close.map_or_else(|_| String::new(), |name| format!("; did you mean {name:?}?"))
}

/// The error for an argument that a call does not take; `first` are those it takes before the `taken` ones.
pub fn unknown_argument(py: Python<'_>, (call, first): (&str, &str), given: &str, taken: &[&str]) -> PyErr {
    let (known, nearest) = (taken.join(", "), nearest(py, given, taken));
    raise(Error::Parameter(format!("{call} has no argument {given:?}; it takes {first}, {known}{nearest}")))
}

/// Refuses the first argument that a call does not take.
pub fn check_arguments(call: (&str, &str), given: Option<&Bound<'_, PyDict>>, taken: &[&str]) -> PyResult<()> {
    let Some(given) = given else { return Ok(()) };
    let keys = given.keys().iter().map(|key| key.to_string()).collect::<Vec<_>>();
    let unknown = keys.iter().find(|key| !taken.contains(&key.as_str()));
    unknown.map_or(Ok(()), |key| Err(unknown_argument(given.py(), call, key, taken)))
}

/// Turns results of the core into results of Python.
pub trait OrRaise<T> {
    fn or_raise(self) -> PyResult<T>;
}

impl<T> OrRaise<T> for workbench_market::Result<T> {
    fn or_raise(self) -> PyResult<T> {
        self.map_err(raise)
    }
}
