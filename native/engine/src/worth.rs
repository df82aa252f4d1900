//! What a holding is worth at many closes, as floats: each is the one nearest to the exact amount.
//!
//! The one idea: sums of two floats carry more digits than an amount needs, and where one lies too near to the middle of
//! two floats to be certain, exact arithmetic decides.

use workbench_market::decimal::{PAIR_ERROR, bounds, float_pair, known_ticks, whole_ticks};
use workbench_market::instrument::Instrument;
use workbench_market::number::{Money, Quantity};
use workbench_market::{Result, widened};

/// Puts the worth of a holding at each close, and that with so much cash, into places of the same length; closes with so
/// many digits, none where they are ticks already.
pub fn worths(
    instrument: &Instrument,
    (cash, held): (Money, Quantity),
    (closes, digits): (&[f64], u32),
    positions: &mut [f64],
    equity: &mut [f64],
) -> Result<()> {
    if held.is_zero() {
        positions.fill(0.0);
        equity.fill(cash.to_f64());
        return Ok(());
    }
    let per_tick = instrument.value(held, instrument.price(1))?;
    let (cash_pair, tick_pair) = (float_pair(cash.raw(), 20), float_pair(per_tick.raw(), 20));
    let power = workbench_market::decimal::float_power(digits);
    if certain(cash_pair, tick_pair, closes, power, positions, equity) {
        return Ok(());
    }
    for (at, &close) in closes.iter().enumerate() {
        let value = instrument.value(held, instrument.price(known_ticks(close, digits)))?;
        (positions[at], equity[at]) = (value.to_f64(), cash.plus(value)?.to_f64());
    }
    Ok(())
}

widened! {
    /// The float nearest to cash + holding x price at each close; false where one of them is not certain.
    fn certain(
        cash: (f64, f64),
        per_tick: (f64, f64),
        closes: &[f64],
        power: f64,
        positions: &mut [f64],
        equity: &mut [f64],
    ) -> bool {
        let mut doubts = 0;
        for ((&close, position), equity) in closes.iter().zip(positions).zip(equity) {
            let mark = whole_ticks(close, power);
            let value = per_tick.0 * mark;
            let rest = per_tick.0.mul_add(mark, -value) + per_tick.1 * mark;
            let (worth, doubt) = nearest(value, rest, value.abs());
            let sum = cash.0 + value;
            let kept = sum - cash.0;
            let lost = (cash.0 - (sum - kept)) + (value - kept);
            // What cancels leaves a small sum with the errors of its parts.
            let (total, other) = nearest(sum, lost + (cash.1 + rest), cash.0.abs() + value.abs());
            (*position, *equity) = (worth, total);
            doubts |= doubt | other;
        }
        doubts == 0
    }
}

/// The nearest float to a sum of parts of this size, and bits that are set where it is not certain.
#[inline(always)]
fn nearest(high: f64, low: f64, size: f64) -> (f64, u64) {
    let (most, least) = bounds(high, low, size * PAIR_ERROR);
    (most, most.to_bits() ^ least.to_bits())
}

#[cfg(test)]
mod tests {
    use super::*;
    use workbench_market::number::Price;

    #[test]
    fn the_middle_of_two_floats_is_left_to_exact_arithmetic() {
        let (mut equity, mut held) = ([0.0], [0.0]);
        // 2^53 + 1 has no float of its own.
        assert!(!certain((9_007_199_254_740_992.0, 0.0), (1.0, 0.0), &[1.0], 1.0, &mut held, &mut equity));
    }

    /// Cash and a holding of a negative close, or a debt and a holding, that leave next to nothing of each other.
    #[test]
    fn what_cancels_is_exact_too() {
        let instrument = Instrument {
            name: "CL".into(),
            price_digits: 2,
            quantity_digits: 8,
            price_step: Price::parse("0.01").unwrap(),
            quantity_step: Quantity::from_raw(1),
            min_notional: Money::ZERO,
            multiplier: Quantity::ONE,
            kind: workbench_market::instrument::Kind::Spot,
            margins: None,
            has_volume: false,
        };
        let mut left = 1;
        for round in 1..2_000_i128 {
            let held = Quantity::from_raw(12_345_678_901_234 + round * 7_919);
            let close = if round % 2 == 0 { -37.63 } else { 37.63 };
            let value = instrument.value(held, instrument.price(known_ticks(close, 2))).unwrap();
            left = left * 31 % 1_000_003;
            let cash = Money::from_raw(left).minus(value).unwrap();
            let (mut equity, mut positions) = ([0.0; 5], [0.0; 5]);
            worths(&instrument, (cash, held), (&[close; 5], 2), &mut positions, &mut equity).unwrap();
            assert_eq!(positions, [value.to_f64(); 5], "{round}");
            assert_eq!(equity, [Money::from_raw(left).to_f64(); 5], "{round}");
        }
    }
}
