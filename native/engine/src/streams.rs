//! Watched indicators: a running copy for each asset, fed by the asset's bars and by longer ones as they close, and told of
//! those of other assets that it reads.
//!
//! What reads nothing but the asset's own bars is worked out for some rows in one go, and told row by row: a column costs
//! a fraction of as many single updates. Nobody is told a value before its row.

use std::ops::Range;

use workbench_indicators::{Columns, Indicator, IndicatorError, Node, Origin, Outside, Shared, Waiting, build};
use workbench_market::bar::Ohlcv;
use workbench_market::instrument::Instrument;
use workbench_market::{Error, Result};

use crate::frames::Frames;
use crate::series::Series;
use crate::told::{Event, Past, history, refeed, tell};

/// How many rows of an asset are worked out in one go: enough that a call does not count, few enough for any number of
/// assets.
const ROWS_AHEAD: usize = 256;
/// The same of all assets together, where there are few.
const ALL_AHEAD: usize = 4_096;

/// One watched indicator.
struct Stream {
    node: Node,
    /// Whether it reads the asset's own bars only, and is written in Rust: then it is worked out ahead.
    is_own: bool,
    /// The number of its part among those that are worked out ahead.
    root: usize,
    has_longer: bool,
    /// Assets that it reads beside its own.
    told: Vec<usize>,
    /// One for each asset; of what is worked out ahead a single one, which only knows how long it takes.
    indicators: Vec<Box<dyn Indicator>>,
}

/// What the streams of its own bars say of one asset: now, and at the rows that come next; NaN is undefined.
#[derive(Clone, Default)]
struct Ahead {
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
    ahead: Vec<Ahead>,
    /// For each asset what is worked out ahead, and the columns of all its parts; scratch space that is reused.
    shared: Vec<Shared>,
    columns: Vec<Vec<f64>>,
    /// Sessions and times as indicators read them; scratch space that is reused.
    moments: [Vec<f64>; 2],
    /// Which assets any stream of another one reads, and what has closed since they were told.
    is_told: Vec<bool>,
    events: Vec<Event>,
    /// What stands outside of the core and can fail.
    foreign: Vec<Outside>,
}

impl Streams {
    pub fn new(assets: usize) -> Self {
        Self {
            list: Vec::new(),
            frames: Frames::new(assets),
            ahead: vec![Ahead::default(); assets],
            shared: (0..assets).map(|_| Shared::default()).collect(),
            columns: Vec::new(),
            moments: [Vec::new(), Vec::new()],
            is_told: Vec::new(),
            events: Vec::new(),
            foreign: Vec::new(),
        }
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
        let (told, has_longer) = (node.assets(), node.has_longer());
        let is_own = !has_longer && told.is_empty() && node.foreign().is_empty();
        let copies = if is_own { self.ahead.len().min(1) } else { self.ahead.len() };
        let indicators: std::result::Result<Vec<_>, _> = (0..copies).map(|asset| build(&node.of(asset))).collect();
        let refused = |error: IndicatorError| match error {
            IndicatorError::Foreign(message) => Error::Raised(message),
            other => Error::Parameter(other.to_string()),
        };
        let indicators = indicators.map_err(refused)?;
        self.foreign.extend(node.foreign());
        if !told.is_empty() {
            self.is_told.resize(self.ahead.len(), false);
        }
        told.iter().for_each(|&asset| self.is_told[asset] = true);
        let mut root = 0;
        for shared in self.shared.iter_mut().filter(|_| is_own) {
            root = shared.add(&node).map_err(refused)?;
        }
        self.list.push(Stream { is_own, root, has_longer, told, node, indicators });
        for ahead in &mut self.ahead {
            ahead.now.push(f64::NAN);
            ahead.next.push(Vec::new());
        }
        Ok((self.list.len() - 1, true))
    }

    #[inline]
    pub fn value(&self, stream: usize, asset: usize) -> Option<f64> {
        if !self.list[stream].is_own {
            return self.list[stream].indicators[asset].value();
        }
        Some(self.ahead[asset].now[stream]).filter(|value| value.is_finite())
    }

    /// How many bars a stream needs until its first value, longer ones apart.
    pub fn warmup(&self, stream: usize) -> usize {
        self.list[stream].indicators.first().map_or(0, |indicator| indicator.warmup())
    }

    /// The longer bars that a stream is still waiting for.
    pub fn waiting(&self, stream: usize, asset: usize) -> Option<Waiting> {
        self.list[stream].indicators.get(asset).and_then(|indicator| indicator.waiting())
    }

    /// Feeds the next row of an asset, whose bar has closed; true if every stream has a value at it.
    #[inline]
    pub fn update(&mut self, asset: usize, row: usize, series: &Series) -> bool {
        if !self.list.is_empty() && row >= self.ahead[asset].end {
            self.look_ahead(asset, row, series);
        }
        let mut has_all = true;
        let ahead = &mut self.ahead[asset];
        for (place, stream) in self.list.iter_mut().enumerate() {
            has_all &= if stream.is_own {
                ahead.now[place] = ahead.next[place][row - ahead.first];
                ahead.now[place].is_finite()
            } else {
                stream.indicators[asset].update(&series.bar(row)).is_some()
            };
        }
        has_all
    }

    /// Works out the rows from this one on, as they were fed: a split before one of them lets all be worked out anew.
    fn look_ahead(&mut self, asset: usize, row: usize, series: &Series) {
        let rows = ROWS_AHEAD.max(ALL_AHEAD / self.ahead.len());
        let end = series.len().min(row + rows);
        let mut moments = std::mem::take(&mut self.moments);
        self.ahead[asset].first = row;
        self.ahead[asset].end = end;
        self.work_out(asset, series.columns(row..end, &mut moments));
        self.moments = moments;
    }

    /// Takes these rows into every stream of an asset's own bars.
    fn work_out(&mut self, asset: usize, columns: Columns<'_>) {
        self.shared[asset].fill(columns, &mut self.columns);
        let next = self.list.iter().zip(&mut self.ahead[asset].next).filter(|(stream, _)| stream.is_own);
        next.for_each(|(stream, next)| next.clone_from(&self.columns[stream.root]));
    }

    /// Whether everything that is watched is worked out ahead.
    pub fn are_ahead(&self) -> bool {
        self.list.iter().all(|stream| stream.is_own)
    }

    /// Sees to it that the next row of an asset is worked out, and says which is the first that is not.
    pub fn reach(&mut self, asset: usize, row: usize, series: &Series) -> usize {
        if self.list.is_empty() {
            return series.len();
        }
        if row >= self.ahead[asset].end {
            self.arrive(asset, row);
            self.look_ahead(asset, row, series);
        }
        self.ahead[asset].end
    }

    /// What a stream says at rows that are worked out; a number that is not finite where it says nothing.
    pub fn ahead(&self, stream: usize, asset: usize, rows: Range<usize>) -> &[f64] {
        let ahead = &self.ahead[asset];
        &ahead.next[stream][rows.start - ahead.first..rows.end - ahead.first]
    }

    /// Goes on to where so many rows have closed, if the last of them is worked out.
    pub fn arrive(&mut self, asset: usize, rows: usize) {
        let ahead = &mut self.ahead[asset];
        if let Some(last) = rows.checked_sub(ahead.first + 1) {
            for (now, next) in ahead.now.iter_mut().zip(&ahead.next) {
                *now = next.get(last).copied().unwrap_or(*now);
            }
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
            let closed: Vec<(Origin, Ohlcv)> =
                together.iter().map(|each| (Origin::longer(each.frame), each.bar)).collect();
            for stream in self.list.iter_mut().filter(|stream| stream.has_longer && stream.told.is_empty()) {
                stream.indicators[asset].close(&closed);
            }
        }
        if self.is_telling() {
            self.events.extend(ended.iter().map(|each| Event::longer(asset, each)));
        }
        Ok(())
    }

    /// What a user's indicator has raised, if one has.
    #[inline]
    pub fn check(&self) -> Result<()> {
        let failed = self.foreign.iter().find_map(|outside| outside.0.failed());
        failed.map_or(Ok(()), |message| Err(Error::Raised(message)))
    }

    /// Whether any stream reads other assets than its own.
    pub fn is_telling(&self) -> bool {
        !self.is_told.is_empty()
    }

    /// Takes a bar of this slice, for the streams of other assets.
    pub fn hear(&mut self, time_ns: i64, asset: usize, bar: &Ohlcv) {
        if self.is_told[asset] {
            self.events.push(Event { time_ns, asset, frame: None, bar: *bar });
        }
    }

    /// Hands what has closed on to every stream that reads other assets; their own bars come after it.
    pub fn tell(&mut self) {
        self.events.sort_by_key(|event| event.time_ns);
        for stream in self.list.iter_mut().filter(|stream| !stream.told.is_empty()) {
            for (own, indicator) in stream.indicators.iter_mut().enumerate() {
                tell(indicator.as_mut(), own, &stream.told, &self.events);
            }
        }
        self.events.clear();
    }

    /// Feeds what is behind us of an asset again, as of `now_ns`, in units after a split, and whatever reads it.
    pub fn rebuild(
        &mut self,
        asset: usize,
        pasts: &[Past],
        now_ns: i64,
        series: &[Series],
        instruments: &[Instrument],
    ) -> Result<()> {
        let (own, instrument) = (&series[asset], &instruments[asset]);
        let single = self.list.iter_mut().filter(|stream| !stream.is_own);
        single.for_each(|stream| stream.indicators[asset].reset());
        self.shared[asset].reset();
        self.frames.reset(asset);
        self.rebuild_own(asset, pasts[asset].rows, own);
        for row in 0..pasts[asset].rows {
            if !self.frames.is_empty() {
                self.frames.fold(asset, row, own, instrument)?;
                self.close(asset, own.span(row).close_ns, None, own, instrument)?;
            }
            for stream in self.list.iter_mut().filter(|stream| !stream.is_own) {
                stream.indicators[asset].update(&own.adjusted(row));
            }
        }
        self.close(asset, now_ns, None, own, instrument)?;
        self.frames.look_ahead();
        self.events.clear();
        self.rebuild_told(asset, pasts, now_ns, series, instruments)
    }

    /// The streams of an asset's own bars up to a row, and nothing ahead of it.
    fn rebuild_own(&mut self, asset: usize, rows: usize, series: &Series) {
        let fields = series.adjusted_fields(rows);
        self.work_out(asset, Columns(fields.each_ref().map(Vec::as_slice)));
        let ahead = &mut self.ahead[asset];
        (ahead.first, ahead.end) = (rows, rows);
        for (now, next) in ahead.now.iter_mut().zip(&ahead.next) {
            *now = next.last().copied().unwrap_or(f64::NAN);
        }
    }

    /// The same for streams that read other assets: that of this asset, and those of all where it is one of the others.
    fn rebuild_told(
        &mut self,
        asset: usize,
        pasts: &[Past],
        now_ns: i64,
        series: &[Series],
        instruments: &[Instrument],
    ) -> Result<()> {
        let Self { list, frames, ahead, .. } = self;
        for stream in list.iter_mut().filter(|stream| !stream.told.is_empty()) {
            let past = |each: usize| history(each, pasts[each], now_ns, frames, &series[each], &instruments[each]);
            let all = if stream.told.contains(&asset) { 0..ahead.len() } else { asset..asset + 1 };
            let told: Vec<_> = stream.told.iter().map(|&each| past(each)).collect::<Result<_>>()?;
            for own in all {
                let mut events = told.concat();
                if !stream.told.contains(&own) {
                    events.extend(past(own)?);
                }
                refeed(stream.indicators[own].as_mut(), own, &stream.told, events);
            }
        }
        Ok(())
    }
}
