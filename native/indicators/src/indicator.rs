//! What every indicator can do.

use workbench_market::bar::Ohlcv;

use crate::columns::Columns;
use crate::elsewhere::{Closed, Waiting};
use crate::pieces::State;

/// A stream over the bars of one asset.
pub trait Indicator: Send + Sync {
    /// Takes the next bar and gives the value at it, `None` while it is undefined.
    fn update(&mut self, bar: &Ohlcv) -> Option<f64>;

    /// Feeds whole columns and puts the value at each row into `values`, a number that is not finite where there is none: what `update` gives row
    /// by row, to the digit. True is said where every value is known to be defined without a look at each.
    ///
    /// It is compiled anew for each indicator, so that a column costs one virtual call and not one for each row.
    fn fill(&mut self, columns: Columns<'_>, values: &mut [f64]) -> bool {
        for (value, bar) in values.iter_mut().zip(columns.bars()) {
            *value = self.update(&bar).unwrap_or(f64::NAN);
        }
        false
    }

    /// Hands on longer bars that close before the next `update`, to whatever inside lives on them.
    fn close(&mut self, closed: Closed<'_>);

    /// The value at the last bar, as `update` gave it.
    fn value(&self) -> Option<f64>;

    /// How many bars, all with defined inputs, it takes until the first value: TA-Lib's lookback plus one.
    fn warmup(&self) -> usize;

    /// Where the first value is still waiting for longer bars; `None` where it is not.
    fn waiting(&self) -> Option<Waiting>;

    /// How it stands after the last row; `None` where that cannot be compared.
    fn state(&self) -> Option<State> {
        None
    }

    /// Whether the rows to come give the same values, to the bit, as they do to what stood like this.
    fn is_at(&self, _state: &State) -> bool {
        false
    }

    /// Forgets every bar, so that a changed history (a split) can be fed again from its start.
    fn reset(&mut self);
}
