//! Kaufman's adaptive moving average, TA-Lib's KAMA: an exponential average that hurries when price goes straight.
//!
//! An undefined input has no value and is otherwise as if its bar had not been.

use crate::over::Kernel;
use crate::ring::Ring;
use crate::sma::Sma;
use crate::window::Window;

/// The steps of exponential averages over 2 and over 30 bars, between which it adapts.
const FAST: f64 = 2.0 / 3.0;
const SLOW: f64 = 2.0 / 31.0;

pub(crate) struct Kama {
    window: Window,
    inputs: Ring,
    changes: Sma,
    last: f64,
    level: f64,
}

impl Kama {
    pub fn new(window: Window) -> Kama {
        let (inputs, changes) = (Ring::new(window.len()), Sma::new(window));
        Kama { window, inputs, changes, last: f64::NAN, level: f64::NAN }
    }

    /// How straight the way of n bars was: 1 without a turn, near 0 for one that leads nowhere.
    fn efficiency(&self, way: f64, change: f64) -> f64 {
        let walked = change * self.window.len() as f64;
        if walked > 0.0 { (way.abs() / walked).min(1.0) } else { 1.0 }
    }
}

impl Kernel<1> for Kama {
    #[inline]
    fn push(&mut self, [x]: [f64; 1]) -> f64 {
        if x.is_nan() {
            return f64::NAN;
        }
        let from = self.inputs.push(x);
        let change = self.changes.push([(x - self.last).abs()]);
        if !change.is_nan() {
            let step = self.efficiency(x - from, change) * (FAST - SLOW) + SLOW;
            // It starts at the input before the first one that has a value.
            let level = if self.level.is_nan() { self.last } else { self.level };
            self.level = level + step * step * (x - level);
        }
        self.last = x;
        self.level
    }

    fn lookback(&self) -> usize {
        self.window.len()
    }

    fn fresh(&self) -> Kama {
        Kama::new(self.window)
    }
}
