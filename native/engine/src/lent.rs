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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::{Series, Span};
    use workbench_market::bar::Ohlcv;

    fn share() -> Instrument {
        Instrument::new("X", 2, 0)
    }

    /// Three rows of a microsecond each: opens, closes, five numbers for all of them but the one that is changed.
    fn table(opens_us: [i64; 3], closes_us: [i64; 3], changed: Option<(usize, f64)>) -> Lent {
        let mut numbers = [10.0, 12.0, 9.0, 11.0, 100.0].map(|number| vec![number; 3]);
        if let Some((column, number)) = changed {
            numbers[column][1] = number;
        }
        let numbers = numbers.map(Into::into);
        Lent {
            opens_us: opens_us.to_vec().into(),
            closes_us: closes_us.to_vec().into(),
            sessions: vec![5, 5, 6].into(),
            numbers,
        }
    }

    /// The same rows, added one by one.
    fn pushed(table: &Lent) -> workbench_market::Result<Series> {
        let mut series = Series::default();
        for row in 0..3 {
            let [open, high, low, close, volume] = table.numbers.each_ref().map(|column| column[row]);
            let bar = Ohlcv { open, high, low, close, volume, session: f64::NAN, time: f64::NAN };
            let times = [&table.opens_us, &table.closes_us].map(|times| times[row].saturating_mul(1_000));
            series.push(Span { open_ns: times[0], close_ns: times[1], session: table.sessions[row] }, bar, &share())?;
        }
        Ok(series)
    }

    #[test]
    fn a_table_is_taken_if_each_of_its_rows_would_be() {
        let (opens, closes, most) = ([0, 1, 2], [1, 2, 3], i64::MAX / 1_000);
        let table_of = [
            (table(opens, closes, None), true),
            (table([0, 1, 9], [1, 2, most], None), true),
            (table([0, 1, 9], [1, 2, most + 1], None), false),
            (table([-most - 1, 1, 2], closes, None), false),
            (table(opens, [1, 3, 4], None), false),
            (table(opens, [1, 1, 3], None), false),
            (table(opens, closes, Some((0, f64::NAN))), false),
            (table(opens, closes, Some((1, f64::INFINITY))), false),
            (table(opens, closes, Some((2, -3e13))), false),
            (table(opens, closes, Some((3, 3e13))), false),
            (table(opens, closes, Some((3, -20.0))), true),
            (table(opens, closes, Some((4, f64::NAN))), true),
            (table(opens, closes, Some((4, -f64::NAN))), true),
            (table(opens, closes, Some((4, f64::INFINITY))), false),
            (table(opens, closes, Some((4, 3e15))), false),
        ];
        for (table, is_taken) in table_of {
            assert_eq!(Series::default().lend(table.clone(), &share()), is_taken, "{table:?}");
            if table.closes_us[2] <= most && table.opens_us[0] >= -most {
                assert_eq!(pushed(&table).is_ok(), is_taken, "{table:?}");
            }
        }
    }

    #[test]
    fn lent_rows_are_those_that_were_added() {
        let table = table([0, 1, 2], [1, 2, 3], Some((3, -20.0)));
        let (mut lent, mut own) = (Series::default(), pushed(&table).unwrap());
        assert!(lent.lend(table.clone(), &share()) && !lent.clone().lend(table, &share()), "once only");
        for round in 0..2 {
            for row in 0..lent.len() {
                assert_eq!((lent.span(row), lent.bar(row)), (own.span(row), own.bar(row)), "{round}");
                assert_eq!(lent.ticks(row, &share()), own.ticks(row, &share()));
            }
            let mut times: [Vec<i64>; 2] = Default::default();
            lent.add_closes_us(0..3, &mut times[0]);
            own.add_closes_us(0..3, &mut times[1]);
            assert_eq!(times[0], times[1]);
            assert_eq!(lent.rows_until(2_000), 2);
            assert_eq!((lent.most(&share()).to_string(), own.most(&share()).to_string()), ("20".into(), "20".into()));
            assert!(lent.has_sessions_in_order());
            // A row more turns what was lent into rows of its own.
            for series in [&mut lent, &mut own] {
                let span = Span { open_ns: 3_000 + round, close_ns: 3_001 + round, session: 6 };
                series.push(span, own_bar(), &share()).unwrap();
            }
        }
        let late = Span { open_ns: 9_000, close_ns: 9_001, session: 4 };
        lent.push(late, own_bar(), &share()).unwrap();
        assert!(!lent.has_sessions_in_order());
    }

    const fn own_bar() -> Ohlcv {
        Ohlcv { open: 1.0, high: 1.0, low: 1.0, close: 1.0, volume: 7.0, session: 0.0, time: 0.0 }
    }
}
