//! Averages made of an EMA, the EMA of that EMA and so on: TA-Lib's DEMA, TEMA and T3.
//!
//! Each EMA starts as the mean of the first n values of the one before it, so a cascade of m takes m * (n - 1) + 1 inputs.
//! An undefined input has the effect it has on an EMA: no value at that bar, and everything stays where it was.

use crate::ema::Ema;
use crate::over::Kernel;
use crate::window::Window;

/// The values of M averages, the first over the input, each further one over the one before.
pub(crate) struct Cascade<const M: usize>([Ema; M]);

impl<const M: usize> Cascade<M> {
    pub fn new(window: Window) -> Cascade<M> {
        Cascade(std::array::from_fn(|_| Ema::new(window)))
    }

    #[inline]
    pub fn push(&mut self, mut x: f64) -> [f64; M] {
        self.0.each_mut().map(|ema| {
            x = ema.push([x]);
            x
        })
    }

    pub fn lookback(&self) -> usize {
        self.0.iter().map(Ema::lookback).sum()
    }

    pub fn fresh(&self) -> Cascade<M> {
        Cascade(self.0.each_ref().map(Ema::fresh))
    }
}

/// A weighted sum of the averages of a cascade.
pub(crate) struct Blend<const M: usize> {
    cascade: Cascade<M>,
    weights: [f64; M],
}

/// Double EMA.
pub(crate) fn dema(window: Window) -> Blend<2> {
    Blend { cascade: Cascade::new(window), weights: [2.0, -1.0] }
}

/// Triple EMA.
pub(crate) fn tema(window: Window) -> Blend<3> {
    Blend { cascade: Cascade::new(window), weights: [3.0, -3.0, 1.0] }
}

/// Tillson's T3: a DEMA whose second part weighs `v`, applied three times and multiplied out.
pub(crate) fn t3(window: Window, v: f64) -> Blend<6> {
    let (v2, v3) = (v * v, v * v * v);
    let weights = [0.0, 0.0, 1.0 + 3.0 * v + 3.0 * v2 + v3, -6.0 * v2 - 3.0 * v - 3.0 * v3, 3.0 * v2 + 3.0 * v3, -v3];
    Blend { cascade: Cascade::new(window), weights }
}

impl<const M: usize> Kernel<1> for Blend<M> {
    #[inline]
    fn push(&mut self, [x]: [f64; 1]) -> f64 {
        let averages = self.cascade.push(x);
        averages.iter().zip(self.weights).map(|(average, weight)| average * weight).sum()
    }

    fn lookback(&self) -> usize {
        self.cascade.lookback()
    }

    fn fresh(&self) -> Blend<M> {
        Blend { cascade: self.cascade.fresh(), weights: self.weights }
    }
}
