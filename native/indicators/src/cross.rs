//! Whether the first input passed the second: on the other side of it, or level with it, at the bar before.
//!
//! It is 1 at the bar of the crossing and 0 at others, and undefined where either input is, at this bar or the one before.

use workbench_market::bar::Ohlcv;

use crate::elsewhere::{Closed, Waiting};
use crate::indicator::Indicator;
use crate::source::Source;

/// Which way the first input goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Above,
    Below,
}

pub(crate) struct Cross {
    direction: Direction,
    inputs: [Source; 2],
    /// At the bar before the last, at the last, and by now: longer bars can close after the last one.
    before: [f64; 2],
    last: [f64; 2],
    now: [f64; 2],
}

impl Cross {
    pub fn new(direction: Direction, inputs: [Source; 2]) -> Cross {
        let nothing = [f64::NAN; 2];
        Cross { direction, inputs, before: nothing, last: nothing, now: nothing }
    }
}

impl Indicator for Cross {
    #[inline]
    fn update(&mut self, bar: &Ohlcv) -> Option<f64> {
        self.before = self.last;
        self.last = self.inputs.each_mut().map(|input| input.update(bar));
        self.now = self.last;
        self.value()
    }

    fn close(&mut self, closed: Closed<'_>) {
        for (input, value) in self.inputs.iter_mut().zip(&mut self.now) {
            *value = input.close(closed).unwrap_or(*value);
        }
    }

    #[inline]
    fn value(&self) -> Option<f64> {
        let ([was, level], [is, limit]) = (self.before, self.now);
        let passed = match self.direction {
            Direction::Above => was <= level && is > limit,
            Direction::Below => was >= level && is < limit,
        };
        let is_defined = !(was.is_nan() || level.is_nan() || is.is_nan() || limit.is_nan());
        is_defined.then(|| f64::from(passed))
    }

    fn warmup(&self) -> usize {
        self.inputs.iter().map(Source::warmup).max().unwrap_or(1) + 1
    }

    fn waiting(&self) -> Option<Waiting> {
        self.inputs.iter().find_map(Source::waiting)
    }

    fn reset(&mut self) {
        self.inputs.iter_mut().for_each(Source::reset);
        (self.before, self.last, self.now) = ([f64::NAN; 2], [f64::NAN; 2], [f64::NAN; 2]);
    }
}
