//! Volume-weighted moving average: the last n inputs, each weighed by the volume of its bar.
//!
//! An undefined input or volume makes it undefined until that bar has left the window. Where nothing was traded both means
//! are zero, as nothing of an input is left in them, and there is no value.

use workbench_market::widened;

use crate::alike::{alike, kept};
use crate::over::Kernel;
use crate::sma::Sma;
use crate::window::Window;

#[derive(Clone)]
pub(crate) struct Vwma {
    window: Window,
    traded: Sma,
    volume: Sma,
}

alike!(Vwma: traded, volume);

impl Vwma {
    pub fn new(window: Window) -> Vwma {
        Vwma { window, traded: Sma::new(window), volume: Sma::new(window) }
    }
}

impl Kernel<2> for Vwma {
    #[inline]
    fn push(&mut self, [x, volume]: [f64; 2]) -> f64 {
        self.traded.push([traded(x, volume)]) / self.volume.push([volume])
    }

    fn fill(&mut self, [xs, volumes]: [&[f64]; 2], values: &mut [f64]) {
        let mut room = vec![0.0; values.len()];
        traded_each(xs, volumes, &mut room);
        self.traded.fill([&room], values);
        self.volume.fill([volumes], &mut room);
        share(values, &room);
    }

    kept!();

    fn lookback(&self) -> usize {
        self.window.len() - 1
    }

    fn fresh(&self) -> Vwma {
        Vwma::new(self.window)
    }
}

/// A product beyond the range of floats must not enter a sum.
#[inline(always)]
fn traded(x: f64, volume: f64) -> f64 {
    let product = x * volume;
    if product.is_finite() { product } else { f64::NAN }
}

widened! {
    fn traded_each(xs: &[f64], volumes: &[f64], products: &mut [f64]) {
        for ((product, x), volume) in products.iter_mut().zip(xs).zip(volumes) {
            *product = traded(*x, *volume);
        }
    }
}

widened! {
    fn share(traded: &mut [f64], volumes: &[f64]) {
        for (value, volume) in traded.iter_mut().zip(volumes) {
            *value /= volume;
        }
    }
}
