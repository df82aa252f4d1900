//! Exact numbers: Price, Quantity and Money are i128 with fixed scales 12, 8 and 20.
//!
//! Price x Quantity = Money is exact because 12 + 8 = 20. Whatever leaves +-(10^38 - 1) is an error, never a wrap.
//! Every `a x b / c` goes through [`mul_div`], and every rounding has a name in [`Rounding`].

use std::fmt;

use ethnum::I256;

use crate::decimal::Decimal;
use crate::error::{Error, Result};

/// The largest magnitude at any scale: 38 nines, the range of Decimal128.
pub const MAX: i128 = 10_i128.pow(38) - 1;

/// How a result that does not fit its scale is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    HalfEven,
    TowardZero,
    Floor,
    Ceil,
}

impl Rounding {
    /// Fees, at Money's scale.
    pub const FEE: Self = Self::HalfEven;
    /// The share of a lot's cost that leaves with a part of it, at Money's scale.
    pub const COST_SHARE: Self = Self::HalfEven;
    /// Cash paid for the fraction that a split leaves, at Money's scale.
    pub const CASH_IN_LIEU: Self = Self::HalfEven;
    /// The last close carried over a split, at Price's scale.
    pub const MARK: Self = Self::HalfEven;
    /// Prices shown as an average, at Price's scale; no cash depends on them.
    pub const AVERAGE_PRICE: Self = Self::HalfEven;
    /// What an inverse contract is worth, at Money's scale.
    pub const INVERSE: Self = Self::HalfEven;
    /// What is paid for funding, at Money's scale.
    pub const FUNDING: Self = Self::HalfEven;
    /// An amount in another currency, at Money's scale.
    pub const TRANSLATION: Self = Self::HalfEven;
    /// What an amount buys of another currency: never more than it pays for.
    pub const BOUGHT: Self = Self::TowardZero;
    /// Quantity x price x multiplier, where a holding off its digits leaves more than twenty, at Money's scale.
    pub const VALUE: Self = Self::HalfEven;
    /// Quantity x multiplier, where a holding off its digits leaves more than eight, at Quantity's scale.
    pub const UNITS: Self = Self::HalfEven;
    /// What must be one's own of a position on margin, at Money's scale.
    pub const MARGIN: Self = Self::HalfEven;
    /// Interest and borrow of some days, at Money's scale.
    pub const ACCRUAL: Self = Self::HalfEven;
    /// Sizes: a wish never becomes larger.
    pub const SIZE: Self = Self::TowardZero;
    /// A price a buyer pays or triggers at at most: down.
    pub const BUY_PRICE: Self = Self::Floor;
    /// A price a seller receives or triggers at at least: up.
    pub const SELL_PRICE: Self = Self::Ceil;
    /// A slipped price against a buyer: up.
    pub const SLIPPED_BUY: Self = Self::Ceil;
    /// A slipped price against a seller: down.
    pub const SLIPPED_SELL: Self = Self::Floor;

    /// Whether a truncated quotient of the given sign moves one away from zero.
    fn moves_away(self, negative: bool, quotient_odd: bool, twice_vs_divisor: std::cmp::Ordering) -> bool {
        use std::cmp::Ordering::{Equal, Greater};
        match self {
            Self::TowardZero => false,
            Self::Floor => negative,
            Self::Ceil => !negative,
            Self::HalfEven => twice_vs_divisor == Greater || (twice_vs_divisor == Equal && quotient_odd),
        }
    }

    /// The rounding of this name, as the boundary spells it.
    pub fn named(name: &str) -> Result<Self> {
        match name {
            "half_even" => Ok(Self::HalfEven),
            "toward_zero" => Ok(Self::TowardZero),
            "floor" => Ok(Self::Floor),
            "ceil" => Ok(Self::Ceil),
            _ => Err(Error::Parameter(format!(
                "rounding {name:?} is unknown; use half_even, toward_zero, floor or ceil"
            ))),
        }
    }
}

fn out_of_range(what: &str) -> Error {
    Error::Range(format!("{what} leaves the exact range of +-(10^38 - 1); use smaller amounts"))
}

/// `raw` if it lies in the exact range.
pub fn in_range(raw: i128, what: &str) -> Result<i128> {
    if (-MAX..=MAX).contains(&raw) { Ok(raw) } else { Err(out_of_range(what)) }
}

/// `a x b / c`, rounded; the product has 256 bits, only the result must fit.
pub fn mul_div(a: i128, b: i128, c: i128, rounding: Rounding) -> Result<i128> {
    if c == 0 {
        return Err(Error::Number("a division by zero has no exact result".into()));
    }
    // Steps and rates in lowest terms are a division alone.
    if b == 1 {
        return divide_narrow(a, c, rounding);
    }
    match a.checked_mul(b) {
        Some(product) => divide_narrow(product, c, rounding),
        // A rate such as 10 / 10,000 is one part of a whole number: where the parts cancel, the product stays narrow.
        None if c.checked_rem(b) == Some(0) => divide_narrow(a, c / b, rounding),
        None => divide_wide(I256::from(a) * I256::from(b), I256::from(c), rounding),
    }
}

fn divide_narrow(product: i128, c: i128, rounding: Rounding) -> Result<i128> {
    let (quotient, remainder) = divided(product, c)?;
    if remainder == 0 {
        return in_range(quotient, "the quotient");
    }
    let negative = (product < 0) != (c < 0);
    // Comparing the remainder with what is left of the divisor avoids the overflow of doubling it.
    let rest = c.unsigned_abs() - remainder.unsigned_abs();
    let away = rounding.moves_away(negative, quotient % 2 != 0, remainder.unsigned_abs().cmp(&rest));
    in_range(quotient + if away { if negative { -1 } else { 1 } } else { 0 }, "the quotient")
}

/// Quotient and remainder with one division, in the machine's own words where they suffice: that is several times faster.
fn divided(product: i128, c: i128) -> Result<(i128, i128)> {
    if let (Ok(a), Ok(b)) = (u64::try_from(product), u64::try_from(c)) {
        return Ok((i128::from(a / b), i128::from(a % b)));
    }
    if let (Ok(a), Ok(b)) = (u128::try_from(product), u32::try_from(c)) {
        let (quotient, rest) = by_half_a_word(a, b);
        return Ok((quotient as i128, rest.into()));
    }
    let quotient = product.checked_div(c).ok_or_else(|| out_of_range("the quotient"))?;
    Ok((quotient, product - quotient * c))
}

/// Long division: what is left of the upper digits and half a word of the next ones fit a word together.
fn by_half_a_word(a: u128, b: u32) -> (u128, u64) {
    let (upper, lower, b) = ((a >> 64) as u64, a as u64, u64::from(b));
    let middle = (upper % b) << 32 | lower >> 32;
    let low = (middle % b) << 32 | lower & 0xFFFF_FFFF;
    (u128::from(upper / b) << 64 | u128::from(middle / b) << 32 | u128::from(low / b), low % b)
}

pub(crate) fn divide_wide(product: I256, c: I256, rounding: Rounding) -> Result<i128> {
    let quotient = product / c;
    if quotient.abs() > I256::from(MAX) {
        return Err(out_of_range("the product"));
    }
    let quotient = quotient.as_i128();
    let remainder = product % c;
    if remainder == I256::ZERO {
        return Ok(quotient);
    }
    let negative = (product < I256::ZERO) != (c < I256::ZERO);
    let rest = c.abs() - remainder.abs();
    let away = rounding.moves_away(negative, quotient % 2 != 0, remainder.abs().cmp(&rest));
    in_range(quotient + if away { if negative { -1 } else { 1 } } else { 0 }, "the quotient")
}

/// An exact decimal with `SCALE` digits after the point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fixed<const SCALE: u32>(i128);

/// A price per unit.
pub type Price = Fixed<12>;
/// A number of units.
pub type Quantity = Fixed<8>;
/// An amount of a currency.
pub type Money = Fixed<20>;

impl<const SCALE: u32> Fixed<SCALE> {
    pub const ZERO: Self = Self(0);
    pub const ONE: Self = Self(10_i128.pow(SCALE));
    pub const MOST: Self = Self(MAX);

    /// The number `raw / 10^SCALE`.
    pub fn new(raw: i128) -> Result<Self> {
        Ok(Self(in_range(raw, "the number")?))
    }

    /// A raw value that is in range by construction: a tick, a step, a part of a number in range.
    pub const fn from_raw(raw: i128) -> Self {
        Self(raw)
    }

    pub const fn raw(self) -> i128 {
        self.0
    }

    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    pub const fn negative(self) -> Self {
        Self(-self.0)
    }

    /// How far it is from zero.
    pub const fn abs(self) -> Self {
        Self(self.0.abs())
    }

    #[inline]
    pub fn plus(self, other: Self) -> Result<Self> {
        // Two numbers in range cannot overflow i128: 2 x 10^38 > 1.7 x 10^38 can, hence the checked sum.
        self.0
            .checked_add(other.0)
            .ok_or_else(|| out_of_range("the sum"))
            .and_then(|raw| Ok(Self(in_range(raw, "the sum")?)))
    }

    #[inline]
    pub fn minus(self, other: Self) -> Result<Self> {
        self.plus(other.negative())
    }

    /// `self x b / c` at this scale, where `b` and `c` share a scale of their own.
    pub fn scaled(self, b: i128, c: i128, rounding: Rounding) -> Result<Self> {
        Ok(Self(mul_div(self.0, b, c, rounding)?))
    }

    /// The multiple of `step` next to this number.
    pub fn on_step(self, step: Self, rounding: Rounding) -> Result<Self> {
        let count = mul_div(self.0, 1, step.0, rounding)?;
        Ok(Self(in_range(count.checked_mul(step.0).ok_or_else(|| out_of_range("the number"))?, "the number")?))
    }

    /// Reads text such as `-12.5` or `1e-3`; more digits than the scale holds are refused.
    pub fn parse(text: &str) -> Result<Self> {
        Decimal::parse(text)?.exact(SCALE).map(Self)
    }

    /// The nearest float64.
    pub fn to_f64(self) -> f64 {
        crate::decimal::to_f64(self.0, SCALE)
    }
}

impl Price {
    /// Price x Quantity, exact.
    #[inline]
    pub fn times(self, quantity: Quantity) -> Result<Money> {
        // Two numbers of 64 bits, which most are, have a product in range: it is below 2^126.
        if let (Ok(price), Ok(count)) = (i64::try_from(self.0), i64::try_from(quantity.raw())) {
            return Ok(Money::from_raw(i128::from(price) * i128::from(count)));
        }
        self.0
            .checked_mul(quantity.raw())
            .ok_or_else(|| out_of_range("price x quantity"))
            .and_then(|raw| Ok(Money::from_raw(in_range(raw, "price x quantity")?)))
    }
}

impl<const SCALE: u32> fmt::Display for Fixed<SCALE> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::decimal::text(self.0, SCALE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mul_div_rounds_as_named() {
        use Rounding::*;
        let table = [
            (5, 1, 2, HalfEven, 2),
            (7, 1, 2, HalfEven, 4),
            (-5, 1, 2, HalfEven, -2),
            (5, 1, 2, TowardZero, 2),
            (-5, 1, 2, TowardZero, -2),
            (5, 1, 2, Floor, 2),
            (-5, 1, 2, Floor, -3),
            (5, 1, 2, Ceil, 3),
            (-5, 1, 2, Ceil, -2),
            (5, 1, -2, Floor, -3),
            (8, 1, 3, HalfEven, 3),
            (7, 1, 3, HalfEven, 2),
            (MAX, MAX, MAX, HalfEven, MAX),
            (MAX, 3, 6, Floor, MAX / 2),
            (-MAX, 3, 6, Floor, -(MAX / 2) - 1),
            (MAX, 10_i128.pow(13), 10_i128.pow(16), HalfEven, MAX / 1_000 + 1),
            (MAX, -10_i128.pow(13), 10_i128.pow(16), Floor, -(MAX / 1_000) - 1),
            (MAX, 10_i128.pow(13), -3 * 10_i128.pow(13), Floor, -(MAX / 3)),
        ];
        for (a, b, c, rounding, expected) in table {
            assert_eq!(mul_div(a, b, c, rounding), Ok(expected), "{a} x {b} / {c} {rounding:?}");
        }
    }

    #[test]
    fn long_division_is_division() {
        let mut draws = crate::draws::Draws::new(1);
        for _ in 0..50_000 {
            let a = (u128::from(draws.bits()) << 64 | u128::from(draws.bits())) >> draws.below(128);
            let b = (draws.bits() as u32 >> draws.below(32)).max(1);
            let wide = u128::from(b);
            assert_eq!(by_half_a_word(a, b), (a / wide, (a % wide) as u64), "{a} / {b}");
        }
        assert_eq!(by_half_a_word(u128::MAX, u32::MAX), (u128::MAX / u128::from(u32::MAX), 0));
    }

    #[test]
    fn overflow_and_zero_are_errors() {
        assert!(matches!(mul_div(MAX, MAX, 1, Rounding::Floor), Err(Error::Range(_))));
        assert!(matches!(mul_div(MAX, 2, 1, Rounding::Floor), Err(Error::Range(_))));
        assert!(matches!(mul_div(1, 1, 0, Rounding::Floor), Err(Error::Number(_))));
        assert!(matches!(mul_div(i128::MIN, 1, -1, Rounding::Floor), Err(Error::Range(_))));
        assert!(matches!(Money::new(MAX).unwrap().plus(Money::from_raw(1)), Err(Error::Range(_))));
        assert!(matches!(Price::new(MAX).unwrap().times(Quantity::from_raw(2)), Err(Error::Range(_))));
    }

    #[test]
    fn price_times_quantity_is_exact() {
        let value = Price::parse("101.25").unwrap().times(Quantity::parse("0.00000001").unwrap()).unwrap();
        assert_eq!(value.to_string(), "0.0000010125");
    }

    #[test]
    fn steps() {
        let (price, step) = (Price::parse("10.07").unwrap(), Price::parse("0.05").unwrap());
        assert_eq!(price.on_step(step, Rounding::Floor).unwrap().to_string(), "10.05");
        assert_eq!(price.on_step(step, Rounding::Ceil).unwrap().to_string(), "10.1");
    }
}
