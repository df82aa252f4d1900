//! Triangular moving average, TA-Lib's TRIMA: the mean of a mean, so that the middle of the window weighs most.
//!
//! An undefined input makes it undefined until it has left both windows, which together are n bars long.

use crate::over::Kernel;
use crate::sma::Sma;
use crate::window::Window;

pub(crate) struct Trima {
    inner: Sma,
    outer: Sma,
}

impl Trima {
    pub fn new(window: Window) -> Trima {
        let n = window.len();
        Trima { inner: Sma::new(Window::part(n.div_ceil(2))), outer: Sma::new(Window::part(n / 2 + 1)) }
    }
}

impl Kernel<1> for Trima {
    #[inline]
    fn push(&mut self, inputs: [f64; 1]) -> f64 {
        self.outer.push([self.inner.push(inputs)])
    }

    fn lookback(&self) -> usize {
        self.inner.lookback() + self.outer.lookback()
    }

    fn fresh(&self) -> Trima {
        Trima { inner: self.inner.fresh(), outer: self.outer.fresh() }
    }
}
