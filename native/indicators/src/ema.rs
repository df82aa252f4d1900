//! Exponential moving average, TA-Lib's EMA: it starts as the mean of the first n inputs and then moves by 2 / (n + 1).
//!
//! An undefined input makes the average undefined at that bar only: the average itself stays where it was and goes on with
//! the next defined input. While it starts, undefined inputs do not count among the first n.

use crate::alike::{Alike, kept};
use crate::decay::Decay;
use crate::over::Kernel;
use crate::sum::Sum;
use crate::window::Window;

#[derive(Clone)]
pub(crate) struct Ema {
    window: Window,
    seen: usize,
    seed: Sum,
    decay: Decay,
}

impl Alike for Ema {
    /// Once it has started nothing is left of what it started from.
    fn is_alike(&self, other: &Ema) -> bool {
        let has_past =
            if self.has_started() { self.decay.is_alike(&other.decay) } else { self.seed.is_alike(&other.seed) };
        self.seen == other.seen && has_past
    }
}

impl Ema {
    pub fn new(window: Window) -> Ema {
        Ema::with_step(window, 2.0 / (window.len() as f64 + 1.0))
    }

    /// Wilder's average: it moves by 1 / n.
    pub fn wilder(window: Window) -> Ema {
        Ema::with_step(window, 1.0 / window.len() as f64)
    }

    fn with_step(window: Window, step: f64) -> Ema {
        Ema { window, seen: 0, seed: Sum::default(), decay: Decay::new(1.0 - step) }
    }

    #[inline]
    pub fn has_started(&self) -> bool {
        self.seen == self.window.len()
    }

    /// How many inputs it takes until many can be done together.
    pub fn ahead(&self) -> usize {
        if self.has_started() { self.decay.ahead() } else { self.window.len() - self.seen }
    }

    fn start(&mut self, x: f64) -> f64 {
        self.seed.add(x);
        self.seen += 1;
        if !self.has_started() {
            return f64::NAN;
        }
        let mean = self.seed.value() / self.window.len() as f64;
        self.decay.start(x, mean);
        mean
    }
}

impl Kernel<1> for Ema {
    #[inline]
    fn push(&mut self, [x]: [f64; 1]) -> f64 {
        if x.is_nan() {
            f64::NAN
        } else if self.has_started() {
            self.decay.push(x)
        } else {
            self.start(x)
        }
    }

    fn fill(&mut self, [xs]: [&[f64]; 1], values: &mut [f64]) {
        let waiting = (self.window.len() - self.seen).min(xs.len());
        self.push_each([&xs[..waiting]], &mut values[..waiting]);
        self.decay.fill(&xs[waiting..], &mut values[waiting..]);
    }

    kept!();

    fn lookback(&self) -> usize {
        self.window.len() - 1
    }

    fn fresh(&self) -> Ema {
        Ema { seen: 0, seed: Sum::default(), decay: self.decay.fresh(), ..*self }
    }
}
