//! Standard score: how many standard deviations, over n, the input stands above the mean of the last n.
//!
//! An undefined input makes it undefined until it has left the window; so does a window in which nothing moves.

use crate::moments::{DRIFT_MAX_OF_SQUARES, Moments, is_still};
use crate::over::Kernel;
use crate::window::Window;

pub(crate) struct Zscore(Moments<1, 2>);

impl Zscore {
    pub fn new(window: Window) -> Zscore {
        Zscore(Moments::new(window, DRIFT_MAX_OF_SQUARES, |[d]| [d, d * d]))
    }
}

impl Kernel<1> for Zscore {
    #[inline]
    fn push(&mut self, inputs: [f64; 1]) -> f64 {
        let Some(means) = self.0.push(inputs) else { return f64::NAN };
        let ([variance], [level]) = (means.variance, means.level);
        if is_still(variance, level) { f64::NAN } else { (means.newest[0] - means.of[0]) / variance.sqrt() }
    }

    fn lookback(&self) -> usize {
        self.0.window().len() - 1
    }

    fn fresh(&self) -> Zscore {
        Zscore(self.0.fresh())
    }
}
