//! Indicators over whole columns: the stream of each description, fed row by row without the interpreter.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::{Array, Float64Array, RecordBatch};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use pyo3::prelude::*;
use workbench_indicators::{Columns, Field, Indicator, Several, build, build_several};
use workbench_market::Error;

use crate::arrow::{Table, batches, column};
use crate::errors::raise;

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(indicator_column, module)?)?;
    module.add_function(wrap_pyfunction!(indicator_outputs, module)?)
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

/// The same for all outputs of an indicator that has several, in one pass: a column for each, by its name.
#[pyfunction]
fn indicator_outputs(py: Python<'_>, spec: &Bound<'_, PyAny>, rows: &Bound<'_, PyAny>) -> PyResult<Table> {
    let mut refuse = |every: &str| Err(raise(Error::Parameter(format!("a column has no bars of {every}"))));
    let node = crate::indicators::node(spec, &mut refuse)?;
    let (mut several, names) = build_several(&node).map_err(|e| raise(Error::Parameter(e.to_string())))?;
    let batches = batches(rows)?;
    let read = batches.iter().map(fields).collect::<PyResult<Vec<_>>>()?;
    let found = py.detach(|| outputs(several.as_mut(), names.len(), &read));
    Table::new(names.iter().zip(found).map(|(name, values)| (*name, Arc::new(values) as _)).collect())
}

type Fields<'a> = [Cow<'a, [f64]>; 6];

/// The numbers of each row; a field that is not there is never read, so those of the first column do.
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
    let mut values = Vec::with_capacity(height(read));
    for fields in read {
        indicator.fill(Columns(fields.each_ref().map(Cow::as_ref)), &mut values);
    }
    nullable(values)
}

fn outputs(several: &mut dyn Several, count: usize, read: &[Fields<'_>]) -> Vec<Float64Array> {
    let mut values = vec![Vec::with_capacity(height(read)); count];
    for fields in read {
        several.fill(Columns(fields.each_ref().map(Cow::as_ref)), &mut values);
    }
    values.into_iter().map(nullable).collect()
}

fn height(read: &[Fields<'_>]) -> usize {
    read.iter().map(|fields| fields[0].len()).sum()
}

/// NaN as null.
fn nullable(values: Vec<f64>) -> Float64Array {
    let defined = BooleanBuffer::collect_bool(values.len(), |row| !values[row].is_nan());
    Float64Array::new(values.into(), Some(NullBuffer::new(defined)))
}
