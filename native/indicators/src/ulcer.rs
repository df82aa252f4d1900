//! Ulcer index: the root of the mean square of how far, in per cent, each input stands below the highest of its last n.
//!
//! An undefined input makes it undefined until it has left the highest of every one of n windows: for 2 n - 1 bars. A
//! highest that is not above zero has no share to fall by, which is undefined too.

use crate::extremes::Highest;
use crate::over::Kernel;
use crate::sma::Sma;
use crate::window::Window;

/// A fall beyond this size counts as undefined, so that no sum of squares can overflow.
const FALL_MAX: f64 = 1e140;

pub(crate) struct Ulcer {
    highest: Highest,
    squares: Sma,
}

impl Ulcer {
    pub fn new(window: Window) -> Ulcer {
        Ulcer { highest: Highest::new(window), squares: Sma::new(window) }
    }
}

impl Kernel<1> for Ulcer {
    #[inline]
    fn push(&mut self, [x]: [f64; 1]) -> f64 {
        let highest = self.highest.push(x);
        let fall = if highest > 0.0 { 100.0 * ((x - highest) / highest) } else { f64::NAN };
        let fall = if fall.abs() <= FALL_MAX { fall } else { f64::NAN };
        // What rounding leaves of sums that have left may lie below nothing.
        let mean = self.squares.push([fall * fall]);
        if mean < 0.0 { 0.0 } else { mean.sqrt() }
    }

    fn lookback(&self) -> usize {
        self.highest.window().len() - 1 + self.squares.lookback()
    }

    fn fresh(&self) -> Ulcer {
        Ulcer::new(self.highest.window())
    }
}
