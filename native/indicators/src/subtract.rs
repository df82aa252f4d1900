//! The difference of two inputs, defined at the bars where both are.

use workbench_market::bar::Ohlcv;

use crate::indicator::Indicator;
use crate::source::Source;

pub(crate) struct Subtract {
    left: Source,
    right: Source,
    difference: f64,
}

impl Subtract {
    pub fn new(left: Source, right: Source) -> Subtract {
        Subtract { left, right, difference: f64::NAN }
    }
}

impl Indicator for Subtract {
    #[inline]
    fn update(&mut self, bar: &Ohlcv) -> Option<f64> {
        // Both sides take the bar, whether or not the other has a value; NaN carries over.
        self.difference = self.left.update(bar) - self.right.update(bar);
        self.value()
    }

    #[inline]
    fn value(&self) -> Option<f64> {
        (!self.difference.is_nan()).then_some(self.difference)
    }

    fn warmup(&self) -> usize {
        self.left.warmup().max(self.right.warmup())
    }

    fn reset(&mut self) {
        self.left.reset();
        self.right.reset();
        self.difference = f64::NAN;
    }
}
