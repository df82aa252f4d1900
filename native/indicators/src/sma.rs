//! Simple moving average, TA-Lib's SMA: the mean of the last n inputs.
//!
//! An undefined input makes the average undefined until it has left the window. A place that was never filled is such an
//! input too, so warm-up needs no counter of its own.

use workbench_market::bar::Ohlcv;

use crate::indicator::Indicator;
use crate::longer::{Closed, Waiting};
use crate::source::Source;
use crate::sum::Sum;
use crate::window::Window;

pub(crate) struct Sma {
    source: Source,
    ring: Box<[f64]>,
    next: usize,
    undefined: usize,
    sum: Sum,
}

impl Sma {
    pub fn new(source: Source, window: Window) -> Sma {
        let n = window.len();
        Sma { source, ring: vec![f64::NAN; n].into_boxed_slice(), next: 0, undefined: n, sum: Sum::default() }
    }

    /// Puts `x` in the place of the oldest input.
    #[inline]
    fn push(&mut self, x: f64) {
        let old = std::mem::replace(&mut self.ring[self.next], x);
        self.next = if self.next + 1 == self.ring.len() { 0 } else { self.next + 1 };
        if old.is_nan() {
            self.undefined -= 1;
        } else {
            self.sum.add(-old);
        }
        if x.is_nan() {
            self.undefined += 1;
        } else {
            self.sum.add(x);
        }
    }
}

impl Indicator for Sma {
    #[inline]
    fn update(&mut self, bar: &Ohlcv) -> Option<f64> {
        let x = self.source.update(bar);
        self.push(x);
        self.value()
    }

    fn close(&mut self, closed: Closed<'_>) {
        self.source.close(closed);
    }

    #[inline]
    fn value(&self) -> Option<f64> {
        (self.undefined == 0).then(|| self.sum.value() / self.ring.len() as f64)
    }

    fn warmup(&self) -> usize {
        self.source.warmup() + self.ring.len() - 1
    }

    fn waiting(&self) -> Option<Waiting> {
        self.source.waiting()
    }

    fn reset(&mut self) {
        self.source.reset();
        self.ring.fill(f64::NAN);
        self.next = 0;
        self.undefined = self.ring.len();
        self.sum = Sum::default();
    }
}
