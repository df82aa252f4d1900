//! Variance and standard deviation of the last n inputs, TA-Lib's VAR and STDDEV: those of the whole window, over n.
//!
//! Sums run over distances from an anchor near the window, never over the inputs themselves, so that a price of 10,000
//! that moves by a cent keeps its digits. When the window has drifted far from its anchor, in its own deviations, the sums
//! are made anew around its mean. An undefined input makes both undefined until it has left the window.

use crate::over::Kernel;
use crate::ring::Ring;
use crate::rows::are_within;
use crate::run_length::RunLength;
use crate::sum::Sum;
use crate::window::Window;

/// Inputs beyond this size count as undefined, so that no sum of squares can overflow.
const MAGNITUDE_MAX: f64 = 1e140;
/// How much larger than the variance the square of the drift may be: about three digits lost.
const DRIFT_MAX: f64 = 1000.0;

/// Distances from an anchor: their sum, and that of their squares.
#[derive(Clone, Copy, Default)]
struct Sums {
    anchor: f64,
    sum: Sum,
    squares: Sum,
}

impl Sums {
    /// Of the defined ones of a window, around this level.
    fn around(level: f64, window: impl Iterator<Item = f64>) -> Sums {
        let mut sums = Sums { anchor: level, ..Sums::default() };
        window.filter(|x| !x.is_nan()).for_each(|x| sums.enter(x));
        sums
    }

    #[inline(always)]
    fn enter(&mut self, x: f64) {
        let distance = x - self.anchor;
        self.sum.add(distance);
        self.squares.add(distance * distance);
    }

    #[inline(always)]
    fn leave(&mut self, x: f64) {
        let distance = x - self.anchor;
        self.sum.add(-distance);
        self.squares.add(-(distance * distance));
    }

    /// The mean distance from the anchor, the sum of the squares that it explains, and the sum of the other squares.
    #[inline(always)]
    fn split(&self, n: f64) -> (f64, f64, f64) {
        let mean = self.sum.value() / n;
        let explained = mean * mean * n;
        (mean, explained, self.squares.value() - explained)
    }

    /// The variance of n inputs, which are asked for where a new anchor is needed.
    #[inline(always)]
    fn variance<I: Iterator<Item = f64>>(&mut self, n: f64, window: impl FnOnce() -> I) -> f64 {
        let (drift, explained, mut rest) = self.split(n);
        if explained > DRIFT_MAX * rest {
            *self = Sums::around(self.anchor + drift, window());
            (_, _, rest) = self.split(n);
        }
        rest.max(0.0) / n
    }
}

pub(crate) struct Variance {
    window: Window,
    ring: Ring,
    undefined: usize,
    same: RunLength,
    sums: Sums,
}

impl Variance {
    pub fn new(window: Window) -> Variance {
        let (ring, same) = (Ring::new(window.len()), RunLength::new());
        Variance { window, ring, undefined: window.len(), same, sums: Sums::default() }
    }

    #[inline]
    fn enter(&mut self, x: f64) {
        if x.is_nan() {
            self.undefined += 1;
        } else {
            self.sums.enter(x);
        }
    }

    #[inline]
    fn leave(&mut self, x: f64) {
        if x.is_nan() {
            self.undefined -= 1;
        } else {
            self.sums.leave(x);
        }
    }

    /// Pushes rows of which the first n are in the window, and nothing else.
    fn fill_on(&mut self, xs: &[f64], values: &mut [f64]) {
        let (len, n) = (self.window.len(), self.window.len() as f64);
        let (mut sums, mut same) = (self.sums, self.same);
        for (row, ((value, x), old)) in values.iter_mut().zip(&xs[len..]).zip(xs).enumerate() {
            sums.leave(*old);
            sums.enter(*x);
            let is_still = same.push(*x) >= len;
            *value = if is_still { 0.0 } else { sums.variance(n, || xs[row + 1..][..len].iter().copied()) };
        }
        (self.sums, self.same) = (sums, same);
        xs[xs.len() - len..].iter().for_each(|x| _ = self.ring.push(*x));
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
            let ring = &self.ring;
            self.sums.variance(self.window.len() as f64, || ring.iter())
        }
    }

    fn fill(&mut self, [xs]: [&[f64]; 1], values: &mut [f64]) {
        let first = if are_within(MAGNITUDE_MAX, xs) { xs.len().min(self.window.len()) } else { xs.len() };
        self.push_each([&xs[..first]], &mut values[..first]);
        if first < xs.len() {
            self.fill_on(xs, &mut values[first..]);
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

    fn fill(&mut self, inputs: [&[f64]; 1], values: &mut [f64]) {
        self.0.fill(inputs, values);
        values.iter_mut().for_each(|value| *value = value.sqrt());
    }

    fn lookback(&self) -> usize {
        self.0.lookback()
    }

    fn fresh(&self) -> Stddev {
        Stddev(self.0.fresh())
    }
}
