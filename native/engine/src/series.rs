//! The bars of one asset as the engine keeps them: floats for strategies, and the ticks that matching takes them for.

use std::ops::Range;

use workbench_indicators::Field;
use workbench_market::bar::Ohlcv;
use workbench_market::decimal::{known_ticks, ticks};
use workbench_market::instrument::Instrument;
use workbench_market::{Error, Result};

/// Open, high, low, close and volume in ticks; an unknown volume is -1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticks {
    pub open: i64,
    pub high: i64,
    pub low: i64,
    pub close: i64,
    volume: i64,
}

impl Ticks {
    /// Refuses a bar whose numbers are no ticks.
    fn check(bar: &Ohlcv, instrument: &Instrument) -> Result<()> {
        for price in [bar.open, bar.high, bar.low, bar.close] {
            ticks(price, instrument.price_digits)?;
        }
        if bar.volume.is_nan() { Ok(()) } else { ticks(bar.volume, instrument.quantity_digits).map(|_| ()) }
    }

    /// The ticks of a bar that was checked when it was added: to work them out again is quicker than to keep them.
    // Inlined, so that what a caller does not read is not worked out.
    #[inline]
    fn of(bar: &Ohlcv, instrument: &Instrument) -> Self {
        let price = |x: f64| known_ticks(x, instrument.price_digits);
        let volume = if bar.volume.is_nan() { -1 } else { known_ticks(bar.volume, instrument.quantity_digits) };
        Self { open: price(bar.open), high: price(bar.high), low: price(bar.low), close: price(bar.close), volume }
    }

    pub fn volume(&self) -> Option<i64> {
        (self.volume >= 0).then_some(self.volume)
    }
}

/// When a bar is: its interval in UTC nanoseconds and its session in days since 1970, which its bar knows too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub open_ns: i64,
    pub close_ns: i64,
    pub session: i32,
}

/// A split as it changed the meaning of earlier rows.
#[derive(Clone, Copy, Debug)]
struct Factor {
    /// Rows before this one are in old units.
    row: usize,
    ratio: (i64, i64),
    new: f64,
    old: f64,
}

/// What is looked at together lies together: with many assets each look comes from far away.
#[derive(Clone, Copy, Debug)]
struct Row {
    open_ns: i64,
    close_ns: i64,
    bar: Ohlcv,
}

/// All bars of one asset, oldest first; rows are added at the end and never changed.
#[derive(Clone, Debug, Default)]
pub struct Series {
    rows: Vec<Row>,
    factors: Vec<Factor>,
}

impl Series {
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub fn reserve(&mut self, rows: usize) {
        self.rows.reserve_exact(rows);
    }

    /// Adds a row; it must begin where or after the last one ended.
    pub fn push(&mut self, span: Span, bar: Ohlcv, instrument: &Instrument) -> Result<()> {
        let after = self.rows.last().map_or(i64::MIN, |last| last.close_ns);
        if span.open_ns < after || span.close_ns <= span.open_ns {
            let (name, row) = (&instrument.name, self.rows.len());
            return Err(Error::Bars(format!("row {row} of {name} overlaps the row before it or ends before it opens")));
        }
        Ticks::check(&bar, instrument)?;
        let bar = Ohlcv { session: f64::from(span.session), ..bar };
        self.rows.push(Row { open_ns: span.open_ns, close_ns: span.close_ns, bar });
        Ok(())
    }

    #[inline]
    pub fn span(&self, row: usize) -> Span {
        let Row { open_ns, close_ns, bar } = &self.rows[row];
        // It came as an i32.
        Span { open_ns: *open_ns, close_ns: *close_ns, session: bar.session as i32 }
    }

    pub fn bar(&self, row: usize) -> &Ohlcv {
        &self.rows[row].bar
    }

    #[inline]
    pub fn ticks(&self, row: usize, instrument: &Instrument) -> Ticks {
        Ticks::of(self.bar(row), instrument)
    }

    /// From now on rows before `row` read as if the split had been in force.
    pub fn split(&mut self, row: usize, numerator: i64, denominator: i64) {
        let ratio = (numerator, denominator);
        self.factors.push(Factor { row, ratio, new: numerator as f64, old: denominator as f64 });
    }

    /// New and old units of all splits after a row.
    fn factor(&self, row: usize) -> (f64, f64) {
        let after = self.factors.iter().filter(|f| row < f.row);
        after.fold((1.0, 1.0), |(new, old), f| (new * f.new, old * f.old))
    }

    /// New and old units of the splits that took effect with a row, in their order.
    pub fn splits_at(&self, row: usize) -> impl Iterator<Item = (f64, f64)> {
        self.factors.iter().filter(move |factor| factor.row == row).map(|factor| (factor.new, factor.old))
    }

    /// The same splits, new units and old ones as whole numbers.
    pub fn ratios_at(&self, row: usize) -> impl Iterator<Item = (i64, i64)> {
        self.factors.iter().filter(move |factor| factor.row == row).map(|factor| factor.ratio)
    }

    /// A row in today's units.
    pub fn adjusted(&self, row: usize) -> Ohlcv {
        self.in_todays_units(self.bar(row), row)
    }

    /// A bar in the units of a row, in today's: prices x old / new, volume x new / old.
    pub fn in_todays_units(&self, bar: &Ohlcv, row: usize) -> Ohlcv {
        let (new, old) = self.factor(row);
        let price = |x: f64| x * old / new;
        let volume = bar.volume * new / old;
        let (open, high, low, close) = (price(bar.open), price(bar.high), price(bar.low), price(bar.close));
        Ohlcv { open, high, low, close, volume, ..*bar }
    }

    /// Puts the fields of some rows, as they were fed or in today's units, in the place of what is there.
    pub fn gather(&self, rows: Range<usize>, is_adjusted: bool, fields: &mut [Vec<f64>; Field::ALL.len()]) {
        fields.iter_mut().for_each(Vec::clear);
        for row in rows {
            let bar = if is_adjusted { self.adjusted(row) } else { *self.bar(row) };
            for ((_, field), values) in Field::ALL.iter().zip(fields.iter_mut()) {
                values.push(field.read(&bar));
            }
        }
    }

    /// The last `n` of the first `rows` values of a field, in today's units; fewer where history is shorter.
    pub fn window(&self, rows: usize, n: usize, field: Field) -> Vec<f64> {
        let first = rows.saturating_sub(n);
        if self.factors.is_empty() {
            return self.rows[first..rows].iter().map(|row| field.read(&row.bar)).collect();
        }
        (first..rows).map(|row| field.read(&self.adjusted(row))).collect()
    }

    /// How many rows close at or before `time_ns`.
    pub fn rows_until(&self, time_ns: i64) -> usize {
        self.rows.partition_point(|row| row.close_ns <= time_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use workbench_market::number::{Money, Price, Quantity};

    fn share() -> Instrument {
        Instrument {
            name: "X".into(),
            price_digits: 2,
            quantity_digits: 0,
            price_step: Price::parse("0.01").unwrap(),
            quantity_step: Quantity::ONE,
            min_notional: Money::ZERO,
            multiplier: Quantity::ONE,
            kind: workbench_market::instrument::Kind::Spot,
            margins: None,
            has_volume: true,
        }
    }

    fn bar(price: f64) -> Ohlcv {
        Ohlcv { open: price, high: price, low: price, close: price, volume: 10.0, session: f64::NAN }
    }

    #[test]
    fn history_is_adjusted_as_of_now() {
        let mut series = Series::default();
        for (row, price) in [100.0, 102.0, 51.0].into_iter().enumerate() {
            let span = Span { open_ns: row as i64, close_ns: row as i64 + 1, session: row as i32 };
            series.push(span, bar(price), &share()).unwrap();
        }
        assert_eq!(series.window(2, 5, Field::Close), vec![100.0, 102.0]);
        series.split(2, 2, 1);
        assert_eq!(series.window(3, 2, Field::Close), vec![51.0, 51.0]);
        assert_eq!(series.window(2, 1, Field::Volume), vec![20.0]);
        assert_eq!(series.rows_until(2), 2);
    }

    #[test]
    fn overlapping_rows_are_refused() {
        let mut series = Series::default();
        series.push(Span { open_ns: 0, close_ns: 10, session: 0 }, bar(1.0), &share()).unwrap();
        let again = series.push(Span { open_ns: 5, close_ns: 15, session: 0 }, bar(1.0), &share());
        assert!(matches!(again, Err(Error::Bars(_))));
    }
}
