//! The middle between the highest and the lowest of the last n inputs, TA-Lib's MIDPOINT.
//!
//! An undefined input makes it undefined until it has left the window.

use crate::extremes::Range;
use crate::over::Kernel;
use crate::window::Window;

pub(crate) struct Midpoint(Range);

impl Midpoint {
    pub fn new(window: Window) -> Midpoint {
        Midpoint(Range::new(window))
    }
}

impl Kernel<1> for Midpoint {
    #[inline]
    fn push(&mut self, [x]: [f64; 1]) -> f64 {
        let (highest, lowest) = self.0.push(x, x);
        (highest + lowest) / 2.0
    }

    fn lookback(&self) -> usize {
        self.0.lookback()
    }

    fn fresh(&self) -> Midpoint {
        Midpoint(self.0.fresh())
    }
}
