//! On-balance volume, TA-Lib's OBV: the volume of every bar that rose, less that of every bar that fell, from the first
//! bar's volume on.
//!
//! A bar with an undefined input has no value and is otherwise as if it had not been.

use crate::over::Kernel;
use crate::sum::Sum;

pub(crate) struct Obv {
    last: f64,
    total: Sum,
}

impl Obv {
    pub fn new() -> Obv {
        Obv { last: f64::NAN, total: Sum::default() }
    }
}

impl Kernel<2> for Obv {
    #[inline]
    fn push(&mut self, [x, volume]: [f64; 2]) -> f64 {
        if x.is_nan() || volume.is_nan() {
            return f64::NAN;
        }
        let last = std::mem::replace(&mut self.last, x);
        // The first bar counts as one that rose.
        if x > last || last.is_nan() {
            self.total.add(volume);
        } else if x < last {
            self.total.add(-volume);
        }
        self.total.value()
    }

    fn lookback(&self) -> usize {
        0
    }

    fn fresh(&self) -> Obv {
        Obv::new()
    }
}
