//! Market impact in whole numbers: powers and roots of a fill's share of its bar's volume, rounded up once.
//!
//! Everything is a ratio of integers until the last step, so no platform's floats decide about a digit.

use ethnum::U256;
use workbench_market::number::{Price, Quantity};
use workbench_market::{Error, Result};

/// Without its common divisor.
fn reduced(a: i128, b: i128) -> (U256, U256) {
    const fn divisor(a: u128, b: u128) -> u128 {
        if b == 0 { a } else { divisor(b, a % b) }
    }
    let (a, b) = (a.unsigned_abs(), b.unsigned_abs());
    let common = divisor(a, b).max(1);
    (U256::from(a / common), U256::from(b / common))
}

fn times(a: U256, b: U256) -> Result<U256> {
    a.checked_mul(b).ok_or_else(|| Error::Range("the impact leaves the exact range of 256 bits; lower it".into()))
}

/// `price x impact` as a ratio at Price's scale.
fn product(price: Price, impact: Price) -> Result<(U256, U256)> {
    let (impact, one) = reduced(impact.raw(), Price::ONE.raw());
    Ok((times(U256::from(price.raw().unsigned_abs()), impact)?, one))
}

/// The price of that raw value, if it has one.
fn raised(raw: U256) -> Result<Price> {
    i128::try_from(raw)
        .map_err(|_| Error::Range("the impact leaves the range of prices; lower it".into()))
        .and_then(Price::new)
}

/// `price x impact x share^2`, up.
pub fn square(price: Price, impact: Price, quantity: Quantity, volume: Quantity) -> Result<Price> {
    let ((a, b), (q, v)) = (product(price, impact)?, reduced(quantity.raw(), volume.raw()));
    let (top, bottom) = (times(a, times(q, q)?)?, times(b, times(v, v)?)?);
    let whole = top / bottom;
    raised(if top % bottom == U256::ZERO { whole } else { whole + U256::ONE })
}

/// `price x impact x sqrt(share)`, up.
pub fn square_root(price: Price, impact: Price, quantity: Quantity, volume: Quantity) -> Result<Price> {
    let ((a, b), (q, v)) = (product(price, impact)?, reduced(quantity.raw(), volume.raw()));
    let (top, bottom) = (times(times(a, a)?, q)?, times(times(b, b)?, v)?);
    let root = floor_root(top / bottom);
    raised(if times(times(root, root)?, bottom)? < top { root + U256::ONE } else { root })
}

/// The largest whole number whose square is at most `n`: Newton's method from above.
fn floor_root(n: U256) -> U256 {
    if n == U256::ZERO {
        return n;
    }
    let mut root = U256::ONE << (U256::BITS - n.leading_zeros()).div_ceil(2);
    loop {
        let next = (root + n / root) >> 1;
        if next >= root {
            return root;
        }
        root = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_the_largest_that_fit() {
        for (n, root) in [(0_u128, 0_u128), (1, 1), (3, 1), (4, 2), (99, 9), (100, 10), (u128::MAX, u64::MAX as u128)] {
            assert_eq!(floor_root(U256::from(n)), U256::from(root), "{n}");
        }
        assert_eq!(floor_root(U256::MAX), U256::from(u128::MAX));
    }

    #[test]
    fn impact_is_rounded_up_once() {
        let (price, quantity) = (|t| Price::parse(t).unwrap(), |t| Quantity::parse(t).unwrap());
        let table = [
            ("100", "0.1", "10", "100", "0.1", "3.162277660169"), // 10 x 0.1^2, 10 x sqrt(0.1) = 3.16227766016837...
            ("100", "0.1", "25", "100", "0.625", "5"),
            ("0.000000000001", "1", "1", "3", "0.000000000001", "0.000000000001"),
            ("100", "0", "10", "100", "0", "0"),
            ("10", "1", "3", "1", "90", "17.320508075689"), // 10 x 3^2, 10 x sqrt(3) = 17.3205080756887...
        ];
        for (p, impact, q, v, squared, rooted) in table {
            let (p, impact, q, v) = (price(p), price(impact), quantity(q), quantity(v));
            assert_eq!(square(p, impact, q, v).unwrap(), price(squared), "{p} {impact} {q} {v}");
            assert_eq!(square_root(p, impact, q, v).unwrap(), price(rooted), "{p} {impact} {q} {v}");
        }
        let most = (Price::from_raw(10_i128.pow(38) - 1), Price::from_raw(10_i128.pow(24) - 1));
        let tiny = Quantity::from_raw(10_i128.pow(30) + 1);
        assert!(matches!(square_root(most.0, most.1, tiny, Quantity::ONE), Err(Error::Range(_))));
    }
}
