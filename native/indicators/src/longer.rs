//! An indicator on longer bars: it moves when one of those closes, and keeps its value in between.
//!
//! The shorter bars that its readers see never reach what is inside; only [`Closed`] bars do, so it cannot know of a
//! longer bar that is still running.

use workbench_market::bar::Ohlcv;

use crate::indicator::Indicator;

/// The longer bars that close at one moment, each with the number of its length.
pub type Closed<'a> = &'a [(usize, Ohlcv)];

/// Where an indicator waits for longer bars: the number of their length, and how many it needs in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub frame: usize,
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
        for (_, bar) in closed.iter().filter(|(frame, _)| *frame == self.frame) {
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
        let own = || Some(Waiting { frame: self.frame, bars: self.inner.warmup() });
        self.inner.waiting().or_else(|| if self.inner.value().is_none() { own() } else { None })
    }

    fn reset(&mut self) {
        self.inner.reset();
    }
}
