//! Bars as columns, as a frame keeps them.

use workbench_market::bar::Ohlcv;

/// The numbers of each field, in the order of `Field::ALL`, all of one length.
#[derive(Clone, Copy, Debug)]
pub struct Columns<'a>(pub [&'a [f64]; 6]);

impl<'a> Columns<'a> {
    /// Row after row.
    #[inline]
    pub fn bars(self) -> impl Iterator<Item = Ohlcv> + 'a {
        let [opens, highs, lows, closes, volumes, sessions] = self.0;
        let rows = opens.iter().zip(highs).zip(lows).zip(closes).zip(volumes).zip(sessions);
        rows.map(|(((((&open, &high), &low), &close), &volume), &session)| Ohlcv {
            open,
            high,
            low,
            close,
            volume,
            session,
        })
    }
}
