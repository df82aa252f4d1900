//! Variance and standard deviation of the last n inputs, TA-Lib's VAR and STDDEV: those of the whole window, over n.
//!
//! They are made of the window alone, from differences of its inputs, so that a price of 10,000 that moves by a cent keeps
//! its digits. An undefined input makes both undefined until it has left the window.

use workbench_market::widened;

use crate::alike::alike;
use crate::over::Kernel;
use crate::rows::are_within;
use crate::window::Window;
use crate::window_spread::{Part, Parts, WindowSpread};

/// Inputs beyond this size count as undefined, so that no sum of squares can overflow.
const MAGNITUDE_MAX: f64 = 1e140;

/// The mean of a window, less its newest input, and the variance around it.
#[derive(Clone)]
pub(crate) struct Variance {
    spread: WindowSpread,
    each: f64,
}

alike!(Variance: spread);

impl Variance {
    pub fn new(window: Window) -> Variance {
        Variance { spread: WindowSpread::new(window), each: 1.0 / window.len() as f64 }
    }

    /// What a sum or a square is of one input.
    pub fn each(&self) -> f64 {
        self.each
    }

    /// The sums of a window as they stand, each to be taken times `each`.
    #[inline]
    pub fn push_part(&mut self, x: f64) -> Part {
        self.spread.push(if x.abs() <= MAGNITUDE_MAX { x } else { f64::NAN })
    }

    /// The same for row after row, some at a time: the first of them, and their sums.
    pub fn fill_parts(&mut self, xs: &[f64], take: impl FnMut(usize, Parts<'_>)) {
        if are_within(MAGNITUDE_MAX, xs) {
            return self.spread.fill(xs, take);
        }
        let bounded: Vec<f64> = xs.iter().map(|x| if x.abs() <= MAGNITUDE_MAX { *x } else { f64::NAN }).collect();
        self.spread.fill(&bounded, take);
    }
}

impl Kernel<1> for Variance {
    #[inline]
    fn push(&mut self, [x]: [f64; 1]) -> f64 {
        self.push_part(x)[1] * self.each
    }

    fn fill(&mut self, [xs]: [&[f64]; 1], values: &mut [f64]) {
        let each = self.each;
        self.fill_parts(xs, |first, [_, squares]| scale(each, squares, &mut values[first..][..squares.len()]));
    }

    fn lookback(&self) -> usize {
        self.spread.window().len() - 1
    }

    fn fresh(&self) -> Variance {
        Variance::new(self.spread.window())
    }
}

widened! {
    fn scale(each: f64, squares: &[f64], values: &mut [f64]) {
        for (value, squares) in values.iter_mut().zip(squares) {
            *value = squares * each;
        }
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

    fn fill(&mut self, [xs]: [&[f64]; 1], values: &mut [f64]) {
        let each = self.0.each;
        self.0.fill_parts(xs, |first, [_, squares]| roots(each, squares, &mut values[first..][..squares.len()]));
    }

    fn lookback(&self) -> usize {
        self.0.lookback()
    }

    fn fresh(&self) -> Stddev {
        Stddev(self.0.fresh())
    }
}

widened! {
    fn roots(each: f64, squares: &[f64], values: &mut [f64]) {
        for (value, squares) in values.iter_mut().zip(squares) {
            *value = (squares * each).sqrt();
        }
    }
}
