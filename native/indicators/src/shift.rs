//! The value n bars ago, as it was at that bar.

use crate::over::Kernel;
use crate::ring::Ring;
use crate::window::Window;

pub(crate) struct Shift(Ring);

impl Shift {
    pub fn new(window: Window) -> Shift {
        Shift(Ring::new(window.len()))
    }
}

impl Kernel<1> for Shift {
    #[inline]
    fn push(&mut self, [x]: [f64; 1]) -> f64 {
        self.0.push(x)
    }

    fn lookback(&self) -> usize {
        self.0.len()
    }

    fn fresh(&self) -> Shift {
        Shift(Ring::new(self.0.len()))
    }
}
