//! Simple moving average, TA-Lib's SMA: the mean of the last n inputs.
//!
//! An undefined input makes the average undefined until it has left the window. A place that was never filled is such an
//! input too, so warm-up needs no counter of its own.

use crate::over::Kernel;
use crate::ring::Ring;
use crate::sum::Sum;
use crate::window::Window;

pub(crate) struct Sma {
    window: Window,
    ring: Ring,
    undefined: usize,
    sum: Sum,
}

impl Sma {
    pub fn new(window: Window) -> Sma {
        Sma { window, ring: Ring::new(window.len()), undefined: window.len(), sum: Sum::default() }
    }
}

impl Kernel<1> for Sma {
    #[inline]
    fn push(&mut self, [x]: [f64; 1]) -> f64 {
        let old = self.ring.push(x);
        if old.is_nan() {
            self.undefined -= 1;
        } else {
            self.sum.add(-old);
        }
        if x.is_nan() {
            self.undefined += 1;
        } else {
            self.sum.add(x);
        }
        if self.undefined == 0 { self.sum.value() / self.ring.len() as f64 } else { f64::NAN }
    }

    fn lookback(&self) -> usize {
        self.window.len() - 1
    }

    fn fresh(&self) -> Sma {
        Sma::new(self.window)
    }
}
