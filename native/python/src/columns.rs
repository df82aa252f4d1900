//! Indicators over whole columns: the stream of each description, fed row by row without the interpreter.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::{Array, Float64Array, RecordBatch};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use pyo3::prelude::*;
use workbench_indicators::{Columns, Field, Indicator, build};
use workbench_market::Error;

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
    let read = batches.iter().map(fields).collect::<PyResult<Vec<_>>>()?;
    let found = py.detach(|| values(indicator.as_mut(), &read));
    Table::new(vec![("value", Arc::new(found))])
}

type Fields<'a> = [Cow<'a, [f64]>; 5];

/// The five numbers of each row; a field that is not there is never read, so those of the first column do.
fn fields(batch: &RecordBatch) -> PyResult<Fields<'_>> {
    let schema = batch.schema();
    let first = schema.fields().first().map_or("", |field| field.name().as_str());
    let mut found = Fields::default();
    for (place, (name, _)) in found.iter_mut().zip(Field::ALL) {
        let is_there = batch.column_by_name(name).is_some();
        *place = defined(column(batch, if is_there { name } else { first })?);
    }
    Ok(found)
}

/// Nulls as NaN, the undefined of every input.
fn defined(array: &Float64Array) -> Cow<'_, [f64]> {
    if array.null_count() == 0 {
        return Cow::Borrowed(array.values());
    }
    Cow::Owned(array.iter().map(|value| value.unwrap_or(f64::NAN)).collect())
}

fn values(indicator: &mut dyn Indicator, read: &[Fields<'_>]) -> Float64Array {
    let rows = read.iter().map(|fields| fields[0].len()).sum();
    let mut values = Vec::with_capacity(rows);
    for fields in read {
        indicator.fill(Columns(fields.each_ref().map(Cow::as_ref)), &mut values);
    }
    let defined = BooleanBuffer::collect_bool(rows, |row| !values[row].is_nan());
    Float64Array::new(values.into(), Some(NullBuffer::new(defined)))
}
