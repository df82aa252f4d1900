//! What closes beside the rows of a column, in the order in which its indicators are told of it.

use std::borrow::Cow;

use arrow_array::Int64Array;
use pyo3::prelude::*;
use workbench_indicators::{Columns, Indicator, Origin};
use workbench_market::Error;
use workbench_market::bar::Ohlcv;

use crate::arrow::{batches, column};
use crate::columns::fields;
use crate::errors::raise;
use crate::indicators::Naming;

/// The asset and the length of bars, None for those of the rows.
pub type Feed = (Option<String>, Option<String>);

/// Lengths and assets, numbered by the first feed that has them, and the asset of the rows themselves, if it has a name.
pub struct Feeds<'a>(pub &'a [Feed], pub Option<&'a str>);

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

    fn assets(&self) -> Vec<String> {
        let own = self.1.map(str::to_owned);
        self.0.iter().map(|feed| feed.0.clone().unwrap_or_default()).chain(own).collect()
    }
}

/// A bar that closes before the row that is the first to know it.
pub struct Event {
    pub row: usize,
    time_us: i64,
    closed: (Origin, Ohlcv),
}

pub fn told(events: &Bound<'_, PyAny>, feeds: &[Feed]) -> PyResult<Vec<Event>> {
    let (mut found, feeds) = (Vec::new(), Feeds(feeds, None));
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

/// Hands on what closes before one row, that of one moment together.
pub fn close(indicator: &mut dyn Indicator, events: &[Event]) {
    for together in events.chunk_by(|a, b| a.time_us == b.time_us) {
        let closed: Vec<_> = together.iter().map(|event| event.closed).collect();
        indicator.close(&closed);
    }
}
