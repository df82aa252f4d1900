//! Exponential moving average, TA-Lib's EMA: it starts as the mean of the first n inputs and then moves by 2 / (n + 1).
//!
//! An undefined input makes the average undefined at that bar only: the average itself stays where it was and goes on with
//! the next defined input. While it starts, undefined inputs do not count among the first n.

use crate::over::Kernel;
use crate::sum::Sum;
use crate::window::Window;

pub(crate) struct Ema {
    window: Window,
    step: f64,
    seen: usize,
    seed: Sum,
    mean: f64,
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
        Ema { window, step, seen: 0, seed: Sum::default(), mean: f64::NAN }
    }

    fn start(&mut self, x: f64) {
        self.seed.add(x);
        self.seen += 1;
        if self.seen == self.window.len() {
            self.mean = self.seed.value() / self.window.len() as f64;
        }
    }
}

impl Kernel<1> for Ema {
    #[inline]
    fn push(&mut self, [x]: [f64; 1]) -> f64 {
        if x.is_nan() {
            return f64::NAN;
        }
        if self.seen == self.window.len() {
            self.mean += self.step * (x - self.mean);
        } else {
            self.start(x);
        }
        self.mean
    }

    fn lookback(&self) -> usize {
        self.window.len() - 1
    }

    fn fresh(&self) -> Ema {
        Ema::with_step(self.window, self.step)
    }
}
