//! Bollinger bands, TA-Lib's BBANDS: the mean of the last n inputs, and levels k deviations above and below it.
//!
//! The deviation is that of the whole window, over n. Beside the bands stand where the input lies between them, 0 at the
//! lower and 1 at the upper one, and how wide they are as a part of the mean. An undefined input makes all of them undefined
//! until it has left the window.

use workbench_market::widened;

use crate::over::Kernel;
use crate::several::Fan;
use crate::sma::Sma;
use crate::variance::Stddev;
use crate::window::Window;

pub(crate) struct Bbands {
    mean: Sma,
    deviation: Stddev,
    k: f64,
}

impl Bbands {
    pub fn new(window: Window, k: f64) -> Bbands {
        Bbands { mean: Sma::new(window), deviation: Stddev::new(window), k }
    }
}

impl Fan<1, 5> for Bbands {
    #[inline]
    fn push(&mut self, inputs: [f64; 1]) -> [f64; 5] {
        let [x] = inputs;
        bands(x, self.mean.push(inputs), self.k * self.deviation.push(inputs))
    }

    fn fill(&mut self, [xs]: [&[f64]; 1], mut outputs: [&mut [f64]; 5]) {
        let [deviations, means, ..] = &mut outputs;
        self.deviation.fill([xs], deviations);
        self.mean.fill([xs], means);
        bands_each(self.k, xs, outputs);
    }

    fn lookbacks(&self) -> [usize; 5] {
        [self.mean.lookback(); 5]
    }

    fn fresh(&self) -> Bbands {
        Bbands { mean: self.mean.fresh(), deviation: self.deviation.fresh(), k: self.k }
    }
}

#[inline(always)]
fn bands(x: f64, mean: f64, reach: f64) -> [f64; 5] {
    // Beyond the deviation's largest input there are no bands, and then no middle of them.
    let middle = if reach.is_nan() { reach } else { mean };
    let (upper, lower) = (middle + reach, middle - reach);
    let width = upper - lower;
    [upper, middle, lower, (x - lower) / width, width / middle]
}

widened! {
    /// Takes the deviations and the means that stand in the first two columns.
    fn bands_each(k: f64, xs: &[f64], outputs: [&mut [f64]; 5]) {
        let [uppers, middles, lowers, places, widths] = outputs.map(|column| &mut column[..xs.len()]);
        for (row, x) in xs.iter().enumerate() {
            let found = bands(*x, middles[row], k * uppers[row]);
            [uppers[row], middles[row], lowers[row], places[row], widths[row]] = found;
        }
    }
}
