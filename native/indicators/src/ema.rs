//! Exponential moving average, TA-Lib's EMA: it starts as the mean of the first n inputs and then moves by 2 / (n + 1).
//!
//! An undefined input makes the average undefined at that bar only: the average itself stays where it was and goes on with
//! the next defined input. While it starts, undefined inputs do not count among the first n.

use workbench_market::bar::Ohlcv;

use crate::indicator::Indicator;
use crate::longer::{Closed, Waiting};
use crate::source::Source;
use crate::sum::Sum;
use crate::window::Window;

pub(crate) struct Ema {
    source: Source,
    window: Window,
    step: f64,
    seen: usize,
    seed: Sum,
    mean: f64,
    defined: bool,
}

impl Ema {
    pub fn new(source: Source, window: Window) -> Ema {
        let step = 2.0 / (window.len() as f64 + 1.0);
        Ema { source, window, step, seen: 0, seed: Sum::default(), mean: 0.0, defined: false }
    }

    #[inline]
    fn push(&mut self, x: f64) {
        if self.seen == self.window.len() {
            self.mean += self.step * (x - self.mean);
            self.defined = true;
        } else {
            self.start(x);
        }
    }

    fn start(&mut self, x: f64) {
        self.seed.add(x);
        self.seen += 1;
        self.defined = self.seen == self.window.len();
        if self.defined {
            self.mean = self.seed.value() / self.window.len() as f64;
        }
    }
}

impl Indicator for Ema {
    #[inline]
    fn update(&mut self, bar: &Ohlcv) -> Option<f64> {
        let x = self.source.update(bar);
        if x.is_nan() {
            self.defined = false;
        } else {
            self.push(x);
        }
        self.value()
    }

    fn close(&mut self, closed: Closed<'_>) {
        self.source.close(closed);
    }

    #[inline]
    fn value(&self) -> Option<f64> {
        self.defined.then_some(self.mean)
    }

    fn warmup(&self) -> usize {
        self.source.warmup() + self.window.len() - 1
    }

    fn waiting(&self) -> Option<Waiting> {
        self.source.waiting()
    }

    fn reset(&mut self) {
        self.source.reset();
        self.seen = 0;
        self.seed = Sum::default();
        self.mean = 0.0;
        self.defined = false;
    }
}
