//! Indicators over whole columns: the stream of each description, fed row by row without the interpreter.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::{Array, Float64Array, RecordBatch};
use arrow_buffer::{BooleanBufferBuilder, NullBuffer};
use pyo3::prelude::*;
use workbench_indicators::{Columns, Field, Indicator, are_finite, build};
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

/// How many rows an indicator takes at once: their values are looked at again while they are still near.
const ROWS: usize = 65_536;

fn values(indicator: &mut dyn Indicator, read: &[Fields<'_>]) -> Float64Array {
    let rows = read.iter().map(|fields| fields[0].len()).sum();
    let mut values = Vec::with_capacity(rows);
    let mut defined = BooleanBufferBuilder::new(rows);
    for fields in read {
        let columns = Columns(fields.each_ref().map(Cow::as_ref));
        for start in (0..columns.len()).step_by(ROWS) {
            let (first, part) = (values.len(), columns.part(start..columns.len().min(start + ROWS)));
            values.resize(first + part.len(), f64::NAN);
            indicator.fill(part, &mut values[first..]);
            tell(&values[first..], &mut defined);
        }
    }
    let nulls = NullBuffer::new(defined.finish());
    Float64Array::new(values.into(), Some(nulls).filter(|nulls| nulls.null_count() > 0))
}

/// Tells which values are defined: mostly all of them, or all but the first.
fn tell(values: &[f64], defined: &mut BooleanBufferBuilder) {
    let undefined = values.iter().take_while(|value| !value.is_finite()).count();
    defined.append_n(undefined, false);
    let rest = &values[undefined..];
    if are_finite(rest) {
        defined.append_n(rest.len(), true);
    } else {
        rest.iter().for_each(|value| defined.append(value.is_finite()));
    }
}
