//! Know sure thing: four rates of change, each averaged, of which the longest weighs most.
//!
//! An undefined input makes it undefined wherever one of the four rates in one of the four averages reads it.

use crate::change::Change;
use crate::over::Kernel;
use crate::sma::Sma;
use crate::window::Window;

/// How many rates there are; the first weighs 1, the last 4.
pub(crate) const RATES: usize = 4;

/// A rate beyond this size counts as undefined.
const RATE_MAX: f64 = 1e290;

pub(crate) struct Kst([(Change, Sma); RATES]);

impl Kst {
    /// For each rate its length and that of its average.
    pub fn new(windows: [(Window, Window); RATES]) -> Kst {
        Kst(windows.map(|(rate, mean)| (Change::rate(rate), Sma::new(mean))))
    }
}

impl Kernel<1> for Kst {
    #[inline]
    fn push(&mut self, [x]: [f64; 1]) -> f64 {
        let means = self.0.each_mut().map(|(rate, mean)| {
            let rate = rate.push([x]);
            // One that no float can hold would stay in the sum for ever.
            mean.push([if rate.abs() <= RATE_MAX { rate } else { f64::NAN }])
        });
        means.iter().zip(1..).map(|(mean, weight)| mean * f64::from(weight)).sum()
    }

    fn lookback(&self) -> usize {
        self.0.iter().map(|(rate, mean)| rate.lookback() + mean.lookback()).max().unwrap_or(0)
    }

    fn fresh(&self) -> Kst {
        Kst(self.0.each_ref().map(|(rate, mean)| (rate.fresh(), mean.fresh())))
    }
}
