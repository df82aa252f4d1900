//! Indicators over whole columns: the stream of each description, fed row by row without the interpreter.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::{Array, Float64Array, Int64Array, RecordBatch};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use pyo3::prelude::*;
use workbench_indicators::{Columns, Field, Indicator, IndicatorError, Origin, Several, build, build_several};
use workbench_market::Error;
use workbench_market::bar::Ohlcv;

use crate::arrow::{Table, batches, column};
use crate::errors::raise;
use crate::indicators::Naming;

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(indicator_column, module)?)?;
    module.add_function(wrap_pyfunction!(indicator_outputs, module)?)
}

/// The value at each row of a table with a float64 column for every field that is read; undefined is null.
///
/// `feeds` are the bars that close beside the rows, as (asset, length), None for those of the rows; `events` are these bars
/// in the order of time: row (the first one that knows it), time_us, feed (its number), and five floats.
#[pyfunction]
#[pyo3(signature = (spec, rows, events = None, feeds = Vec::new()))]
fn indicator_column(
    py: Python<'_>,
    spec: &Bound<'_, PyAny>,
    rows: &Bound<'_, PyAny>,
    events: Option<&Bound<'_, PyAny>>,
    feeds: Vec<Feed>,
) -> PyResult<Table> {
    let node = crate::indicators::node(spec, &mut Feeds(&feeds))?;
    let mut indicator = build(&node).map_err(refused)?;
    let batches = batches(rows)?;
    let read = batches.iter().map(fields).collect::<PyResult<Vec<_>>>()?;
    let events = events.map_or_else(|| Ok(Vec::new()), |events| told(events, &feeds))?;
    let found = py.detach(|| values(indicator.as_mut(), &read, &events));
    if let Some(message) = node.foreign().iter().find_map(|outside| outside.0.failed()) {
        return Err(raise(Error::Raised(message)));
    }
    Table::new(vec![("value", Arc::new(found))])
}

/// The same for all outputs of an indicator that has several, in one pass: a column for each, by its name.
#[pyfunction]
fn indicator_outputs(py: Python<'_>, spec: &Bound<'_, PyAny>, rows: &Bound<'_, PyAny>) -> PyResult<Table> {
    let node = crate::indicators::node(spec, &mut Feeds(&[]))?;
    let (mut several, names) = build_several(&node).map_err(refused)?;
    let batches = batches(rows)?;
    let read = batches.iter().map(fields).collect::<PyResult<Vec<_>>>()?;
    let found = py.detach(|| outputs(several.as_mut(), names.len(), &read));
    Table::new(names.iter().zip(found).map(|(name, values)| (*name, Arc::new(values) as _)).collect())
}

fn refused(error: IndicatorError) -> PyErr {
    raise(match error {
        IndicatorError::Foreign(message) => Error::Raised(message),
        other => Error::Parameter(other.to_string()),
    })
}

type Feed = (Option<String>, Option<String>);

/// Lengths and assets, numbered by the first feed that has them.
struct Feeds<'a>(&'a [Feed]);

impl Feeds<'_> {
    fn origin(&self, feed: usize) -> Option<Origin> {
        let (asset, every) = self.0.get(feed)?;
        let number = |place: fn(&Feed) -> &Option<String>, wanted: &Option<String>| {
            wanted.as_ref().and_then(|_| self.0.iter().position(|feed| place(feed) == wanted))
        };
        Some(Origin { asset: number(|feed| &feed.0, asset), frame: number(|feed| &feed.1, every) })
    }
}

impl Naming for Feeds<'_> {
    fn frame(&mut self, every: &str) -> PyResult<usize> {
        let found = self.0.iter().position(|feed| feed.1.as_deref() == Some(every));
        found.ok_or_else(|| raise(Error::Parameter(format!("a column has no bars of {every}"))))
    }

    fn asset(&mut self, name: &str) -> PyResult<usize> {
        let found = self.0.iter().position(|feed| feed.0.as_deref() == Some(name));
        found.ok_or_else(|| raise(Error::Parameter(format!("a column has no bars of {name}"))))
    }
}

/// A bar that closes before the row that is the first to know it.
struct Event {
    row: usize,
    time_us: i64,
    closed: (Origin, Ohlcv),
}

fn told(events: &Bound<'_, PyAny>, feeds: &[Feed]) -> PyResult<Vec<Event>> {
    let (mut found, feeds) = (Vec::new(), Feeds(feeds));
    for batch in &batches(events)? {
        let [rows, times, from] = ["row", "time_us", "feed"].map(|name| column::<Int64Array>(batch, name));
        let (rows, times, from) = (rows?, times?, from?);
        let fields = fields(batch)?;
        for (at, bar) in Columns(fields.each_ref().map(Cow::as_ref)).bars().enumerate() {
            let unknown = || raise(Error::Parameter(format!("there is no feed number {}", from.value(at))));
            let origin = feeds.origin(from.value(at) as usize).ok_or_else(unknown)?;
            found.push(Event { row: rows.value(at) as usize, time_us: times.value(at), closed: (origin, bar) });
        }
    }
    Ok(found)
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

fn values(indicator: &mut dyn Indicator, read: &[Fields<'_>], events: &[Event]) -> Float64Array {
    let (mut values, mut events) = (Vec::with_capacity(height(read)), events);
    for fields in read {
        let columns = fields.each_ref().map(Cow::as_ref);
        let (mut at, before, rows) = (0, values.len(), columns[0].len());
        while let Some(next) = events.first().filter(|next| next.row < before + rows) {
            let row = next.row;
            indicator.fill(Columns(columns.map(|column| &column[at..row - before])), &mut values);
            let (now, later) = events.split_at(events.partition_point(|event| event.row <= row));
            close(indicator, now);
            (at, events) = (row - before, later);
        }
        indicator.fill(Columns(columns.map(|column| &column[at..])), &mut values);
    }
    nullable(values)
}

/// Hands on what closes before one row, that of one moment together.
fn close(indicator: &mut dyn Indicator, events: &[Event]) {
    for together in events.chunk_by(|a, b| a.time_us == b.time_us) {
        let closed: Vec<_> = together.iter().map(|event| event.closed).collect();
        indicator.close(&closed);
    }
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
