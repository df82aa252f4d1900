//! Rows merged into buckets of so many neighbours, column by column: what a chart draws where bars are too many.
//!
//! The one idea: what is unknown says nothing. A bucket is unknown only where all of its rows are.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array};
use pyo3::prelude::*;
use workbench_market::Error;

use crate::arrow::{Table, batches, column};
use crate::columns::defined;
use crate::errors::raise;

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(merged_columns, module)?)
}

/// What becomes of the values of a bucket.
#[derive(Clone, Copy)]
enum How {
    First,
    Last,
    Max,
    Min,
    Sum,
}

impl How {
    fn of(name: &str) -> PyResult<Self> {
        Ok(match name {
            "first" => Self::First,
            "last" => Self::Last,
            "max" => Self::Max,
            "min" => Self::Min,
            "sum" => Self::Sum,
            _ => {
                return Err(raise(Error::Parameter(format!(
                    "a bucket has no {name:?}; give first, last, max, min, sum"
                ))));
            }
        })
    }

    fn merged(self, bucket: &[f64]) -> Option<f64> {
        let mut known = bucket.iter().copied().filter(|value| !value.is_nan());
        match self {
            Self::First => known.next(),
            Self::Last => known.next_back(),
            Self::Max => known.reduce(f64::max),
            Self::Min => known.reduce(f64::min),
            Self::Sum => known.reduce(|sum, value| sum + value),
        }
    }
}

/// Columns of float64, each merged in its way into buckets of `size` rows; the last bucket may have fewer.
#[pyfunction]
fn merged_columns(py: Python<'_>, rows: &Bound<'_, PyAny>, how: Vec<(String, String)>, size: usize) -> PyResult<Table> {
    let batches = batches(rows)?;
    let wanted = how.iter().map(|(_, how)| How::of(how)).collect::<PyResult<Vec<_>>>()?;
    let read = |(name, _): &(String, String)| {
        let parts = batches.iter().map(|batch| column(batch, name).map(defined)).collect::<PyResult<Vec<_>>>()?;
        Ok(if let [Cow::Borrowed(one)] = parts[..] { Cow::Borrowed(one) } else { Cow::Owned(parts.concat()) })
    };
    let columns = how.iter().map(read).collect::<PyResult<Vec<Cow<'_, [f64]>>>>()?;
    let merged = py.detach(|| {
        let pairs = columns.iter().zip(wanted);
        pairs
            .map(|(values, how)| {
                let buckets = values.chunks(size.max(1)).map(|bucket| how.merged(bucket));
                Arc::new(buckets.collect::<Float64Array>()) as ArrayRef
            })
            .collect::<Vec<_>>()
    });
    Table::new(how.iter().map(|(name, _)| name.as_str()).zip(merged).collect())
}
