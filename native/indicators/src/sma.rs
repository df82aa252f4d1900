//! Simple moving average, TA-Lib's SMA: the mean of the last n inputs.
//!
//! An undefined input makes the average undefined until it has left the window. A place that was never filled is such an
//! input too, so warm-up needs no counter of its own.

use crate::alike::{alike, kept};
use crate::over::Kernel;
use crate::window::Window;
use crate::window_mean::WindowMean;

#[derive(Clone)]
pub(crate) struct Sma(WindowMean);

alike!(Sma: 0);

impl Sma {
    pub fn new(window: Window) -> Sma {
        Sma(WindowMean::new(window))
    }
}

impl Kernel<1> for Sma {
    #[inline]
    fn push(&mut self, [x]: [f64; 1]) -> f64 {
        self.0.push(x)
    }

    fn fill(&mut self, [xs]: [&[f64]; 1], values: &mut [f64]) {
        self.0.fill(xs, values);
    }

    kept!();

    fn lookback(&self) -> usize {
        self.0.window().len() - 1
    }

    fn fresh(&self) -> Sma {
        Sma::new(self.0.window())
    }
}
