//! Bars as columns, as a frame keeps them.

use std::ops::Range;

use workbench_market::bar::Ohlcv;

use crate::field::Field;

/// The numbers of each field, in the order of `Field::ALL`, all of one length.
#[derive(Clone, Copy, Debug)]
pub struct Columns<'a>(pub [&'a [f64]; Field::ALL.len()]);

impl<'a> Columns<'a> {
    pub fn len(self) -> usize {
        self.0[0].len()
    }

    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Some of the rows.
    pub fn part(self, rows: Range<usize>) -> Columns<'a> {
        Columns(self.0.map(|column| &column[rows.clone()]))
    }

    pub fn field(self, field: Field) -> &'a [f64] {
        self.0[field as usize]
    }

    /// Row after row.
    #[inline]
    pub fn bars(self) -> impl Iterator<Item = Ohlcv> + 'a {
        let [opens, highs, lows, closes, volumes, sessions, times] = self.0;
        let rows = opens.iter().zip(highs).zip(lows).zip(closes).zip(volumes).zip(sessions).zip(times);
        rows.map(|((((((&open, &high), &low), &close), &volume), &session), &time)| Ohlcv {
            open,
            high,
            low,
            close,
            volume,
            session,
            time,
        })
    }
}
