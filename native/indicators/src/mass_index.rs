//! Mass index: how much wider bars have become, the sum over n bars of an average of their range over the average of it.
//!
//! A bar with an undefined high or low has no value and is otherwise as if it had not been. Where no bar has had a range
//! the two averages are taken as equal.

use crate::cascade::Cascade;
use crate::over::Kernel;
use crate::sma::Sma;
use crate::swings::STILL;
use crate::window::Window;

pub(crate) struct MassIndex {
    ranges: Cascade<2>,
    mean: Sma,
    n: f64,
}

impl MassIndex {
    pub fn new(window: Window, smooth: Window) -> MassIndex {
        MassIndex { ranges: Cascade::new(smooth), mean: Sma::new(window), n: window.len() as f64 }
    }
}

impl Kernel<2> for MassIndex {
    #[inline]
    fn push(&mut self, [high, low]: [f64; 2]) -> f64 {
        let [average, slower] = self.ranges.push(high - low);
        if slower.is_nan() {
            return f64::NAN;
        }
        let ratio = if slower < STILL { 1.0 } else { average / slower };
        self.n * self.mean.push([ratio])
    }

    fn lookback(&self) -> usize {
        self.ranges.lookback() + self.mean.lookback()
    }

    fn fresh(&self) -> MassIndex {
        MassIndex { ranges: self.ranges.fresh(), mean: self.mean.fresh(), n: self.n }
    }
}
