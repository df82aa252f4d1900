//! Hull moving average: a weighted average of twice the fast weighted average less the slow one.
//!
//! An undefined input makes it undefined until it has left all three windows.

use crate::over::Kernel;
use crate::window::Window;
use crate::wma::Wma;

pub(crate) struct Hma {
    fast: Wma,
    slow: Wma,
    smooth: Wma,
}

impl Hma {
    pub fn new(window: Window) -> Hma {
        let part = |n: usize| Wma::new(Window::part(n));
        Hma { fast: part(window.len() / 2), slow: Wma::new(window), smooth: part(window.len().isqrt()) }
    }
}

impl Kernel<1> for Hma {
    #[inline]
    fn push(&mut self, inputs: [f64; 1]) -> f64 {
        let (fast, slow) = (self.fast.push(inputs), self.slow.push(inputs));
        self.smooth.push([2.0 * fast - slow])
    }

    fn lookback(&self) -> usize {
        self.slow.lookback() + self.smooth.lookback()
    }

    fn fresh(&self) -> Hma {
        Hma { fast: self.fast.fresh(), slow: self.slow.fresh(), smooth: self.smooth.fresh() }
    }
}
