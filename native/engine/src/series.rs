//! The bars of one asset as the engine keeps them: floats for strategies, and the ticks that matching takes them for.
//!
//! The one idea: a whole file is not copied. Its columns are checked in one go and read where they lie; only rows that are
//! added one by one are kept here.

use std::ops::Range;

use arrow_buffer::ScalarBuffer;
use workbench_indicators::{Columns, Field};
use workbench_market::bar::Ohlcv;
use workbench_market::decimal::{known_ticks, ticks};
use workbench_market::instrument::Instrument;
use workbench_market::number::Price;
use workbench_market::{Error, Result};

use crate::column::Column;
use crate::lent;

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
    pub(crate) fn of(bar: &Ohlcv, instrument: &Instrument) -> Self {
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

/// A time as bars know it: of microseconds a float holds every one of the next centuries.
pub fn micros(time_ns: i64) -> f64 {
    (time_ns / 1_000) as f64
}

/// The columns of a table of bars, oldest first and all of one length; an unknown volume is NaN.
#[derive(Clone, Debug)]
pub struct Lent {
    pub opens_us: ScalarBuffer<i64>,
    pub closes_us: ScalarBuffer<i64>,
    pub sessions: ScalarBuffer<i32>,
    /// Open, high, low, close and volume.
    pub numbers: [ScalarBuffer<f64>; NUMBERS],
}

/// Open, high, low, close and volume, in the order of `Field::ALL`; the session and the time behind them are no floats here.
const NUMBERS: usize = 5;
const CLOSE: usize = 3;
const US_NS: i64 = 1_000;

/// All bars of one asset, oldest first; rows are added at the end and never changed.
#[derive(Clone, Debug)]
pub struct Series {
    opens: Column<i64>,
    closes: Column<i64>,
    /// What one step of a time is; lent ones are in microseconds.
    unit_ns: i64,
    sessions: Column<i32>,
    numbers: [Column<f64>; NUMBERS],
    /// The close that is farthest from zero.
    most: f64,
    has_sessions_in_order: bool,
    factors: Vec<Factor>,
}

impl Default for Series {
    fn default() -> Self {
        Self {
            opens: Column::default(),
            closes: Column::default(),
            unit_ns: 1,
            sessions: Column::default(),
            numbers: Default::default(),
            most: 0.0,
            has_sessions_in_order: true,
            factors: Vec::new(),
        }
    }
}

impl Series {
    pub fn len(&self) -> usize {
        self.sessions.len()
    }

    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// Takes a whole table without a copy, where it is the first and nothing speaks against any of its rows; else its rows
    /// are to be added one by one, which says what is wrong.
    pub fn lend(&mut self, table: Lent, instrument: &Instrument) -> bool {
        let Some(most) = (if self.is_empty() { lent::checked(&table, instrument) } else { None }) else { return false };
        self.has_sessions_in_order = table.sessions.is_sorted();
        (self.most, self.unit_ns) = (most, US_NS);
        (self.opens, self.closes) = (Column::Lent(table.opens_us), Column::Lent(table.closes_us));
        self.sessions = Column::Lent(table.sessions);
        self.numbers = table.numbers.map(Column::Lent);
        true
    }

    pub fn reserve(&mut self, rows: usize) {
        self.own_times();
        self.opens.own().reserve_exact(rows);
        self.closes.own().reserve_exact(rows);
        self.sessions.own().reserve_exact(rows);
        self.numbers.iter_mut().for_each(|column| column.own().reserve_exact(rows));
    }

    /// Adds a row; it must begin where or after the last one ended.
    pub fn push(&mut self, span: Span, bar: Ohlcv, instrument: &Instrument) -> Result<()> {
        let after = self.len().checked_sub(1).map(|last| self.span(last));
        let after_ns = after.map_or(i64::MIN, |last| last.close_ns);
        if span.open_ns < after_ns || span.close_ns <= span.open_ns {
            let (name, row) = (&instrument.name, self.len());
            return Err(Error::Bars(format!("row {row} of {name} overlaps the row before it or ends before it opens")));
        }
        Ticks::check(&bar, instrument)?;
        self.own_times();
        self.opens.own().push(span.open_ns);
        self.closes.own().push(span.close_ns);
        self.sessions.own().push(span.session);
        let numbers = [bar.open, bar.high, bar.low, bar.close, bar.volume];
        self.numbers.iter_mut().zip(numbers).for_each(|(column, number)| column.own().push(number));
        self.most = self.most.max(bar.close.abs());
        self.has_sessions_in_order &= after.is_none_or(|last| last.session <= span.session);
        Ok(())
    }

    /// Times in nanoseconds, as rows that are added have them.
    fn own_times(&mut self) {
        if self.unit_ns != 1 {
            let unit_ns = std::mem::replace(&mut self.unit_ns, 1);
            for column in [&mut self.opens, &mut self.closes] {
                column.own().iter_mut().for_each(|time| *time *= unit_ns);
            }
        }
    }

    #[inline]
    pub fn span(&self, row: usize) -> Span {
        let (open, close) = (self.opens[row], self.closes[row]);
        Span { open_ns: open * self.unit_ns, close_ns: close * self.unit_ns, session: self.sessions[row] }
    }

    #[inline]
    pub fn bar(&self, row: usize) -> Ohlcv {
        let [open, high, low, close, volume] = self.numbers.each_ref().map(|column| column[row]);
        let (session, time) = (f64::from(self.sessions[row]), micros(self.closes[row] * self.unit_ns));
        Ohlcv { open, high, low, close, volume, session, time }
    }

    #[inline]
    pub fn ticks(&self, row: usize, instrument: &Instrument) -> Ticks {
        Ticks::of(&self.bar(row), instrument)
    }

    /// The closes of some rows, as they were fed.
    pub fn closes(&self, rows: Range<usize>) -> &[f64] {
        &self.numbers[CLOSE][rows]
    }

    pub fn sessions(&self, rows: Range<usize>) -> &[i32] {
        &self.sessions[rows]
    }

    /// When some rows close, added to microseconds.
    pub fn add_closes_us(&self, rows: Range<usize>, times_us: &mut Vec<i64>) {
        match self.unit_ns {
            US_NS => times_us.extend_from_slice(&self.closes[rows]),
            unit_ns => times_us.extend(self.closes[rows].iter().map(|time| (time * unit_ns).div_euclid(US_NS))),
        }
    }

    /// A price that no close is farther from zero than.
    pub fn most(&self, instrument: &Instrument) -> Price {
        instrument.price(known_ticks(self.most, instrument.price_digits))
    }

    /// Whether no row belongs to an earlier session than the row before it.
    pub fn has_sessions_in_order(&self) -> bool {
        self.has_sessions_in_order
    }

    /// Some rows as they were fed; sessions and times are floats to indicators, for which there must be room.
    pub fn columns<'a>(&'a self, rows: Range<usize>, [sessions, times]: &'a mut [Vec<f64>; 2]) -> Columns<'a> {
        sessions.clear();
        sessions.extend(self.sessions[rows.clone()].iter().map(|&session| f64::from(session)));
        times.clear();
        times.extend(self.closes[rows.clone()].iter().map(|&close| micros(close * self.unit_ns)));
        let [open, high, low, close, volume] = self.numbers.each_ref().map(|column| &column[rows.clone()]);
        Columns([open, high, low, close, volume, sessions, times])
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
        self.in_todays_units(&self.bar(row), row)
    }

    /// A bar in the units of a row, in today's: prices x old / new, volume x new / old.
    pub fn in_todays_units(&self, bar: &Ohlcv, row: usize) -> Ohlcv {
        let (new, old) = self.factor(row);
        let price = |x: f64| x * old / new;
        let volume = bar.volume * new / old;
        let (open, high, low, close) = (price(bar.open), price(bar.high), price(bar.low), price(bar.close));
        Ohlcv { open, high, low, close, volume, ..*bar }
    }

    /// The fields of the first rows, in today's units.
    pub fn adjusted_fields(&self, rows: usize) -> [Vec<f64>; Field::ALL.len()] {
        let bars: Vec<Ohlcv> = (0..rows).map(|row| self.adjusted(row)).collect();
        Field::ALL.map(|(_, field)| bars.iter().map(|bar| field.read(bar)).collect())
    }

    /// The last `n` of the first `rows` values of a field, in today's units; fewer where history is shorter.
    pub fn window(&self, rows: usize, n: usize, field: Field) -> Vec<f64> {
        let first = rows.saturating_sub(n);
        if self.factors.is_empty() {
            return (first..rows).map(|row| field.read(&self.bar(row))).collect();
        }
        (first..rows).map(|row| field.read(&self.adjusted(row))).collect()
    }

    /// How many rows close at or before `time_ns`.
    pub fn rows_until(&self, time_ns: i64) -> usize {
        self.closes.partition_point(|close| close * self.unit_ns <= time_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share() -> Instrument {
        Instrument::new("X", 2, 0)
    }

    fn bar(price: f64) -> Ohlcv {
        Ohlcv { open: price, high: price, low: price, close: price, volume: 10.0, session: f64::NAN, time: f64::NAN }
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
