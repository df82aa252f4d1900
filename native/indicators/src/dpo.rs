//! Detrended price oscillator: the input of n / 2 + 1 bars ago less the simple average of the last n.
//!
//! The average stands in the middle of its window and is compared with an input of about that time; nothing is moved
//! back. An undefined input makes it undefined until it has left the window.

use crate::over::Kernel;
use crate::ring::Ring;
use crate::sma::Sma;
use crate::window::Window;

pub(crate) struct Dpo {
    window: Window,
    past: Ring,
    mean: Sma,
}

impl Dpo {
    /// At three bars and more the past input lies in the window.
    pub fn new(window: Window) -> Dpo {
        Dpo { window, past: Ring::new(window.len() / 2 + 1), mean: Sma::new(window) }
    }
}

impl Kernel<1> for Dpo {
    #[inline]
    fn push(&mut self, [x]: [f64; 1]) -> f64 {
        self.past.push(x) - self.mean.push([x])
    }

    fn lookback(&self) -> usize {
        self.mean.lookback()
    }

    fn fresh(&self) -> Dpo {
        Dpo::new(self.window)
    }
}
