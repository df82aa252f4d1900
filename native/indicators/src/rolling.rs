//! The highest and the lowest of the last n inputs, TA-Lib's MAX and MIN.
//!
//! An undefined input makes both undefined until it has left the window.

use crate::extremes::{Highest, turn, turned};
use crate::over::Kernel;
use crate::window::Window;

pub(crate) struct Rolling {
    highest: Highest,
    /// 1 for the highest; -1 turns the inputs around, and the highest of them into the lowest.
    sign: f64,
}

impl Rolling {
    pub fn max(window: Window) -> Rolling {
        Rolling { highest: Highest::new(window), sign: 1.0 }
    }

    pub fn min(window: Window) -> Rolling {
        Rolling { highest: Highest::new(window), sign: -1.0 }
    }
}

impl Kernel<1> for Rolling {
    #[inline]
    fn push(&mut self, [x]: [f64; 1]) -> f64 {
        self.sign * self.highest.push(self.sign * x)
    }

    fn fill(&mut self, [xs]: [&[f64]; 1], values: &mut [f64]) {
        if self.sign > 0.0 {
            return self.highest.fill(xs, values);
        }
        self.highest.fill(&turned(xs), values);
        turn(values);
    }

    fn lookback(&self) -> usize {
        self.highest.window().len() - 1
    }

    fn fresh(&self) -> Rolling {
        Rolling { highest: Highest::new(self.highest.window()), sign: self.sign }
    }
}
