//! Whether a table of bars can be taken as it is: every rule that a single row is checked by, in loops over columns.

use workbench_market::decimal::{TICKS_MAX, float_power};
use workbench_market::instrument::Instrument;
use workbench_market::widened;

use crate::series::Lent;

const SIGN: u64 = 1 << 63;

/// The close that is farthest from zero; None where some row must be refused.
pub(crate) fn checked(table: &Lent, instrument: &Instrument) -> Option<f64> {
    let [open, high, low, close, volume] = &table.numbers;
    let (price, quantity) = (float_power(instrument.price_digits), float_power(instrument.quantity_digits));
    let most = [open, high, low, close].map(|column| f64::from_bits(largest(column)));
    let volume = f64::from_bits(largest_known(volume));
    // Where one of them is no number, the comparison fails.
    let is_counted = most.iter().all(|most| most * price < TICKS_MAX) && volume * quantity < TICKS_MAX;
    (is_counted && are_in_order(&table.opens_us, &table.closes_us)).then_some(most[3])
}

widened! {
    /// Floats without their sign are in the order of their bits, what is no number the last.
    fn largest(values: &[f64]) -> u64 {
        values.iter().fold(0_i64, |most, value| most.max((value.to_bits() & !SIGN) as i64)) as u64
    }
}

widened! {
    /// The same of those that are known.
    fn largest_known(values: &[f64]) -> u64 {
        let endless = f64::INFINITY.to_bits() as i64;
        let known = |bits: i64| if bits > endless { 0 } else { bits };
        values.iter().fold(0_i64, |most, value| most.max(known((value.to_bits() & !SIGN) as i64))) as u64
    }
}

/// Whether each row begins where or after the one before it ended, and all lie within what nanoseconds can say.
fn are_in_order(opens_us: &[i64], closes_us: &[i64]) -> bool {
    let (Some(first), Some(last)) = (opens_us.first(), closes_us.last()) else { return true };
    let is_within = |time: i64| time.checked_mul(1_000).is_some();
    is_within(*first) && is_within(*last) && follow(&opens_us[1..], closes_us) && precede(opens_us, closes_us)
}

widened! {
    fn follow(opens: &[i64], closes: &[i64]) -> bool {
        opens.iter().zip(closes).fold(true, |all, (open, close)| all & (open >= close))
    }
}

widened! {
    fn precede(opens: &[i64], closes: &[i64]) -> bool {
        opens.iter().zip(closes).fold(true, |all, (open, close)| all & (open < close))
    }
}
