//! An indicator that does not live on the bars of its reader: on longer bars, or on those of another asset. It moves when
//! one of those closes, and keeps its value in between.
//!
//! The bars that its readers see never reach what is inside; only [`Closed`] bars do, so it cannot know of a longer bar
//! that is still running. To what is inside of another asset, that one's bars are the bars of the run, and its longer bars
//! the longer ones.

use workbench_market::bar::Ohlcv;

use crate::indicator::Indicator;

/// Whose bars and which: those of the reader where there is no asset, those of the run where there is no length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    pub asset: Option<usize>,
    pub frame: Option<usize>,
}

impl Origin {
    /// Longer bars of the reader's own asset.
    pub fn longer(frame: usize) -> Origin {
        Origin { asset: None, frame: Some(frame) }
    }

    /// The same bars, told to readers of other assets.
    pub fn of(self, asset: usize) -> Origin {
        Origin { asset: Some(asset), ..self }
    }
}

/// What closes at one moment beside the bars of the reader: longer bars, and bars of other assets.
pub type Closed<'a> = &'a [(Origin, Ohlcv)];

/// Which bars an indicator waits for, and how many of them it needs in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub origin: Origin,
    pub bars: usize,
}

/// How much the inside sees of what closes.
enum Sees {
    /// All of it: the asset is that of the reader.
    All,
    /// What another asset is told of.
    OfAsset(usize),
    /// Nothing, as it reads neither longer bars nor a further asset.
    Nothing,
}

pub(crate) struct Elsewhere {
    /// The bars it moves with.
    origin: Origin,
    inner: Box<dyn Indicator>,
    sees: Sees,
}

impl Elsewhere {
    /// On longer bars of the reader's own asset.
    pub fn longer(frame: usize, inner: Box<dyn Indicator>) -> Elsewhere {
        Elsewhere { origin: Origin::longer(frame), inner, sees: Sees::All }
    }

    /// On the bars of another asset; deep is what lives on longer bars or on a further asset inside.
    pub fn on(asset: usize, inner: Box<dyn Indicator>, is_deep: bool) -> Elsewhere {
        let sees = if is_deep { Sees::OfAsset(asset) } else { Sees::Nothing };
        Elsewhere { origin: Origin { asset: Some(asset), frame: None }, inner, sees }
    }
}

/// What closes, as the inside of an asset sees it: its longer bars are its own, and those of the reader are not there.
fn seen_by(asset: usize, closed: Closed<'_>) -> Vec<(Origin, Ohlcv)> {
    let mut seen = Vec::with_capacity(closed.len());
    for &(origin, bar) in closed {
        if origin.asset.is_some() {
            seen.push((origin, bar));
        }
        if let Origin { asset: Some(of), frame: Some(frame) } = origin
            && of == asset
        {
            seen.push((Origin::longer(frame), bar));
        }
    }
    seen
}

impl Indicator for Elsewhere {
    #[inline]
    fn update(&mut self, _readers: &Ohlcv) -> Option<f64> {
        self.inner.value()
    }

    fn close(&mut self, closed: Closed<'_>) {
        // What it reads comes first, so that whatever closes at this very moment is in it.
        match self.sees {
            Sees::All => self.inner.close(closed),
            Sees::OfAsset(asset) => self.inner.close(&seen_by(asset, closed)),
            Sees::Nothing => {}
        }
        for (_, bar) in closed.iter().filter(|(origin, _)| *origin == self.origin) {
            self.inner.update(bar);
        }
    }

    #[inline]
    fn value(&self) -> Option<f64> {
        self.inner.value()
    }

    /// Its readers can do with one of their own bars; how many of the others it needs is told by `waiting`.
    fn warmup(&self) -> usize {
        1
    }

    fn waiting(&self) -> Option<Waiting> {
        let outside = |waiting: Waiting| match (waiting.origin.asset, self.origin.asset) {
            (None, Some(asset)) => Waiting { origin: waiting.origin.of(asset), ..waiting },
            _ => waiting,
        };
        let waits = self.inner.value().is_none();
        let own = || waits.then(|| Waiting { origin: self.origin, bars: self.inner.warmup() });
        self.inner.waiting().map(outside).or_else(own)
    }

    fn reset(&mut self) {
        self.inner.reset();
    }
}
