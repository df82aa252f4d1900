//! Balance of power, TA-Lib's BOP: the body of a bar over its range, from -1 to 1; 0 for a bar without a range.

use crate::over::Kernel;

pub(crate) struct Bop;

impl Kernel<4> for Bop {
    #[inline]
    fn push(&mut self, [open, high, low, close]: [f64; 4]) -> f64 {
        let range = high - low;
        if range <= 0.0 { 0.0 } else { (close - open) / range }
    }

    fn lookback(&self) -> usize {
        0
    }

    fn fresh(&self) -> Bop {
        Bop
    }
}
