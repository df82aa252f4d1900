//! Williams %R, TA-Lib's WILLR: where the close stands between the highest high (0) and the lowest low (-100) of n bars.
//!
//! An undefined high or low makes it undefined until it has left the window, an undefined close at its bar. Where highest
//! and lowest are the same it is 0, as in TA-Lib.

use crate::change::percent;
use crate::extremes::Range;
use crate::over::Kernel;
use crate::window::Window;

pub(crate) struct Willr(Range);

impl Willr {
    pub fn new(window: Window) -> Willr {
        Willr(Range::new(window))
    }
}

impl Kernel<3> for Willr {
    #[inline]
    fn push(&mut self, [high, low, close]: [f64; 3]) -> f64 {
        let (highest, lowest) = self.0.push(high, low);
        percent(close - highest, highest - lowest)
    }

    fn lookback(&self) -> usize {
        self.0.lookback()
    }

    fn fresh(&self) -> Willr {
        Willr(self.0.fresh())
    }
}
