//! A fast average less a slow one, TA-Lib's APO, and that in per cent of the slow one, its PPO.
//!
//! An undefined input has the effect that it has on the averages: until it has left the slow window where they are simple
//! ones, at its bar where they are exponential.

use crate::change::percent;
use crate::over::Kernel;

pub(crate) struct Gap<A> {
    fast: A,
    slow: A,
    percent: bool,
}

impl<A> Gap<A> {
    pub fn new(fast: A, slow: A, percent: bool) -> Gap<A> {
        Gap { fast, slow, percent }
    }
}

impl<A: Kernel<1>> Kernel<1> for Gap<A> {
    #[inline]
    fn push(&mut self, inputs: [f64; 1]) -> f64 {
        let (fast, slow) = (self.fast.push(inputs), self.slow.push(inputs));
        if self.percent { percent(fast - slow, slow) } else { fast - slow }
    }

    fn lookback(&self) -> usize {
        self.slow.lookback()
    }

    fn fresh(&self) -> Gap<A> {
        Gap { fast: self.fast.fresh(), slow: self.slow.fresh(), percent: self.percent }
    }
}
