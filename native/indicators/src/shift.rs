//! The value n bars ago, as it was at that bar.

use workbench_market::bar::Ohlcv;

use crate::indicator::Indicator;
use crate::longer::{Closed, Waiting};
use crate::source::Source;
use crate::window::Window;

pub(crate) struct Shift {
    source: Source,
    ring: Box<[f64]>,
    next: usize,
    shifted: f64,
}

impl Shift {
    pub fn new(source: Source, window: Window) -> Shift {
        Shift { source, ring: vec![f64::NAN; window.len()].into_boxed_slice(), next: 0, shifted: f64::NAN }
    }
}

impl Indicator for Shift {
    #[inline]
    fn update(&mut self, bar: &Ohlcv) -> Option<f64> {
        let x = self.source.update(bar);
        self.shifted = std::mem::replace(&mut self.ring[self.next], x);
        self.next = if self.next + 1 == self.ring.len() { 0 } else { self.next + 1 };
        self.value()
    }

    /// Longer bars move what is read; what it was bars ago stays.
    fn close(&mut self, closed: Closed<'_>) {
        self.source.close(closed);
    }

    #[inline]
    fn value(&self) -> Option<f64> {
        (!self.shifted.is_nan()).then_some(self.shifted)
    }

    fn warmup(&self) -> usize {
        self.source.warmup() + self.ring.len()
    }

    fn waiting(&self) -> Option<Waiting> {
        self.source.waiting()
    }

    fn reset(&mut self) {
        self.source.reset();
        self.ring.fill(f64::NAN);
        self.next = 0;
        self.shifted = f64::NAN;
    }
}
