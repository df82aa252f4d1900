//! Rows between splits: what a rule reads at each of them is the history as it looked then.
//!
//! The one idea: at a split everything before it is put into new units, so a formula is fed the whole history anew for each
//! segment and only its values inside the segment count. What a formula reads of another one must therefore be there for the
//! whole history of each segment: such columns are deep, one history behind the other. All others are plain, a value for
//! each row in the units of that row. Of n rows with k splits a deep column has up to (k + 1) n values, so the fields take
//! up to 56 (k + 1) n bytes, and each formula that another one reads 8 (k + 1) n more.

use std::ops::Range;

use workbench_engine::series::Series;
use workbench_indicators::Field;

/// The numbers of every bar, in the order of `Field::ALL`.
pub type Fields = [Vec<f64>; Field::ALL.len()];

/// A stretch of rows without a split inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its rows in plain columns.
    pub rows: Range<usize>,
    /// All rows up to its end, in deep columns.
    pub history: Range<usize>,
}

/// The columns that rules are made of.
pub struct Layout {
    pub segments: Vec<Segment>,
    plain: Fields,
    /// Empty where there is no split, as plain columns are deep ones then.
    deep: Fields,
}

impl Layout {
    /// The columns of a series that is split before these rows, in their order.
    pub fn new(mut series: Series, splits: &[(usize, (i64, i64))]) -> Self {
        let (plain, rows) = (series.adjusted_fields(series.len()), 0..series.len());
        let mut made = Self { segments: Vec::new(), plain, deep: Fields::default() };
        if splits.iter().all(|&(row, _)| row == 0) {
            made.segments.push(Segment { history: rows.clone(), rows });
            return made;
        }
        let mut first = 0;
        for &(row, (numerator, denominator)) in splits {
            if row > first {
                made.end(&series, first..row);
                first = row;
            }
            series.split(row, numerator, denominator);
        }
        made.end(&series, first..rows.end);
        made
    }

    /// Adds a segment, with the history in its units.
    fn end(&mut self, series: &Series, rows: Range<usize>) {
        let first = self.deep[0].len();
        let mut history = series.adjusted_fields(rows.end);
        self.deep.iter_mut().zip(&mut history).for_each(|(deep, more)| deep.append(more));
        self.segments.push(Segment { history: first..first + rows.end, rows });
    }

    /// How many rows there are, or how many deep columns have.
    pub fn rows(&self, is_deep: bool) -> usize {
        self.fields(is_deep)[0].len()
    }

    pub fn fields(&self, is_deep: bool) -> &Fields {
        if is_deep && self.is_split() { &self.deep } else { &self.plain }
    }

    /// Whether a deep column differs from a plain one.
    pub fn is_split(&self) -> bool {
        self.segments.len() > 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use workbench_engine::series::Span;
    use workbench_market::bar::Ohlcv;
    use workbench_market::instrument::Instrument;

    fn series(prices: &[f64]) -> Series {
        let instrument = Instrument::new("X", 2, 0);
        let mut made = Series::default();
        for (row, &price) in (0_i32..).zip(prices) {
            let (open, high, low, close) = (price, price, price, price);
            let bar = Ohlcv { open, high, low, close, volume: 8.0, session: f64::NAN, time: f64::NAN };
            let span = Span { open_ns: 2 * i64::from(row), close_ns: 2 * i64::from(row) + 1, session: row };
            made.push(span, bar, &instrument).unwrap();
        }
        made
    }

    #[test]
    fn every_segment_has_its_history_in_its_own_units() {
        let made = Layout::new(series(&[80.0, 84.0, 42.0, 44.0, 11.0]), &[(0, (3, 1)), (2, (2, 1)), (4, (4, 1))]);
        let segment = |rows, history| Segment { rows, history };
        assert_eq!(made.segments, [segment(0..2, 0..2), segment(2..4, 2..6), segment(4..5, 6..11)]);
        assert_eq!(made.fields(false)[3], [80.0, 84.0, 42.0, 44.0, 11.0]);
        // Closes before both splits, between them, and behind them.
        assert_eq!(made.fields(true)[3], [80.0, 84.0, 40.0, 42.0, 42.0, 44.0, 10.0, 10.5, 10.5, 11.0, 11.0]);
        assert_eq!(made.fields(true)[4][6..], [64.0, 64.0, 32.0, 32.0, 8.0]);
    }

    #[test]
    fn without_a_split_there_is_one_kind_of_columns() {
        for splits in [vec![], vec![(0, (2, 1))]] {
            let made = Layout::new(series(&[10.0, 11.0]), &splits);
            assert_eq!((made.segments.len(), made.rows(true), &made.fields(true)[0]), (1, 2, &vec![10.0, 11.0]));
        }
    }
}
