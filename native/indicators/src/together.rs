//! How two inputs move together over the last n: TA-Lib's CORREL, of the inputs, and its BETA, of their relative changes.
//!
//! An undefined input makes both undefined until it has left the window; a change misses the bar after it too. Where one
//! that divides has not moved they are 0, as in TA-Lib.

use crate::change::percent;
use crate::moments::{DRIFT_MAX_OF_SQUARES, Moments, is_still};
use crate::over::Kernel;
use crate::window::Window;

/// Distances, their squares, and their product.
type Pairs = Moments<2, 5>;

fn pairs(window: Window) -> Pairs {
    Moments::new(window, DRIFT_MAX_OF_SQUARES, |[x, y]| [x, y, x * x, y * y, x * y])
}

pub(crate) struct Correlation(Pairs);

impl Correlation {
    pub fn new(window: Window) -> Correlation {
        Correlation(pairs(window))
    }
}

impl Kernel<2> for Correlation {
    #[inline]
    fn push(&mut self, inputs: [f64; 2]) -> f64 {
        let Some(means) = self.0.push(inputs) else { return f64::NAN };
        let [x, y, .., product] = means.of;
        let [spread_x, spread_y] = means.variance.map(f64::sqrt);
        let does_one_stand = (0..2).any(|i| is_still(means.variance[i], means.level[i]));
        if does_one_stand { 0.0 } else { ((product - x * y) / spread_x / spread_y).clamp(-1.0, 1.0) }
    }

    fn lookback(&self) -> usize {
        self.0.window().len() - 1
    }

    fn fresh(&self) -> Correlation {
        Correlation(self.0.fresh())
    }
}

/// The slope of the changes of the first input over those of the second.
pub(crate) struct Beta {
    last: [f64; 2],
    changes: Pairs,
}

impl Beta {
    pub fn new(window: Window) -> Beta {
        Beta { last: [f64::NAN; 2], changes: pairs(window) }
    }
}

impl Kernel<2> for Beta {
    #[inline]
    fn push(&mut self, inputs: [f64; 2]) -> f64 {
        let last = std::mem::replace(&mut self.last, inputs);
        let change = |i: usize| percent(inputs[i] - last[i], last[i]);
        let Some(means) = self.changes.push([change(0), change(1)]) else { return f64::NAN };
        let ([x, y, .., product], [_, variance]) = (means.of, means.variance);
        // A change is rounded beside the whole that it is a part of, not beside itself.
        if is_still(variance, 100.0) { 0.0 } else { (product - x * y) / variance }
    }

    fn lookback(&self) -> usize {
        self.changes.window().len()
    }

    fn fresh(&self) -> Beta {
        Beta::new(self.changes.window())
    }
}
