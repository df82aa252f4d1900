//! A running sum whose error does not grow: Neumaier's compensated summation.
//!
//! `high + low` is the sum; `low` collects exactly what each addition to `high` rounds away (Neumaier 1974, with Knuth's
//! branch-free two-sum), so after any number of additions and removals only `low` itself carries a second-order error.

/// A sum as an unevaluated pair of floats.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sum {
    high: f64,
    low: f64,
}

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

    #[inline]
    pub fn value(&self) -> f64 {
        self.high + self.low
    }
}
