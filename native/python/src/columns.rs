//! Indicators over whole columns: the stream of each description, fed row by row without the interpreter.

use std::sync::Arc;

use arrow_array::{Array, Float64Array, RecordBatch};
use pyo3::prelude::*;
use workbench_indicators::{Field, Indicator, build};
use workbench_market::Error;
use workbench_market::bar::Ohlcv;

use crate::arrow::{Table, batches, column};
use crate::errors::raise;

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(indicator_column, module)?)
}

/// The value at each row of a table with a float64 column for every field that is read; undefined is null.
#[pyfunction]
fn indicator_column(py: Python<'_>, spec: &Bound<'_, PyAny>, rows: &Bound<'_, PyAny>) -> PyResult<Table> {
    let mut refuse = |every: &str| Err(raise(Error::Parameter(format!("a column has no bars of {every}"))));
    let node = crate::indicators::node(spec, &mut refuse)?;
    let mut indicator = build(&node).map_err(|e| raise(Error::Parameter(e.to_string())))?;
    let batches = batches(rows)?;
    let columns = batches.iter().map(fields).collect::<PyResult<Vec<_>>>()?;
    let found: Float64Array = py.detach(|| columns.iter().flat_map(|each| values(indicator.as_mut(), each)).collect());
    Table::new(vec![("value", Arc::new(found))])
}

/// The five numbers of each row; a field that is not there is never read, so any numbers do.
fn fields(batch: &RecordBatch) -> PyResult<[Vec<f64>; 5]> {
    let mut found: [Vec<f64>; 5] = Default::default();
    for (place, (name, _)) in found.iter_mut().zip(Field::ALL) {
        *place = match batch.column_by_name(name) {
            Some(_) => defined(column(batch, name)?),
            None => vec![f64::NAN; batch.num_rows()],
        };
    }
    Ok(found)
}

/// Nulls as NaN, the undefined of every input.
fn defined(array: &Float64Array) -> Vec<f64> {
    if array.null_count() == 0 {
        return array.values().to_vec();
    }
    array.iter().map(|value| value.unwrap_or(f64::NAN)).collect()
}

fn values(indicator: &mut dyn Indicator, columns: &[Vec<f64>; 5]) -> Vec<Option<f64>> {
    let [opens, highs, lows, closes, volumes] = columns;
    let prices = opens.iter().zip(highs).zip(lows).zip(closes).zip(volumes);
    let bars = prices.map(|((((&open, &high), &low), &close), &volume)| Ohlcv { open, high, low, close, volume });
    bars.map(|bar| indicator.update(&bar)).collect()
}
