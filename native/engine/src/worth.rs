//! What a holding is worth at many closes, as floats: each is the one nearest to the exact amount.
//!
//! The one idea: sums of two floats carry more digits than an amount needs, and where one lies too near to the middle of
//! two floats to be certain, exact arithmetic decides.

use workbench_market::decimal::{PAIR_ERROR, float_pair, known_ticks, rounded_once, whole_ticks};
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
    if cash.raw() >= 0 && certain(cash_pair, tick_pair, closes, power, positions, equity) {
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
        let (equity, positions) = (&mut equity[..closes.len()], &mut positions[..closes.len()]);
        let mut is_certain = true;
        for (at, &close) in closes.iter().enumerate() {
            let mark = whole_ticks(close, power);
            let value = per_tick.0 * mark;
            let rest = per_tick.0.mul_add(mark, -value) + per_tick.1 * mark;
            let (position, sure) = nearest(value, rest);
            let sum = cash.0 + value;
            let kept = sum - cash.0;
            let lost = (cash.0 - (sum - kept)) + (value - kept);
            let (worth, surely) = nearest(sum, lost + (cash.1 + rest));
            (equity[at], positions[at]) = (worth, position);
            is_certain &= sure & surely;
        }
        is_certain
    }
}

/// The nearest float, and whether it is certain.
#[inline(always)]
fn nearest(high: f64, low: f64) -> (f64, bool) {
    let found = rounded_once(high, low, high.abs() * PAIR_ERROR);
    (found.unwrap_or(0.0), found.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_two_floats_is_left_to_exact_arithmetic() {
        let (mut equity, mut held) = ([0.0], [0.0]);
        // 2^53 + 1 has no float of its own.
        assert!(!certain((9_007_199_254_740_992.0, 0.0), (1.0, 0.0), &[1.0], 1.0, &mut held, &mut equity));
    }
}
