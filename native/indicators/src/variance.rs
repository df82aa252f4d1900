//! Variance and standard deviation of the last n inputs, TA-Lib's VAR and STDDEV: those of the whole window, over n.
//!
//! Sums run over distances from an anchor near the window, never over the inputs themselves, so that a price of 10,000
//! that moves by a cent keeps its digits. When the window has drifted far from its anchor, in its own deviations, the sums
//! are made anew around its mean. An undefined input makes both undefined until it has left the window.

use crate::over::Kernel;
use crate::ring::Ring;
use crate::run_length::RunLength;
use crate::sum::Sum;
use crate::window::Window;

/// Inputs beyond this size count as undefined, so that no sum of squares can overflow.
const MAGNITUDE_MAX: f64 = 1e140;
/// How much larger than the variance the square of the drift may be: about three digits lost.
const DRIFT_MAX: f64 = 1000.0;

pub(crate) struct Variance {
    window: Window,
    ring: Ring,
    undefined: usize,
    same: RunLength,
    anchor: f64,
    sum: Sum,
    squares: Sum,
}

impl Variance {
    pub fn new(window: Window) -> Variance {
        let (ring, same) = (Ring::new(window.len()), RunLength::new());
        let (sum, squares) = (Sum::default(), Sum::default());
        Variance { window, ring, undefined: window.len(), same, anchor: 0.0, sum, squares }
    }

    #[inline]
    fn enter(&mut self, x: f64) {
        if x.is_nan() {
            self.undefined += 1;
            return;
        }
        let distance = x - self.anchor;
        self.sum.add(distance);
        self.squares.add(distance * distance);
    }

    #[inline]
    fn leave(&mut self, x: f64) {
        if x.is_nan() {
            self.undefined -= 1;
            return;
        }
        let distance = x - self.anchor;
        self.sum.add(-distance);
        self.squares.add(-(distance * distance));
    }

    /// Makes the sums anew around this level.
    fn anchor_at(&mut self, level: f64) {
        self.anchor = level;
        (self.sum, self.squares) = (Sum::default(), Sum::default());
        for x in self.ring.iter().filter(|x| !x.is_nan()) {
            let distance = x - level;
            self.sum.add(distance);
            self.squares.add(distance * distance);
        }
    }

    /// The mean distance from the anchor, the sum of the squares that it explains, and the sum of the other squares.
    #[inline]
    fn split(&self) -> (f64, f64, f64) {
        let n = self.window.len() as f64;
        let mean = self.sum.value() / n;
        let explained = mean * mean * n;
        (mean, explained, self.squares.value() - explained)
    }

    fn variance(&mut self) -> f64 {
        let (drift, explained, mut rest) = self.split();
        if explained > DRIFT_MAX * rest {
            self.anchor_at(self.anchor + drift);
            (_, _, rest) = self.split();
        }
        rest.max(0.0) / self.window.len() as f64
    }
}

impl Kernel<1> for Variance {
    #[inline]
    fn push(&mut self, [x]: [f64; 1]) -> f64 {
        let x = if x.abs() <= MAGNITUDE_MAX { x } else { f64::NAN };
        let old = self.ring.push(x);
        self.leave(old);
        self.enter(x);
        let same = self.same.push(x);
        if self.undefined > 0 {
            f64::NAN
        } else if same >= self.window.len() {
            0.0
        } else {
            self.variance()
        }
    }

    fn lookback(&self) -> usize {
        self.window.len() - 1
    }

    fn fresh(&self) -> Variance {
        Variance::new(self.window)
    }
}

/// The root of the variance.
pub(crate) struct Stddev(Variance);

impl Stddev {
    pub fn new(window: Window) -> Stddev {
        Stddev(Variance::new(window))
    }
}

impl Kernel<1> for Stddev {
    #[inline]
    fn push(&mut self, inputs: [f64; 1]) -> f64 {
        self.0.push(inputs).sqrt()
    }

    fn lookback(&self) -> usize {
        self.0.lookback()
    }

    fn fresh(&self) -> Stddev {
        Stddev(self.0.fresh())
    }
}
