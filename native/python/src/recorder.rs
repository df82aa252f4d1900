//! What a strategy records: one row per slice, one column per name, a hole where nothing was recorded.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, TimestampMicrosecondArray};
use pyo3::prelude::*;

use crate::arrow::Table;

#[derive(Default)]
pub struct Recorder {
    times_ns: Vec<i64>,
    columns: BTreeMap<String, Vec<Option<f64>>>,
}

impl Recorder {
    /// Puts a value into this time's row; the last one of a name wins.
    pub fn put(&mut self, time_ns: i64, name: &str, value: Option<f64>) {
        if self.times_ns.last() != Some(&time_ns) {
            self.times_ns.push(time_ns);
        }
        if !self.columns.contains_key(name) {
            self.columns.insert(name.to_owned(), Vec::new());
        }
        if let Some(column) = self.columns.get_mut(name) {
            column.resize(self.times_ns.len() - 1, None);
            column.push(value);
        }
    }

    pub fn table(&self) -> PyResult<Table> {
        let times = TimestampMicrosecondArray::from_iter_values(self.times_ns.iter().map(|ns| ns.div_euclid(1_000)));
        let mut columns: Vec<(&str, ArrayRef)> = vec![("time", Arc::new(times.with_timezone("UTC")))];
        for (name, values) in &self.columns {
            let padded = values.iter().copied().chain(std::iter::repeat(None)).take(self.times_ns.len());
            columns.push((name, Arc::new(Float64Array::from_iter(padded))));
        }
        Table::new(columns)
    }
}
