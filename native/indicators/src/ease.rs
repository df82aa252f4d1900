//! Ease of movement: how far the middle of a bar moved for the volume that its range took, as a mean of n bars.
//!
//! An undefined volume, or one of 0, makes it undefined until its bar has left the window, an undefined price until the
//! bar after it has.

use crate::over::Kernel;
use crate::sma::Sma;
use crate::window::Window;

pub(crate) struct Ease {
    window: Window,
    /// The volume that counts as one.
    unit: f64,
    last: f64,
    mean: Sma,
}

impl Ease {
    pub fn new(window: Window, unit: f64) -> Ease {
        Ease { window, unit, last: f64::NAN, mean: Sma::new(window) }
    }
}

impl Kernel<3> for Ease {
    #[inline]
    fn push(&mut self, [high, low, volume]: [f64; 3]) -> f64 {
        let middle = high / 2.0 + low / 2.0;
        let moved = middle - std::mem::replace(&mut self.last, middle);
        let ease = moved * (high - low) / (volume / self.unit);
        self.mean.push([if ease.is_finite() { ease } else { f64::NAN }])
    }

    fn lookback(&self) -> usize {
        self.mean.lookback() + 1
    }

    fn fresh(&self) -> Ease {
        Ease::new(self.window, self.unit)
    }
}
