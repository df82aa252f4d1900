//! The curve of equity: a row for each slice.
//!
//! The one idea: while nothing but prices changes, a row follows from the one before it and the close of a bar, so a
//! stretch of such rows is kept as where its bars lie.

use std::ops::Range;

use workbench_market::Result;
use workbench_market::instrument::Instrument;
use workbench_market::number::{Money, Quantity};

use crate::series::Series;

/// One row of the equity curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EquityRow {
    pub time_ns: i64,
    pub session: i32,
    /// How many records there were by then; 32 bits of them would not fit any memory.
    pub records: u32,
    pub cash: Money,
    pub positions: Money,
    pub receivable: Money,
}

/// Rows that differ from the one before them in time and prices only: one for each bar of the only asset.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// How many rows of their own stand before it.
    after: usize,
    /// The number of its first row.
    number: usize,
    pub bars: Range<usize>,
    pub held: Quantity,
}

/// A part of the curve.
#[derive(Clone, Copy, Debug)]
pub enum Piece<'a> {
    Rows(&'a [EquityRow]),
    /// The row before the stretch, and the stretch.
    Quiet(&'a EquityRow, &'a Stretch),
}

#[derive(Clone, Debug, Default)]
pub struct Curve {
    rows: Vec<EquityRow>,
    stretches: Vec<Stretch>,
    len: usize,
}

impl Curve {
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn reserve(&mut self, rows: usize) {
        self.rows.reserve(rows.saturating_sub(self.len));
    }

    pub fn push(&mut self, row: EquityRow) {
        self.rows.push(row);
        self.len += 1;
    }

    /// Goes on over bars at which nothing but the price of what is held changes; a row stands before them.
    pub(crate) fn rest(&mut self, bars: Range<usize>, held: Quantity) {
        let (after, number) = (self.rows.len(), self.len);
        self.len += bars.len();
        self.stretches.push(Stretch { after, number, bars, held });
    }

    /// All of it, in order.
    pub fn pieces(&self) -> impl Iterator<Item = Piece<'_>> {
        let before = |at: usize| if at == 0 { 0 } else { self.stretches[at - 1].after };
        let quiet = self.stretches.iter().enumerate().flat_map(move |(at, stretch)| {
            let rows = &self.rows[before(at)..stretch.after];
            [Piece::Rows(rows), Piece::Quiet(&self.rows[stretch.after - 1], stretch)]
        });
        quiet.chain([Piece::Rows(&self.rows[before(self.stretches.len())..])])
    }

    /// When one row is: its time and its session, without a look at amounts.
    pub fn moment(&self, at: usize, series: &Series) -> (i64, i32) {
        let of = |row: &EquityRow| (row.time_ns, row.session);
        let Some(before) = self.stretches.partition_point(|stretch| stretch.number <= at).checked_sub(1) else {
            return of(&self.rows[at]);
        };
        let stretch = &self.stretches[before];
        let behind = at - stretch.number;
        if behind >= stretch.bars.len() {
            return of(&self.rows[stretch.after + behind - stretch.bars.len()]);
        }
        let span = series.span(stretch.bars.start + behind);
        (span.close_ns, span.session)
    }

    /// One row; the bars are those of the only asset, where there are stretches.
    pub fn row(&self, at: usize, series: &Series, instrument: &Instrument) -> Result<EquityRow> {
        let Some(before) = self.stretches.partition_point(|stretch| stretch.number <= at).checked_sub(1) else {
            return Ok(self.rows[at]);
        };
        let stretch = &self.stretches[before];
        let behind = at - stretch.number;
        if behind >= stretch.bars.len() {
            return Ok(self.rows[stretch.after + behind - stretch.bars.len()]);
        }
        stretch.row(&self.rows[stretch.after - 1], behind, series, instrument)
    }
}

impl Stretch {
    /// One of its rows.
    fn row(&self, before: &EquityRow, at: usize, series: &Series, instrument: &Instrument) -> Result<EquityRow> {
        let (bar, span) = (self.bars.start + at, series.span(self.bars.start + at));
        let close = series.close(bar, instrument);
        let positions = if self.held.is_zero() { Money::ZERO } else { instrument.value(self.held, close)? };
        Ok(EquityRow { time_ns: span.close_ns, session: span.session, positions, ..*before })
    }
}

impl<'a> Piece<'a> {
    /// Its rows, one by one.
    pub fn rows(self, series: &'a Series, instrument: &'a Instrument) -> impl Iterator<Item = Result<EquityRow>> + 'a {
        let count = match self {
            Piece::Rows(rows) => rows.len(),
            Piece::Quiet(_, stretch) => stretch.bars.len(),
        };
        (0..count).map(move |at| match self {
            Piece::Rows(rows) => Ok(rows[at]),
            Piece::Quiet(before, stretch) => stretch.row(before, at, series, instrument),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::Span;
    use workbench_market::bar::Ohlcv;

    fn share() -> Instrument {
        Instrument { has_volume: false, ..Instrument::new("X", 0, 0) }
    }

    /// Closes of 1, 2, 3 and so on.
    fn series(rows: i64) -> Series {
        let mut series = Series::default();
        for row in 0..rows {
            let close = (row + 1) as f64;
            let bar = Ohlcv { open: close, high: close, low: close, close, volume: f64::NAN, session: 0.0, time: 0.0 };
            series.push(Span { open_ns: row, close_ns: row + 1, session: row as i32 }, bar, &share()).unwrap();
        }
        series
    }

    #[test]
    fn a_stretch_reads_like_the_rows_it_stands_for() {
        let money = |text: &str| Money::parse(text).unwrap();
        let row = |at: i64, records: u32, cash: &str, positions: &str| EquityRow {
            time_ns: at + 1,
            session: at as i32,
            records,
            cash: money(cash),
            positions: money(positions),
            receivable: money("7"),
        };
        let mut curve = Curve::default();
        curve.push(row(0, 1, "50", "0"));
        curve.rest(1..3, Quantity::ZERO);
        curve.push(row(3, 2, "40", "8"));
        curve.push(row(4, 2, "40", "10"));
        curve.rest(5..8, Quantity::parse("2").unwrap());
        curve.rest(8..9, Quantity::parse("2").unwrap());
        curve.push(row(9, 3, "60", "0"));
        let wanted = [
            row(0, 1, "50", "0"),
            row(1, 1, "50", "0"),
            row(2, 1, "50", "0"),
            row(3, 2, "40", "8"),
            row(4, 2, "40", "10"),
            row(5, 2, "40", "12"),
            row(6, 2, "40", "14"),
            row(7, 2, "40", "16"),
            row(8, 2, "40", "18"),
            row(9, 3, "60", "0"),
        ];
        let (series, instrument) = (series(10), share());
        let one_by_one: Vec<_> = (0..10).map(|at| curve.row(at, &series, &instrument).unwrap()).collect();
        let rows = curve.pieces().flat_map(|piece| piece.rows(&series, &instrument));
        assert_eq!(one_by_one, wanted);
        let moments = (0..10).map(|at| curve.moment(at, &series));
        assert!(moments.eq(wanted.iter().map(|row| (row.time_ns, row.session))));
        assert_eq!(rows.collect::<Result<Vec<_>>>().unwrap(), wanted);
        assert!(curve.len() == 10 && !curve.is_empty());
    }
}
