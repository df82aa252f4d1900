//! A running sum whose error does not grow: Neumaier's compensated summation.
//!
//! `high + low` is the sum; `low` collects exactly what each addition to `high` rounds away (Neumaier 1974, with Knuth's
//! branch-free two-sum), so after any number of additions and removals only `low` itself carries a second-order error.

use crate::alike::alike;

/// The upper half of a float's digits; times a window's length either half has fewer than the 53 digits of a float.
const UPPER: u64 = !((1 << 27) - 1);

/// A sum as an unevaluated pair of floats.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sum {
    high: f64,
    low: f64,
}

alike!(Sum: high, low);

impl Sum {
    #[inline]
    pub fn add(&mut self, x: f64) {
        let total = self.high + x;
        let kept = total - self.high;
        self.low += (self.high - (total - kept)) + (x - kept);
        self.high = total;
    }

    /// Takes another sum away, with both of its parts.
    #[inline]
    pub fn take(&mut self, other: Sum) {
        self.add(-other.high);
        self.add(-other.low);
    }

    /// Adds a whole number up to 2,000,000 times `x`, as two products that are exact.
    #[inline]
    pub(crate) fn add_product(&mut self, whole: f64, x: f64) {
        let upper = f64::from_bits(x.to_bits() & UPPER);
        self.add(whole * upper);
        self.add(whole * (x - upper));
    }

    /// Two times the sum.
    #[inline]
    pub(crate) fn twice(self) -> Sum {
        Sum { high: 2.0 * self.high, low: 2.0 * self.low }
    }

    #[inline]
    pub fn value(&self) -> f64 {
        self.high + self.low
    }
}
