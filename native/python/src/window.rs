//! A window of history: the last n values of a field, oldest first.

use std::fmt;

use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyIterator, PySlice};
use workbench_indicators::Sum;
use workbench_market::Error;

use crate::errors::raise;

/// The last values of a field, oldest first: length, index, slice, mean, std, min, max, sum; numpy reads it as an array.
#[pyclass(frozen, sequence, module = "workbench._native")]
pub struct Window {
    pub values: Vec<f64>,
    pub of: Of,
}

/// What a window shows; it is put into words only when it is looked at.
pub struct Of {
    pub field: &'static str,
    pub asset: Py<PyAny>,
    /// The length of the bars, where it is not that of the run.
    pub every: Option<String>,
}

impl Of {
    fn clone_ref(&self, py: Python<'_>) -> Self {
        Self { field: self.field, asset: self.asset.clone_ref(py), every: self.every.clone() }
    }
}

impl fmt::Display for Of {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.field, self.asset)?;
        self.every.as_ref().map_or(Ok(()), |every| write!(f, " every {every}"))
    }
}

impl Window {
    fn filled(&self, least: usize, what: &str) -> PyResult<()> {
        if self.values.len() >= least {
            return Ok(());
        }
        let (of, held) = (&self.of, self.values.len());
        Err(raise(Error::Undefined(format!("{what} of {of} needs {least} values or more, the window has {held}"))))
    }
}

#[pymethods]
impl Window {
    fn __len__(&self) -> usize {
        self.values.len()
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        self.values.as_slice().into_pyobject(py)?.try_iter()
    }

    fn __getitem__<'py>(&self, py: Python<'py>, index: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        if let Ok(slice) = index.cast::<PySlice>() {
            let at = slice.indices(self.values.len() as isize)?;
            let picked = (0..at.slicelength as isize).map(|i| self.values[(at.start + i * at.step) as usize]).collect();
            return Ok(Bound::new(py, Self { values: picked, of: self.of.clone_ref(py) })?.into_any());
        }
        let (given, length) = (index.extract::<isize>()?, self.values.len() as isize);
        let at = if given < 0 { given + length } else { given };
        if !(0..length).contains(&at) {
            return Err(PyIndexError::new_err(format!("index {given} is outside the window of {length} values")));
        }
        Ok(self.values[at as usize].into_pyobject(py)?.into_any())
    }

    fn sum(&self) -> f64 {
        let mut sum = Sum::default();
        self.values.iter().for_each(|&x| sum.add(x));
        sum.value()
    }

    fn mean(&self) -> PyResult<f64> {
        self.filled(1, "the mean")?;
        Ok(self.sum() / self.values.len() as f64)
    }

    /// Standard deviation with n - ddof in the denominator.
    #[pyo3(signature = (ddof = 1))]
    fn std(&self, ddof: usize) -> PyResult<f64> {
        self.filled(ddof.saturating_add(1), "the standard deviation")?;
        let mean = self.mean()?;
        let squares: f64 = self.values.iter().map(|x| (x - mean) * (x - mean)).sum();
        Ok((squares / (self.values.len() - ddof) as f64).sqrt())
    }

    fn min(&self) -> PyResult<f64> {
        self.filled(1, "the minimum")?;
        Ok(self.values.iter().copied().fold(f64::INFINITY, f64::min))
    }

    fn max(&self) -> PyResult<f64> {
        self.filled(1, "the maximum")?;
        Ok(self.values.iter().copied().fold(f64::NEG_INFINITY, f64::max))
    }

    /// A fresh numpy array of the values; `numpy.asarray(window)` comes here.
    #[pyo3(signature = (dtype = None, copy = None))]
    fn __array__<'py>(
        &self,
        py: Python<'py>,
        dtype: Option<Bound<'py, PyAny>>,
        copy: Option<bool>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if copy == Some(false) {
            let message = "a Window keeps no numpy array, so its values are always copied; leave copy=False out";
            return Err(PyValueError::new_err(message));
        }
        let raw: Vec<u8> = self.values.iter().flat_map(|x| x.to_ne_bytes()).collect();
        let array = py.import("numpy")?.call_method1("frombuffer", (PyBytes::new(py, &raw), "float64"))?;
        match dtype {
            Some(dtype) => array.call_method1("astype", (dtype,)),
            None => array.call_method0("copy"),
        }
    }

    fn __repr__(&self) -> String {
        let shown: Vec<String> = self.values.iter().rev().take(3).rev().map(f64::to_string).collect();
        let more = if self.values.len() > 3 { "..., " } else { "" };
        format!("Window({}, {} values: {more}{})", self.of, self.values.len(), shown.join(", "))
    }
}
