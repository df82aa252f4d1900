//! Weighted moving average, TA-Lib's WMA: the newest of n inputs weighs n, the oldest 1.
//!
//! Each step adds n times the new input and takes every input in the window away once, which lowers all weights by one.
//! The product is split into two that are exact, so that nothing of an input is left behind when it has left.

use crate::over::Kernel;
use crate::ring::Ring;
use crate::sum::Sum;
use crate::window::Window;

pub(crate) struct Wma {
    window: Window,
    ring: Ring,
    undefined: usize,
    sum: Sum,
    weighted: Sum,
}

impl Wma {
    pub fn new(window: Window) -> Wma {
        let n = window.len();
        Wma { window, ring: Ring::new(n), undefined: n, sum: Sum::default(), weighted: Sum::default() }
    }

    #[inline]
    fn weigh(&mut self, x: f64) {
        self.weighted.add_product(self.window.len() as f64, x);
        self.sum.add(x);
    }
}

impl Kernel<1> for Wma {
    #[inline]
    fn push(&mut self, [x]: [f64; 1]) -> f64 {
        self.weighted.take(self.sum);
        let old = self.ring.push(x);
        if old.is_nan() {
            self.undefined -= 1;
        } else {
            self.sum.add(-old);
        }
        if x.is_nan() {
            self.undefined += 1;
        } else {
            self.weigh(x);
        }
        let n = self.window.len() as f64;
        if self.undefined == 0 { self.weighted.value() / (n * (n + 1.0) / 2.0) } else { f64::NAN }
    }

    fn lookback(&self) -> usize {
        self.window.len() - 1
    }

    fn fresh(&self) -> Wma {
        Wma::new(self.window)
    }
}
