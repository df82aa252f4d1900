//! An indicator on longer bars: it moves when one of those closes, and keeps its value in between.
//!
//! The shorter bars that its readers see never reach what is inside; only [`Closed`] bars do, so it cannot know of a
//! longer bar that is still running.

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

pub(crate) struct Longer {
    frame: usize,
    inner: Box<dyn Indicator>,
}

impl Longer {
    pub fn new(frame: usize, inner: Box<dyn Indicator>) -> Longer {
        Longer { frame, inner }
    }
}

impl Indicator for Longer {
    #[inline]
    fn update(&mut self, _shorter: &Ohlcv) -> Option<f64> {
        self.inner.value()
    }

    fn close(&mut self, closed: Closed<'_>) {
        // What it reads comes first, so that a longer bar that closes at this very moment is in it.
        self.inner.close(closed);
        for (_, bar) in closed.iter().filter(|(origin, _)| *origin == Origin::longer(self.frame)) {
            self.inner.update(bar);
        }
    }

    #[inline]
    fn value(&self) -> Option<f64> {
        self.inner.value()
    }

    /// Its readers can do with one of their own bars; how many longer ones it needs is told by `waiting`.
    fn warmup(&self) -> usize {
        1
    }

    fn waiting(&self) -> Option<Waiting> {
        let own = || Some(Waiting { origin: Origin::longer(self.frame), bars: self.inner.warmup() });
        self.inner.waiting().or_else(|| if self.inner.value().is_none() { own() } else { None })
    }

    fn reset(&mut self) {
        self.inner.reset();
    }
}
