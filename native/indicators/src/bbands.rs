//! Bollinger bands, TA-Lib's BBANDS: the mean of the last n inputs, and levels k deviations above and below it.
//!
//! The deviation is that of the whole window, over n. Beside the bands stand where the input lies between them, 0 at the
//! lower and 1 at the upper one, and how wide they are as a part of the mean. An undefined input makes all of them undefined
//! until it has left the window.

use workbench_market::widened;

use crate::alike::{alike, kept};
use crate::over::Kernel;
use crate::several::Fan;
use crate::variance::Variance;
use crate::window::Window;
use crate::window_spread::{Part, Parts};

#[derive(Clone)]
pub(crate) struct Bbands {
    window: Window,
    variance: Variance,
    k: f64,
}

alike!(Bbands: variance);

impl Bbands {
    pub fn new(window: Window, k: f64) -> Bbands {
        Bbands { window, variance: Variance::new(window), k }
    }
}

impl Fan<1, 5> for Bbands {
    #[inline]
    fn push(&mut self, [x]: [f64; 1]) -> [f64; 5] {
        bands(x, self.variance.push_part(x), self.variance.each(), self.k)
    }

    fn fill(&mut self, [xs]: [&[f64]; 1], mut outputs: [&mut [f64]; 5]) {
        let (each, k) = (self.variance.each(), self.k);
        self.variance.fill_parts(xs, |first, parts| {
            let rows = first..first + parts[0].len();
            bands_each(&xs[rows.clone()], parts, each, k, outputs.each_mut().map(|column| &mut column[rows.clone()]));
        });
    }

    kept!();

    fn lookbacks(&self) -> [usize; 5] {
        [self.variance.lookback(); 5]
    }

    fn fresh(&self) -> Bbands {
        Bbands::new(self.window, self.k)
    }
}

#[inline(always)]
fn bands(x: f64, [sum, squares]: Part, each: f64, k: f64) -> [f64; 5] {
    let (middle, reach) = (x + sum * each, k * (squares * each).sqrt());
    let (upper, lower) = (middle + reach, middle - reach);
    let width = upper - lower;
    [upper, middle, lower, (x - lower) / width, width / middle]
}

widened! {
    fn bands_each(xs: &[f64], parts: Parts<'_>, each: f64, k: f64, outputs: [&mut [f64]; 5]) {
        let [uppers, middles, lowers, places, widths] = outputs.map(|column| &mut column[..xs.len()]);
        let [sums, squares] = parts.map(|column| &column[..xs.len()]);
        for (row, x) in xs.iter().enumerate() {
            let found = bands(*x, [sums[row], squares[row]], each, k);
            [uppers[row], middles[row], lowers[row], places[row], widths[row]] = found;
        }
    }
}
