//! Functions of the one number at a bar: logarithm, exponential, root, size and sign.
//!
//! Nothing is remembered, so an undefined input has no value at its bar and changes nothing else. Logarithm and exponential
//! do not come from the platform's library: a rule that asks for an order decides alike wherever it runs.

use crate::over::Kernel;

/// One function, compiled anew for each.
pub(crate) struct Elementwise<F>(pub F);

impl<F: Fn(f64) -> f64 + Copy + Send + Sync> Kernel<1> for Elementwise<F> {
    #[inline]
    fn push(&mut self, [x]: [f64; 1]) -> f64 {
        let value = (self.0)(x);
        if value.is_finite() { value } else { f64::NAN }
    }

    fn lookback(&self) -> usize {
        0
    }

    fn fresh(&self) -> Elementwise<F> {
        Elementwise(self.0)
    }
}

/// 1 above zero, -1 below it, 0 at it.
#[inline]
pub(crate) fn sign(x: f64) -> f64 {
    if x == 0.0 { 0.0 } else { x.signum() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_value_is_undefined() {
        let none = f64::NAN;
        type Row = (fn(f64) -> f64, f64, f64);
        let table: [Row; 13] = [
            (libm::log, 1.0, 0.0),
            (libm::log, 0.0, none),
            (libm::log, -1.0, none),
            (libm::log, none, none),
            (libm::exp, 0.0, 1.0),
            (libm::exp, 710.0, none),
            (libm::exp, -800.0, 0.0),
            (f64::sqrt, 9.0, 3.0),
            (f64::sqrt, -1.0, none),
            (f64::abs, -2.5, 2.5),
            (sign, -2.5, -1.0),
            (sign, -0.0, 0.0),
            (sign, none, none),
        ];
        for (function, x, wanted) in table {
            let found = Elementwise(function).push([x]);
            assert!(found == wanted || found.is_nan() && wanted.is_nan(), "{x}: {found}, not {wanted}");
        }
    }
}
