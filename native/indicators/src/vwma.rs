//! Volume-weighted moving average: the last n inputs, each weighed by the volume of its bar.
//!
//! An undefined input or volume makes it undefined until that bar has left the window, and so does a window in which
//! nothing was traded.

use crate::over::Kernel;
use crate::run_length::RunLength;
use crate::sma::Sma;
use crate::window::Window;

pub(crate) struct Vwma {
    window: Window,
    traded: Sma,
    volume: Sma,
    same: RunLength,
}

impl Vwma {
    pub fn new(window: Window) -> Vwma {
        Vwma { window, traded: Sma::new(window), volume: Sma::new(window), same: RunLength::new() }
    }
}

impl Kernel<2> for Vwma {
    #[inline]
    fn push(&mut self, [x, volume]: [f64; 2]) -> f64 {
        let product = x * volume;
        // A product beyond the range of floats must not enter a sum.
        let product = if product.is_finite() { product } else { f64::NAN };
        let (traded, traded_volume) = (self.traded.push([product]), self.volume.push([volume]));
        // Counted, because what remains of a sum after fractions of a share have left need not be zero.
        let untraded = self.same.push(volume) >= self.window.len() && volume == 0.0;
        if untraded { f64::NAN } else { traded / traded_volume }
    }

    fn lookback(&self) -> usize {
        self.window.len() - 1
    }

    fn fresh(&self) -> Vwma {
        Vwma::new(self.window)
    }
}
