//! What closes in a slice beside the bars of an indicator's own asset, for those that read others too: told in the order
//! of time, before the bars of the slice, so that what closes at the same moment counts.
//!
//! An event is a bar of the run or a longer one; history is made of the same events, from the first row on.

use workbench_indicators::{Indicator, Origin};
use workbench_market::bar::Ohlcv;
use workbench_market::instrument::Instrument;
use workbench_market::{Error, Result};

use crate::frames::{Ended, Frames};
use crate::series::Series;

/// A bar that has closed.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    pub time_ns: i64,
    pub asset: usize,
    /// The number of its length, where it is a longer one.
    pub frame: Option<usize>,
    pub bar: Ohlcv,
}

impl Event {
    /// A longer bar that has ended.
    pub fn longer(asset: usize, ended: &Ended) -> Event {
        Event { time_ns: ended.time_ns, asset, frame: Some(ended.frame), bar: ended.bar }
    }

    /// Where it comes from, as the indicators of an asset that reads `told` see it: as its own, as told, or as both.
    fn origins(&self, own: usize, told: &[usize]) -> impl Iterator<Item = Origin> {
        let origin = Origin { asset: None, frame: self.frame };
        let is_own = self.asset == own && self.frame.is_some();
        let is_told = told.contains(&self.asset);
        [is_own.then_some(origin), is_told.then_some(origin.of(self.asset))].into_iter().flatten()
    }
}

/// Hands on events, in the order of time and those of one moment together.
pub fn tell(indicator: &mut dyn Indicator, own: usize, told: &[usize], events: &[Event]) {
    for together in events.chunk_by(|a, b| a.time_ns == b.time_ns) {
        let seen = |event: &Event| event.origins(own, told).map(|origin| (origin, event.bar)).collect::<Vec<_>>();
        let closed: Vec<(Origin, Ohlcv)> = together.iter().flat_map(seen).collect();
        if !closed.is_empty() {
            indicator.close(&closed);
        }
    }
}

/// How much of an asset's bars is behind us: its rows, and when the one opened that is still running.
#[derive(Clone, Copy, Debug)]
pub struct Past {
    pub rows: usize,
    pub running_ns: Option<i64>,
}

/// Everything of an asset that has closed by now, in today's units and in the order of time.
pub fn history(
    asset: usize,
    past: Past,
    now_ns: i64,
    frames: &Frames,
    series: &Series,
    instrument: &Instrument,
) -> Result<Vec<Event>> {
    let mut scratch = frames.of(asset);
    let mut events = Vec::with_capacity(past.rows);
    let ended = |frames: &mut Frames, now_ns, running_ns| {
        let ended = frames.end(0, now_ns, running_ns, series, instrument)?;
        Ok::<_, Error>(ended.into_iter().map(move |each| Event::longer(asset, &each)))
    };
    for row in 0..past.rows {
        scratch.fold(0, row, series, instrument)?;
        let time_ns = series.span(row).close_ns;
        events.extend(ended(&mut scratch, time_ns, None)?);
        events.push(Event { time_ns, asset, frame: None, bar: series.adjusted(row) });
    }
    events.extend(ended(&mut scratch, now_ns, past.running_ns)?);
    Ok(events)
}

/// Feeds an indicator of an asset from its first bar on, beside what it is told of others.
pub fn refeed(indicator: &mut dyn Indicator, own: usize, told: &[usize], mut events: Vec<Event>) {
    indicator.reset();
    // At one moment others come first, as they do in a slice.
    events.sort_by_key(|event| event.time_ns);
    for together in events.chunk_by(|a, b| a.time_ns == b.time_ns) {
        tell(indicator, own, told, together);
        for event in together.iter().filter(|event| event.asset == own && event.frame.is_none()) {
            indicator.update(&event.bar);
        }
    }
}
