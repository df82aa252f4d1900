//! Drawdown: how far the input is below its peak, the highest so far or the highest of the last n, as a part of it.
//!
//! An undefined input has no value at its bar; over a window it makes those undefined that follow until it has left.
//! Below a peak that is not above zero there is no part to speak of, and no value.

use crate::extremes::Highest;
use crate::over::Kernel;
use crate::window::Window;

fn below(x: f64, peak: f64) -> f64 {
    if peak > 0.0 { (x - peak) / peak } else { f64::NAN }
}

/// Below the highest so far.
pub(crate) struct Drawdown {
    peak: f64,
}

impl Drawdown {
    pub fn new() -> Drawdown {
        Drawdown { peak: f64::NAN }
    }
}

impl Kernel<1> for Drawdown {
    #[inline]
    fn push(&mut self, [x]: [f64; 1]) -> f64 {
        // A maximum with NaN is the other number, so neither the start nor a hole needs a branch.
        self.peak = self.peak.max(x);
        below(x, self.peak)
    }

    fn lookback(&self) -> usize {
        0
    }

    fn fresh(&self) -> Drawdown {
        Drawdown::new()
    }
}

/// Below the highest of the last n.
pub(crate) struct RollingDrawdown(Highest);

impl RollingDrawdown {
    pub fn new(window: Window) -> RollingDrawdown {
        RollingDrawdown(Highest::new(window))
    }
}

impl Kernel<1> for RollingDrawdown {
    #[inline]
    fn push(&mut self, [x]: [f64; 1]) -> f64 {
        below(x, self.0.push(x))
    }

    fn lookback(&self) -> usize {
        self.0.window().len() - 1
    }

    fn fresh(&self) -> RollingDrawdown {
        RollingDrawdown::new(self.0.window())
    }
}
