//! Watched indicators: a running copy for each asset, fed by the asset's bars and by longer ones as they close.

use workbench_indicators::{Indicator, Node, Waiting, build};
use workbench_market::bar::Ohlcv;
use workbench_market::instrument::Instrument;
use workbench_market::{Error, Result};

use crate::frames::Frames;
use crate::series::Series;

/// One watched indicator.
struct Stream {
    node: Node,
    has_longer: bool,
    indicators: Vec<Box<dyn Indicator>>,
}

/// All that is watched, over all assets.
pub struct Streams {
    list: Vec<Stream>,
    pub frames: Frames,
    assets: usize,
}

impl Streams {
    pub fn new(assets: usize) -> Self {
        Self { list: Vec::new(), frames: Frames::new(assets), assets }
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
        self.list.push(Stream { has_longer: node.has_longer(), node, indicators });
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
        for row in 0..rows {
            if !self.frames.is_empty() {
                self.frames.fold(asset, row, series, instrument)?;
                self.close(asset, series.span(row).close_ns, None, series, instrument)?;
            }
            self.update(asset, &series.adjusted(row));
        }
        self.close(asset, now_ns, None, series, instrument)?;
        self.frames.look_ahead();
        Ok(())
    }
}
