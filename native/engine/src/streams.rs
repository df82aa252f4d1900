//! Watched indicators: a running copy for each asset, fed by the asset's bars and by longer ones as they close, and told of
//! those of other assets that it reads.

use workbench_indicators::{Indicator, Node, Origin, Waiting, build};
use workbench_market::bar::Ohlcv;
use workbench_market::instrument::Instrument;
use workbench_market::{Error, Result};

use crate::frames::{Ended, Frames};
use crate::series::Series;
use crate::told::{Event, Past, history, refeed, tell};

/// One watched indicator.
struct Stream {
    node: Node,
    has_longer: bool,
    /// Assets that it reads beside its own.
    told: Vec<usize>,
    indicators: Vec<Box<dyn Indicator>>,
}

/// All that is watched, over all assets.
pub struct Streams {
    list: Vec<Stream>,
    pub frames: Frames,
    assets: usize,
    /// Which assets any stream of another one reads, and what has closed since they were told.
    is_told: Vec<bool>,
    events: Vec<Event>,
}

impl Streams {
    pub fn new(assets: usize) -> Self {
        Self { list: Vec::new(), frames: Frames::new(assets), assets, is_told: Vec::new(), events: Vec::new() }
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
        let indicators: std::result::Result<Vec<_>, _> = (0..self.assets).map(|_| build(&node)).collect();
        let indicators = indicators.map_err(|e| Error::Parameter(e.to_string()))?;
        let told = node.assets();
        if !told.is_empty() {
            self.is_told.resize(self.assets, false);
        }
        told.iter().for_each(|&asset| self.is_told[asset] = true);
        self.list.push(Stream { has_longer: node.has_longer(), told, node, indicators });
        Ok((self.list.len() - 1, true))
    }

    pub fn value(&self, stream: usize, asset: usize) -> Option<f64> {
        self.list[stream].indicators[asset].value()
    }

    /// How many bars a stream needs until its first value, longer ones apart.
    pub fn warmup(&self, stream: usize) -> usize {
        self.list[stream].indicators.first().map_or(0, |indicator| indicator.warmup())
    }

    /// The longer bars that a stream is still waiting for.
    pub fn waiting(&self, stream: usize, asset: usize) -> Option<Waiting> {
        self.list[stream].indicators[asset].waiting()
    }

    /// Feeds a bar that has closed; true if every stream has a value at it.
    #[inline]
    pub fn update(&mut self, asset: usize, bar: &Ohlcv) -> bool {
        let mut has_all = true;
        for stream in &mut self.list {
            has_all &= stream.indicators[asset].update(bar).is_some();
        }
        has_all
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
            let event = |each: &Ended| Event { time_ns: each.time_ns, asset, frame: Some(each.frame), bar: each.bar };
            self.events.extend(ended.iter().map(event));
        }
        Ok(())
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
        self.list.iter_mut().for_each(|stream| stream.indicators[asset].reset());
        self.frames.reset(asset);
        for row in 0..pasts[asset].rows {
            if !self.frames.is_empty() {
                self.frames.fold(asset, row, own, instrument)?;
                self.close(asset, own.span(row).close_ns, None, own, instrument)?;
            }
            self.update(asset, &own.adjusted(row));
        }
        self.close(asset, now_ns, None, own, instrument)?;
        self.frames.look_ahead();
        self.events.clear();
        self.rebuild_told(asset, pasts, now_ns, series, instruments)
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
        let Self { list, frames, assets, .. } = self;
        for stream in list.iter_mut().filter(|stream| !stream.told.is_empty()) {
            let past = |each: usize| history(each, pasts[each], now_ns, frames, &series[each], &instruments[each]);
            let all = if stream.told.contains(&asset) { 0..*assets } else { asset..asset + 1 };
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
