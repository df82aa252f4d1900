//! Bollinger bands, TA-Lib's BBANDS: the mean of the last n inputs, and levels k deviations above and below it.
//!
//! The deviation is that of the whole window, over n. Beside the bands stand where the input lies between them, 0 at the
//! lower and 1 at the upper one, and how wide they are as a part of the mean. An undefined input makes all of them undefined
//! until it has left the window.

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
        let (middle, reach) = (self.mean.push(inputs), self.k * self.deviation.push(inputs));
        // Beyond the deviation's largest input there are no bands, and then no middle of them.
        if reach.is_nan() {
            return [f64::NAN; 5];
        }
        let (upper, lower) = (middle + reach, middle - reach);
        let width = upper - lower;
        [upper, middle, lower, (x - lower) / width, width / middle]
    }

    fn lookbacks(&self) -> [usize; 5] {
        [self.mean.lookback(); 5]
    }

    fn fresh(&self) -> Bbands {
        Bbands { mean: self.mean.fresh(), deviation: self.deviation.fresh(), k: self.k }
    }
}
