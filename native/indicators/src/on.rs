//! An indicator of another asset: it moves with the bars of that one, and keeps its value in between.
//!
//! The bars of its reader never reach what is inside. To that, the other asset's bars are the bars of the run, and its
//! longer bars the longer ones.

use workbench_market::bar::Ohlcv;

use crate::indicator::Indicator;
use crate::longer::{Closed, Origin, Waiting};

pub(crate) struct On {
    asset: usize,
    inner: Box<dyn Indicator>,
    /// Whether something inside lives on longer bars or on a further asset.
    is_deep: bool,
}

impl On {
    pub fn new(asset: usize, inner: Box<dyn Indicator>, is_deep: bool) -> On {
        On { asset, inner, is_deep }
    }

    /// What closes, as the inside sees it: the longer bars of the asset are its own, and those of the reader are not there.
    fn inside(&self, closed: Closed<'_>) -> Vec<(Origin, Ohlcv)> {
        let mut inside = Vec::with_capacity(closed.len());
        for &(origin, bar) in closed {
            if origin.asset.is_some() {
                inside.push((origin, bar));
            }
            if let Origin { asset: Some(asset), frame: Some(frame) } = origin
                && asset == self.asset
            {
                inside.push((Origin::longer(frame), bar));
            }
        }
        inside
    }
}

impl Indicator for On {
    #[inline]
    fn update(&mut self, _own: &Ohlcv) -> Option<f64> {
        self.inner.value()
    }

    fn close(&mut self, closed: Closed<'_>) {
        // What it reads comes first, so that whatever closes at this very moment is in it.
        if self.is_deep {
            let inside = self.inside(closed);
            self.inner.close(&inside);
        }
        let bar = Origin { asset: Some(self.asset), frame: None };
        for (_, bar) in closed.iter().filter(|(origin, _)| *origin == bar) {
            self.inner.update(bar);
        }
    }

    #[inline]
    fn value(&self) -> Option<f64> {
        self.inner.value()
    }

    /// Its readers can do with one of their own bars; how many of the other asset's it needs is told by `waiting`.
    fn warmup(&self) -> usize {
        1
    }

    fn waiting(&self) -> Option<Waiting> {
        let theirs = |waiting: Waiting| match waiting.origin.asset {
            Some(_) => waiting,
            None => Waiting { origin: waiting.origin.of(self.asset), ..waiting },
        };
        let own = || Waiting { origin: Origin { asset: None, frame: None }, bars: self.inner.warmup() };
        let waits = self.inner.value().is_none();
        self.inner.waiting().or_else(|| waits.then(own)).map(theirs)
    }

    fn reset(&mut self) {
        self.inner.reset();
    }
}
