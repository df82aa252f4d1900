//! Numbers at the door: text and floats become exact decimals, exact decimals become text and floats.
//!
//! A float means its shortest decimal. One within 4 ulp of a multiple of the step means that multiple, so that
//! `0.1 + 0.2` is `0.3` on any grid that knows tenths.

use std::fmt::{self, Write as _};

use ethnum::I256;

use crate::error::{Error, Result};
use crate::number::{MAX, Rounding, divide_wide, in_range, mul_div};

/// `coefficient x 10^exponent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    coefficient: i128,
    exponent: i32,
}

const ULPS: f64 = 4.0;
/// Ticks below this bound are exact: a product of float and power of ten is then off by less than half a tick.
pub const TICKS_MAX: f64 = (1_i64 << 51) as f64;

fn unreadable(text: &str) -> Error {
    Error::Number(format!("{text:?} is not a number; write it like 12, -0.5 or 1e-3"))
}

const ROUNDER: f64 = 1.5 * (1_i64 << 52) as f64;

/// 10^n for n in 0..=38.
pub const fn power(n: u32) -> i128 {
    WHOLE_POWERS[n as usize]
}

/// A table, because every price of every bar needs one of them.
const WHOLE_POWERS: [i128; 39] = {
    let mut powers = [1; 39];
    let mut n = 1;
    while n < 39 {
        powers[n] = powers[n - 1] * 10;
        n += 1;
    }
    powers
};

impl Decimal {
    /// Reads `[+-]digits[.digits][e[+-]digits]`; an underscore may group digits.
    pub fn parse(text: &str) -> Result<Self> {
        let clean = text.trim();
        let (mantissa, exponent) = match clean.find(['e', 'E']) {
            Some(at) => (&clean[..at], clean[at + 1..].parse::<i32>().map_err(|_| unreadable(text))?),
            None => (clean, 0),
        };
        let (sign, digits) = match mantissa.as_bytes().first() {
            Some(b'-') => (-1, &mantissa[1..]),
            Some(b'+') => (1, &mantissa[1..]),
            _ => (1, mantissa),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let (coefficient, dropped) = read_digits(whole, fraction).ok_or_else(|| unreadable(text))??;
        let places = fraction.bytes().filter(u8::is_ascii_digit).count() as i32 - dropped;
        Ok(Self { coefficient: sign * coefficient, exponent: exponent.saturating_sub(places) })
    }

    /// The shortest decimal that reads back as `x`.
    pub fn from_f64(x: f64) -> Result<Self> {
        if !x.is_finite() {
            return Err(Error::Number(format!("{x} is not a number; give a finite one")));
        }
        // Rust writes the shortest digits, such as -1.25e-7: at most 17 of them, without zeros at the end.
        let mut written = Written::default();
        let unwritten = |_| unreadable(&x.to_string());
        write!(written, "{x:e}").map_err(unwritten)?;
        let (mantissa, exponent) = written.text().split_once('e').ok_or_else(|| unreadable(&x.to_string()))?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = whole.bytes().chain(fraction.bytes()).filter(u8::is_ascii_digit);
        let coefficient = digits.fold(0, |sum, digit| sum * 10 + i128::from(digit - b'0'));
        let exponent = exponent.parse::<i32>().map_err(|_| unreadable(&x.to_string()))?;
        let sign = if x < 0.0 { -1 } else { 1 };
        Ok(Self { coefficient: sign * coefficient, exponent: exponent - fraction.len() as i32 })
    }

    pub const fn whole(n: i64) -> Self {
        Self { coefficient: n as i128, exponent: 0 }
    }

    pub const fn is_negative(self) -> bool {
        self.coefficient < 0
    }

    /// The raw value at `scale`; digits beyond it are refused.
    pub fn exact(self, scale: u32) -> Result<i128> {
        let raw = self.rounded(scale, 1, Rounding::TowardZero)?;
        if self.rounded(scale, 1, Rounding::Floor)? == raw && self.rounded(scale, 1, Rounding::Ceil)? == raw {
            return Ok(raw);
        }
        Err(Error::Number(format!("{} has more than {scale} digits after the point; round it first", self.text())))
    }

    /// The raw value at `scale` on a multiple of `step` (raw, too).
    pub fn rounded(self, scale: u32, step: i128, rounding: Rounding) -> Result<i128> {
        let shift = self.exponent.saturating_add(scale as i32);
        let too_large = || Error::Range(format!("{} is beyond the exact range of +-(10^38 - 1)", self.text()));
        let count = if self.coefficient == 0 {
            0
        } else if shift > 38 {
            return Err(too_large());
        } else if shift >= 0 {
            mul_div(self.coefficient, power(shift as u32), step, rounding)?
        } else {
            self.shrunk(shift.unsigned_abs(), step, rounding)?
        };
        in_range(count.checked_mul(step).ok_or_else(too_large)?, "the number")
    }

    /// `coefficient / (10^places x step)`, where the divisor may be larger than i128.
    fn shrunk(self, places: u32, step: i128, rounding: Rounding) -> Result<i128> {
        if places > 38 {
            // The coefficient is below 10^38, so the value is below a tenth of a step and only its sign counts.
            return mul_div(self.coefficient.signum(), 1, 10, rounding);
        }
        divide_wide(I256::from(self.coefficient), I256::from(power(places)) * I256::from(step), rounding)
    }

    /// The number as it is written in messages.
    pub fn text(self) -> String {
        if self.exponent == 0 {
            self.coefficient.to_string()
        } else {
            format!("{}e{}", self.coefficient, self.exponent)
        }
    }
}

/// Room for a float's text without an allocation: sign, 17 digits, point and exponent are at most 24 bytes.
#[derive(Default)]
struct Written {
    bytes: [u8; 32],
    length: usize,
}

impl Written {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

impl fmt::Write for Written {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        self.bytes.get_mut(self.length..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

/// The digits as one integer, and how many trailing zeros of the fraction were left out to make it fit.
fn read_digits(whole: &str, fraction: &str) -> Option<Result<(i128, i32)>> {
    let clean = |part: &str| part.bytes().filter(|&b| b != b'_').collect::<Vec<u8>>();
    let (mut digits, mut tail) = (clean(whole), clean(fraction));
    if digits.is_empty() && tail.is_empty() || digits.iter().chain(&tail).any(|b| !b.is_ascii_digit()) {
        return None;
    }
    let length = tail.len();
    while tail.last() == Some(&b'0') {
        tail.pop();
    }
    let dropped = (length - tail.len()) as i32;
    digits.append(&mut tail);
    let value = digits.iter().try_fold(0_i128, |sum, b| sum.checked_mul(10)?.checked_add(i128::from(b - b'0')));
    Some(match value {
        Some(value) if value <= MAX => Ok((value, dropped)),
        _ => Err(Error::Range("a number of more than 38 digits is beyond the exact range; shorten it".into())),
    })
}

/// A float put on a multiple of `step` at `scale`: within 4 ulp of one it is that one, else it is rounded as asked.
pub fn float_on_step(x: f64, scale: u32, step: i128, rounding: Rounding) -> Result<i128> {
    let decimal = Decimal::from_f64(x)?;
    let nearest = decimal.rounded(scale, step, Rounding::HalfEven)?;
    let ulp = x.abs().next_up() - x.abs();
    if (x - to_f64(nearest, scale)).abs() <= ULPS * ulp {
        return Ok(nearest);
    }
    decimal.rounded(scale, step, rounding)
}

/// The ticks of a value that [`ticks`] has taken before.
#[inline]
pub fn known_ticks(x: f64, digits: u32) -> i64 {
    whole_ticks(x, POWERS[digits as usize]) as i64
}

/// The same as a float, with the power of ten that its digits stand for.
#[inline(always)]
pub fn whole_ticks(x: f64, power: f64) -> f64 {
    // Adding 1.5 x 2^52 leaves no bits for a fraction, so the addition itself rounds half to even.
    (x * power + ROUNDER) - ROUNDER
}

/// 10^digits as a float, which is exact up to 10^22.
pub fn float_power(digits: u32) -> f64 {
    POWERS[digits as usize]
}

/// `round_half_even(x x 10^digits)` of a column value.
pub fn ticks(x: f64, digits: u32) -> Result<i64> {
    if (x * POWERS[digits as usize]).abs() < TICKS_MAX {
        return Ok(known_ticks(x, digits));
    }
    if x.is_finite() {
        return Err(Error::Range(format!("{x} at {digits} digits has 2^51 ticks or more; declare fewer digits")));
    }
    Err(Error::Number(format!("{x} is not a number; give a finite one")))
}

/// The nearest float64 of `raw / 10^scale`.
pub fn to_f64(raw: i128, scale: u32) -> f64 {
    if scale <= 22 {
        // Both are exact below 2^53 and 10^22, and one division rounds once.
        if raw.unsigned_abs() < 1 << 53 {
            return raw as f64 / POWERS[scale as usize];
        }
        let (high, low) = float_pair(raw, scale);
        let (nearest, other) = bounds(high, low, high.abs() * PAIR_ERROR);
        if nearest == other {
            return nearest;
        }
    }
    text(raw, scale).parse().unwrap_or(f64::NAN)
}

/// What `float_pair` may be off by, in parts of its value, with room for one product or sum more.
pub const PAIR_ERROR: f64 = 1.0 / (1_u128 << 97) as f64;

/// `raw / 10^scale` as the sum of two floats; the scale is at most 22, so that the power of ten is a float.
#[inline]
pub fn float_pair(raw: i128, scale: u32) -> (f64, f64) {
    let power = POWERS[scale as usize];
    let (near, rest) = whole_pair(raw);
    let high = near / power;
    // The remainder of a division is a float, and the fused step finds it without rounding.
    let low = ((-high).mul_add(power, near) + rest) / power;
    (high + low, low - ((high + low) - high))
}

/// A whole number as the sum of two floats: its parts of 32 bits are floats, the upper ones of 53 bits at most.
#[inline]
fn whole_pair(raw: i128) -> (f64, f64) {
    let upper = (raw >> 64) as i64;
    if upper.unsigned_abs() >= 1 << 53 {
        let near = raw as f64;
        return (near, raw.saturating_sub(near as i128) as f64);
    }
    let lower = raw as u64;
    let parts = (upper as f64 * WORD, (lower >> 32) as f64 * HALF_WORD, (lower & 0xFFFF_FFFF) as f64);
    let tail = parts.1 + parts.2;
    let high = parts.0 + tail;
    let kept = high - parts.0;
    let low = (parts.0 - (high - kept)) + (tail - kept);
    // The tail has 64 bits; what its sum rounds away is a float too.
    (high, low + ((parts.1 - tail) + parts.2))
}

const WORD: f64 = (1_u128 << 64) as f64;
const HALF_WORD: f64 = (1_u64 << 32) as f64;

/// The floats nearest to the ends of what a number within `error` of `high + low` can be: where they are one, it is the
/// float nearest to the number, else the number lies too near to the middle of two floats.
#[inline(always)]
pub fn bounds(high: f64, low: f64, error: f64) -> (f64, f64) {
    (high + (low + error), high + (low - error))
}

const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// `raw / 10^scale` in plain digits, without trailing zeros.
pub fn text(raw: i128, scale: u32) -> String {
    let digits = format!("{:0>width$}", raw.unsigned_abs(), width = scale as usize + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale as usize);
    let fraction = fraction.trim_end_matches('0');
    let sign = if raw < 0 { "-" } else { "" };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_exact() {
        let table = [
            ("1", 2, 100),
            ("-1.25", 2, -125),
            ("1e-2", 2, 1),
            ("1_000.50", 2, 100_050),
            (".5", 1, 5),
            ("5.", 0, 5),
            ("1E+2", 0, 100),
            ("0.10000000000000000000000000000000000000000000", 2, 10),
            ("+3", 0, 3),
            ("0e-99", 2, 0),
        ];
        for (given, scale, raw) in table {
            assert_eq!(Decimal::parse(given).unwrap().exact(scale), Ok(raw), "{given}");
        }
    }

    #[test]
    fn bad_text_is_refused() {
        for given in ["", ".", "-", "1.2.3", "abc", "1e", "NaN", "inf", "0x10", "1 2"] {
            assert!(matches!(Decimal::parse(given), Err(Error::Number(_))), "{given}");
        }
        assert!(matches!(Decimal::parse("1.001").unwrap().exact(2), Err(Error::Number(_))));
        assert!(matches!(Decimal::parse("1e-200").unwrap().exact(2), Err(Error::Number(_))));
        assert!(matches!(Decimal::parse("1e200").unwrap().exact(2), Err(Error::Range(_))));
        assert!(matches!(Decimal::parse(&"9".repeat(40)), Err(Error::Range(_))));
    }

    #[test]
    fn floats_near_a_step_are_that_step() {
        assert_eq!(float_on_step(0.1 + 0.2, 12, power(11), Rounding::Floor), Ok(3 * power(11)));
        assert_eq!(float_on_step(0.3 - 1e-9, 12, power(11), Rounding::Floor), Ok(2 * power(11)));
        assert_eq!(float_on_step(1e-30, 12, power(10), Rounding::Ceil), Ok(power(10)));
        assert!(matches!(float_on_step(f64::NAN, 12, 1, Rounding::Floor), Err(Error::Number(_))));
    }

    #[test]
    fn a_float_is_its_shortest_text() {
        let mut draws = crate::draws::Draws::new(1);
        let edges = [0.0, -0.0, 1.0, -0.1, 1e22, 5e-324, f64::MAX, f64::MIN_POSITIVE, 0.1 + 0.2, 123_456_789.5];
        let mut floats = edges.to_vec();
        for _ in 0..20_000 {
            floats.push(f64::from_bits(draws.bits()));
        }
        for x in floats.into_iter().filter(|x| x.is_finite()) {
            assert_eq!(Decimal::from_f64(x), Decimal::parse(&format!("{x:e}")), "{x:e}");
        }
    }

    #[test]
    fn the_nearest_float_is_what_the_text_reads_as() {
        let mut draws = crate::draws::Draws::new(2);
        for _ in 0..50_000 {
            let (size, scale) = (draws.below(127), draws.below(25) as u32);
            let raw = ((i128::from(draws.bits() as i64) << 64) | i128::from(draws.bits())) >> size;
            let wanted: f64 = text(raw, scale).parse().unwrap();
            assert_eq!(to_f64(raw, scale).to_bits(), wanted.to_bits(), "{raw} at {scale}");
        }
    }

    #[test]
    fn ticks_and_back() {
        assert_eq!(ticks(101.37, 2), Ok(10_137));
        assert_eq!(ticks(0.125, 2), Ok(12));
        assert!(matches!(ticks(1e14, 2), Err(Error::Range(_))));
        assert!(matches!(ticks(f64::INFINITY, 2), Err(Error::Number(_))));
        assert_eq!(to_f64(97_344_413_000_000_000_000_000_000, 20), 973_444.13);
        // 2^54 + 1 lies in the middle of two floats, and the even one is taken.
        assert_eq!(to_f64((1 << 54) + 1, 0), (1_u64 << 54) as f64);
        assert_eq!(to_f64(((1 << 54) + 1) * power(10), 10), (1_u64 << 54) as f64);
        assert_eq!(text(-5, 2), "-0.05");
    }
}
