//! Two inputs joined by arithmetic, a comparison or a rule's `&` and `|`, defined at the bars where both are.
//!
//! A rule is 1 where it holds and 0 where it does not. What is not finite (a division by zero, an overflow) is undefined.

use workbench_market::bar::Ohlcv;

use crate::indicator::Indicator;
use crate::longer::{Closed, Waiting};
use crate::source::Source;

/// What becomes of two defined inputs.
pub(crate) type Operator = fn(f64, f64) -> f64;

/// The operator of this name, if there is one.
pub(crate) fn operator(name: &str) -> Option<Operator> {
    Some(match name {
        "add" => |a, b| a + b,
        "sub" => |a, b| a - b,
        "mul" => |a, b| a * b,
        "div" => |a, b| a / b,
        "lt" => |a, b| f64::from(a < b),
        "le" => |a, b| f64::from(a <= b),
        "gt" => |a, b| f64::from(a > b),
        "ge" => |a, b| f64::from(a >= b),
        // Both are 1 or 0 here.
        "and" => f64::min,
        "or" => f64::max,
        _ => return None,
    })
}

pub(crate) struct Pair {
    left: Source,
    right: Source,
    values: [f64; 2],
    operator: Operator,
}

impl Pair {
    pub fn new(left: Source, right: Source, operator: Operator) -> Pair {
        Pair { left, right, values: [f64::NAN; 2], operator }
    }
}

impl Indicator for Pair {
    #[inline]
    fn update(&mut self, bar: &Ohlcv) -> Option<f64> {
        // Both sides take the bar, whether or not the other has a value.
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
        let [left, right] = self.values;
        // A comparison with NaN would be 0, and a minimum would forget it.
        if left.is_nan() || right.is_nan() {
            return None;
        }
        Some((self.operator)(left, right)).filter(|value| value.is_finite())
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
