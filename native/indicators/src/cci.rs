//! Commodity channel index, TA-Lib's CCI: how many mean deviations the typical price is from its mean, over 0.015.
//!
//! The deviations are those from a mean that moves, so each step costs n of them. An undefined input makes it undefined
//! until it has left the window; where the typical price has not moved it is 0.

use crate::over::Kernel;
use crate::ring::Ring;
use crate::window::Window;

/// A deviation up to this share of the mean is what rounding three prices to their third makes of one that stands still.
const ROUNDING: f64 = 4.0 * f64::EPSILON;

pub(crate) struct Cci {
    typical: Ring,
}

impl Cci {
    pub fn new(window: Window) -> Cci {
        Cci { typical: Ring::new(window.len()) }
    }
}

impl Kernel<3> for Cci {
    fn push(&mut self, [high, low, close]: [f64; 3]) -> f64 {
        let typical = (high + low + close) / 3.0;
        self.typical.push(typical);
        // All are taken as distances from the newest, of which few digits are lost where they nearly cancel.
        let n = self.typical.len() as f64;
        let mean = self.typical.iter().map(|x| x - typical).sum::<f64>() / n;
        let deviation = self.typical.iter().map(|x| (x - typical - mean).abs()).sum::<f64>() / n;
        if deviation <= ROUNDING * typical.abs() { 0.0 } else { -mean / (0.015 * deviation) }
    }

    fn lookback(&self) -> usize {
        self.typical.len() - 1
    }

    fn fresh(&self) -> Cci {
        Cci { typical: Ring::new(self.typical.len()) }
    }
}
