//! What a strategy records: one row per slice, one column per name, a hole where nothing was recorded.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, TimestampMicrosecondArray};
use pyo3::prelude::*;

use crate::arrow::Table;

#[derive(Default)]
pub struct Recorder {
    times_ns: Vec<i64>,
    /// By name and the book of the strategy that records.
    columns: BTreeMap<(String, Option<usize>), Vec<Option<f64>>>,
}

impl Recorder {
    /// Puts a value into this time's row; the last one of a name wins.
    pub fn put(&mut self, time_ns: i64, name: &str, book: Option<usize>, value: Option<f64>) {
        if self.times_ns.last() != Some(&time_ns) {
            self.times_ns.push(time_ns);
        }
        let column = self.columns.entry((name.to_owned(), book)).or_default();
        column.resize(self.times_ns.len() - 1, None);
        column.push(value);
    }

    /// A name that several strategies record stands behind that of each, as in `trend.gap`.
    pub fn table(&self, books: &[String]) -> PyResult<Table> {
        let times = TimestampMicrosecondArray::from_iter_values(self.times_ns.iter().map(|ns| ns.div_euclid(1_000)));
        let mut columns: Vec<(&str, ArrayRef)> = vec![("time", Arc::new(times.with_timezone("UTC")))];
        let names: Vec<String> = self.columns.keys().map(|key| self.named(key, books)).collect();
        for (name, values) in names.iter().zip(self.columns.values()) {
            let padded = values.iter().copied().chain(std::iter::repeat(None)).take(self.times_ns.len());
            columns.push((name, Arc::new(Float64Array::from_iter(padded))));
        }
        Table::new(columns)
    }
    fn named(&self, (name, book): &(String, Option<usize>), books: &[String]) -> String {
        let is_shared = self.columns.keys().filter(|(other, _)| other == name).count() > 1;
        match book.filter(|_| is_shared) {
            Some(book) => format!("{}.{name}", books[book]),
            None => name.clone(),
        }
    }
}
