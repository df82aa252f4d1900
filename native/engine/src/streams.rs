//! Watched indicators: a running copy for each asset, fed by the asset's bars and by longer ones as they close.
//!
//! What reads nothing but the asset's own bars is worked out for some rows in one go, and told row by row: a column costs
//! a fraction of as many single updates. Nobody is told a value before its row.

use workbench_indicators::{Columns, Indicator, Node, Waiting, build};
use workbench_market::bar::Ohlcv;
use workbench_market::instrument::Instrument;
use workbench_market::{Error, Result};

use crate::frames::Frames;
use crate::series::Series;

/// How many rows are worked out in one go: enough that a call does not count, few enough for any number of assets.
const ROWS_AHEAD: usize = 256;

/// One watched indicator.
struct Stream {
    node: Node,
    has_longer: bool,
    indicators: Vec<Box<dyn Indicator>>,
}

/// What the streams say of one asset: now, and at the rows that come next; NaN is undefined.
#[derive(Clone, Default)]
struct Told {
    now: Vec<f64>,
    /// The row of the first of the values of each stream, and the row behind the last.
    first: usize,
    end: usize,
    next: Vec<Vec<f64>>,
}

/// All that is watched, over all assets.
pub struct Streams {
    list: Vec<Stream>,
    pub frames: Frames,
    told: Vec<Told>,
    /// Fields of the rows that are worked out; scratch space that is reused.
    fields: [Vec<f64>; 5],
}

impl Streams {
    pub fn new(assets: usize) -> Self {
        let told = vec![Told::default(); assets];
        Self { list: Vec::new(), frames: Frames::new(assets), told, fields: Default::default() }
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The number of an indicator's stream, and whether it is a new one.
    pub fn watch(&mut self, node: Node) -> Result<(usize, bool)> {
        if let Some(known) = self.list.iter().position(|stream| stream.node == node) {
            return Ok((known, false));
        }
        let indicators: std::result::Result<Vec<_>, _> = self.told.iter().map(|_| build(&node)).collect();
        let indicators = indicators.map_err(|e| Error::Parameter(e.to_string()))?;
        self.list.push(Stream { has_longer: node.has_longer(), node, indicators });
        for told in &mut self.told {
            told.now.push(f64::NAN);
            told.next.push(Vec::new());
        }
        Ok((self.list.len() - 1, true))
    }

    #[inline]
    pub fn value(&self, stream: usize, asset: usize) -> Option<f64> {
        if self.list[stream].has_longer {
            return self.list[stream].indicators[asset].value();
        }
        Some(self.told[asset].now[stream]).filter(|value| !value.is_nan())
    }

    /// How many bars a stream needs until its first value, longer ones apart.
    pub fn warmup(&self, stream: usize) -> usize {
        self.list[stream].indicators.first().map_or(0, |indicator| indicator.warmup())
    }

    /// The longer bars that a stream is still waiting for.
    pub fn waiting(&self, stream: usize, asset: usize) -> Option<Waiting> {
        self.list[stream].indicators[asset].waiting()
    }

    /// Feeds the next row of an asset, whose bar has closed; true if every stream has a value at it.
    #[inline]
    pub fn update(&mut self, asset: usize, row: usize, series: &Series) -> bool {
        if !self.list.is_empty() && row >= self.told[asset].end {
            self.look_ahead(asset, row, series);
        }
        let mut has_all = true;
        let told = &mut self.told[asset];
        for (place, stream) in self.list.iter_mut().enumerate() {
            let value = match stream.has_longer {
                true => stream.indicators[asset].update(series.bar(row)).unwrap_or(f64::NAN),
                false => told.next[place][row - told.first],
            };
            told.now[place] = value;
            has_all &= !value.is_nan();
        }
        has_all
    }

    /// Works out the rows from this one on, as they were fed: a split before one of them lets all be worked out anew.
    fn look_ahead(&mut self, asset: usize, row: usize, series: &Series) {
        let end = series.len().min(row + ROWS_AHEAD);
        self.fields.iter_mut().for_each(Vec::clear);
        series.gather(row..end, false, &mut self.fields);
        let (told, columns) = (&mut self.told[asset], Columns(self.fields.each_ref().map(Vec::as_slice)));
        (told.first, told.end) = (row, end);
        for (stream, next) in self.list.iter_mut().zip(&mut told.next).filter(|(stream, _)| !stream.has_longer) {
            next.clear();
            stream.indicators[asset].fill(columns, next);
        }
    }

    /// Hands on the longer bars of an asset that have closed by now, those of one end together.
    pub fn close(
        &mut self,
        asset: usize,
        now_ns: i64,
        running_ns: Option<i64>,
        series: &Series,
        instrument: &Instrument,
    ) -> Result<()> {
        let ended = self.frames.end(asset, now_ns, running_ns, series, instrument)?;
        for together in ended.chunk_by(|a, b| a.time_ns == b.time_ns) {
            let closed: Vec<(usize, Ohlcv)> = together.iter().map(|each| (each.frame, each.bar)).collect();
            for stream in self.list.iter_mut().filter(|stream| stream.has_longer) {
                stream.indicators[asset].close(&closed);
            }
        }
        Ok(())
    }

    /// Feeds the first `rows` of an asset again, as of `now_ns`, in units after a split.
    pub fn rebuild(
        &mut self,
        asset: usize,
        rows: usize,
        now_ns: i64,
        series: &Series,
        instrument: &Instrument,
    ) -> Result<()> {
        self.list.iter_mut().for_each(|stream| stream.indicators[asset].reset());
        self.frames.reset(asset);
        self.rebuild_own(asset, rows, series);
        for row in 0..rows {
            if self.frames.is_empty() {
                break;
            }
            self.frames.fold(asset, row, series, instrument)?;
            self.close(asset, series.span(row).close_ns, None, series, instrument)?;
            for stream in self.list.iter_mut().filter(|stream| stream.has_longer) {
                stream.indicators[asset].update(&series.adjusted(row));
            }
        }
        self.close(asset, now_ns, None, series, instrument)?;
        self.frames.look_ahead();
        Ok(())
    }

    /// The streams of an asset's own bars up to a row, and nothing ahead of it.
    fn rebuild_own(&mut self, asset: usize, rows: usize, series: &Series) {
        self.fields.iter_mut().for_each(Vec::clear);
        series.gather(0..rows, true, &mut self.fields);
        let (told, columns) = (&mut self.told[asset], Columns(self.fields.each_ref().map(Vec::as_slice)));
        (told.first, told.end) = (rows, rows);
        for (place, stream) in self.list.iter_mut().enumerate().filter(|(_, stream)| !stream.has_longer) {
            let next = &mut told.next[place];
            next.clear();
            stream.indicators[asset].fill(columns, next);
            told.now[place] = next.last().copied().unwrap_or(f64::NAN);
        }
    }
}
