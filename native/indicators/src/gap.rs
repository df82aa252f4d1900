//! A fast simple average less a slow one, TA-Lib's APO, and that in per cent of the slow one, its PPO.
//!
//! An undefined input makes both undefined until it has left the slow window.

use crate::change::percent;
use crate::over::Kernel;
use crate::sma::Sma;
use crate::window::Window;

pub(crate) struct Gap {
    fast: Sma,
    slow: Sma,
    percent: bool,
}

impl Gap {
    pub fn new(fast: Window, slow: Window, percent: bool) -> Gap {
        Gap { fast: Sma::new(fast), slow: Sma::new(slow), percent }
    }
}

impl Kernel<1> for Gap {
    #[inline]
    fn push(&mut self, inputs: [f64; 1]) -> f64 {
        let (fast, slow) = (self.fast.push(inputs), self.slow.push(inputs));
        if self.percent { percent(fast - slow, slow) } else { fast - slow }
    }

    fn lookback(&self) -> usize {
        self.slow.lookback()
    }

    fn fresh(&self) -> Gap {
        Gap { fast: self.fast.fresh(), slow: self.slow.fresh(), percent: self.percent }
    }
}
