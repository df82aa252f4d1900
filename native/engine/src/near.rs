//! The rows of an asset that come next, side by side: each is looked at several times, and its columns lie far apart.

use workbench_market::bar::Ohlcv;

use crate::series::{Series, Span};

/// How many rows are fetched at once: few enough that those of many assets stay near.
const ROWS: usize = 16;

#[derive(Clone, Debug, Default)]
pub(crate) struct Near {
    first: usize,
    rows: Vec<(Span, Ohlcv)>,
}

impl Near {
    /// A row that there is; rows never change, so what was fetched stays true.
    #[inline]
    pub fn at(&mut self, row: usize, series: &Series) -> &(Span, Ohlcv) {
        if row < self.first || row >= self.first + self.rows.len() {
            self.fetch(row, series);
        }
        &self.rows[row - self.first]
    }

    fn fetch(&mut self, row: usize, series: &Series) {
        self.first = row;
        self.rows.clear();
        let rows = row..series.len().min(row + ROWS);
        self.rows.extend(rows.map(|row| (series.span(row), series.bar(row))));
    }
}
