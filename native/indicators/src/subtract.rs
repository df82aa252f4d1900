//! The difference of two inputs, defined at the bars where both are.

use workbench_market::bar::Ohlcv;

use crate::indicator::Indicator;
use crate::longer::{Closed, Waiting};
use crate::source::Source;

pub(crate) struct Subtract {
    left: Source,
    right: Source,
    values: [f64; 2],
}

impl Subtract {
    pub fn new(left: Source, right: Source) -> Subtract {
        Subtract { left, right, values: [f64::NAN; 2] }
    }
}

impl Indicator for Subtract {
    #[inline]
    fn update(&mut self, bar: &Ohlcv) -> Option<f64> {
        // Both sides take the bar, whether or not the other has a value; NaN carries over.
        self.values = [self.left.update(bar), self.right.update(bar)];
        self.value()
    }

    /// A side that lives on longer bars moves at once, without waiting for the next bar of the other.
    fn close(&mut self, closed: Closed<'_>) {
        let [left, right] = self.values;
        self.values = [self.left.close(closed).unwrap_or(left), self.right.close(closed).unwrap_or(right)];
    }

    #[inline]
    fn value(&self) -> Option<f64> {
        let difference = self.values[0] - self.values[1];
        (!difference.is_nan()).then_some(difference)
    }

    fn warmup(&self) -> usize {
        self.left.warmup().max(self.right.warmup())
    }

    fn waiting(&self) -> Option<Waiting> {
        self.left.waiting().or_else(|| self.right.waiting())
    }

    fn reset(&mut self) {
        self.left.reset();
        self.right.reset();
        self.values = [f64::NAN; 2];
    }
}
