//! The middle between the highest high and the lowest low of the last n bars, TA-Lib's MIDPRICE.
//!
//! An undefined high or low makes it undefined until it has left the window.

use crate::extremes::Range;
use crate::over::Kernel;
use crate::window::Window;

pub(crate) struct Midprice(Range);

impl Midprice {
    pub fn new(window: Window) -> Midprice {
        Midprice(Range::new(window))
    }
}

impl Kernel<2> for Midprice {
    #[inline]
    fn push(&mut self, [high, low]: [f64; 2]) -> f64 {
        let (highest, lowest) = self.0.push(high, low);
        (highest + lowest) / 2.0
    }

    fn lookback(&self) -> usize {
        self.0.lookback()
    }

    fn fresh(&self) -> Midprice {
        Midprice(self.0.fresh())
    }
}
