//! The one way from a formula to a stream: a [`Kernel`] holds the formula, [`Over`] feeds it from its sources.
//!
//! Between the two "undefined" is NaN, so that formulas nest without a test at every step; only [`Over`] turns it into
//! `None`.

use workbench_market::bar::Ohlcv;

use crate::columns::Columns;
use crate::elsewhere::{Closed, Waiting};
use crate::indicator::Indicator;
use crate::pieces::State;
use crate::rows::{are_whole, stretches};
use crate::source::{Source, are_at, fields, states};

/// A formula over N inputs, one step per bar.
pub(crate) trait Kernel<const N: usize>: Send + Sync + Sized {
    /// Takes the next inputs and gives the value at them; NaN is undefined on both sides.
    fn push(&mut self, inputs: [f64; N]) -> f64;

    /// Pushes rows of which every input is defined; a formula that has many faster, to the same digits, says how.
    fn fill(&mut self, inputs: [&[f64]; N], values: &mut [f64]) {
        self.push_each(inputs, values);
    }

    /// Pushes row after row.
    #[inline]
    fn push_each(&mut self, inputs: [&[f64]; N], values: &mut [f64]) {
        let inputs = inputs.map(|column| &column[..values.len()]);
        for (row, value) in values.iter_mut().enumerate() {
            *value = self.push(inputs.map(|column| column[row]));
        }
    }

    /// Whether all values of rows of which every input was defined are known to be, without a look at each.
    fn are_known(&self, _values: &[f64]) -> bool {
        false
    }

    /// A copy as it stands, of a formula whose `fill` may begin before anybody has looked whether every input is defined:
    /// its work hides the time that they take to come. Where one was not, the copy takes its place.
    fn kept(&self) -> Option<Self> {
        None
    }

    /// Pushes rows and says whether every input is seen to be defined; if not, nothing that it has done counts. A formula
    /// that can look while it works says how.
    fn fill_if_whole(&mut self, inputs: [&[f64]; N], values: &mut [f64]) -> bool {
        self.fill(inputs, values);
        are_whole(&inputs)
    }

    /// Whether all values to come are those of another one; a formula that is `kept` can tell.
    fn goes_on_as(&self, _other: &Self) -> bool {
        false
    }

    /// How many defined inputs come before the one with the first value, as TA-Lib counts.
    fn lookback(&self) -> usize;

    /// The same formula before its first input.
    fn fresh(&self) -> Self;
}

/// So many rows are filled in the time in which what a formula keeps of one row is copied.
const ROWS_PER_COPY: usize = 32;

/// Whether the copy of a formula that looks back so far is little beside so many rows.
pub(crate) fn is_worth_a_copy(lookback: usize, rows: usize) -> bool {
    lookback <= rows / ROWS_PER_COPY
}

pub(crate) struct Over<const N: usize, K> {
    sources: [Source; N],
    kernel: K,
    value: f64,
}

impl<const N: usize, K: Kernel<N>> Over<N, K> {
    pub fn new(sources: [Source; N], kernel: K) -> Over<N, K> {
        Over { sources, kernel, value: f64::NAN }
    }
}

impl<const N: usize, K: Kernel<N> + 'static> Indicator for Over<N, K> {
    #[inline]
    fn update(&mut self, bar: &Ohlcv) -> Option<f64> {
        self.value = self.kernel.push(self.sources.each_mut().map(|source| source.update(bar)));
        self.value()
    }

    fn fill(&mut self, columns: Columns<'_>, values: &mut [f64]) -> bool {
        if is_worth_a_copy(self.kernel.lookback(), values.len())
            && let Some(inputs) = fields(&self.sources, columns)
            && let Some(kept) = self.kernel.kept()
        {
            if self.kernel.fill_if_whole(inputs, values) {
                self.value = values.last().copied().unwrap_or(self.value);
                return self.kernel.are_known(values);
            }
            self.kernel = kept;
        }
        let inputs = self.sources.each_mut().map(|source| source.fill(columns));
        for (rows, is_whole) in stretches(&inputs, values.len()) {
            let parts = inputs.each_ref().map(|column| &column.values[rows.clone()]);
            let values = &mut values[rows];
            if is_whole { self.kernel.fill(parts, values) } else { self.kernel.push_each(parts, values) }
        }
        self.value = values.last().copied().unwrap_or(self.value);
        false
    }

    fn close(&mut self, closed: Closed<'_>) {
        for source in &mut self.sources {
            source.close(closed);
        }
    }

    #[inline]
    fn value(&self) -> Option<f64> {
        self.value.is_finite().then_some(self.value)
    }

    fn warmup(&self) -> usize {
        self.sources.iter().map(Source::warmup).max().unwrap_or(1) + self.kernel.lookback()
    }

    fn waiting(&self) -> Option<Waiting> {
        self.sources.iter().find_map(Source::waiting)
    }

    fn state(&self) -> Option<State> {
        Some(Box::new((self.kernel.kept()?, states(&self.sources)?)))
    }

    fn is_at(&self, state: &State) -> bool {
        let state = state.downcast_ref::<(K, Vec<State>)>();
        state.is_some_and(|(kernel, inner)| self.kernel.goes_on_as(kernel) && are_at(&self.sources, inner))
    }

    fn reset(&mut self) {
        self.sources.iter_mut().for_each(Source::reset);
        self.kernel = self.kernel.fresh();
        self.value = f64::NAN;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::field::Field;
    use crate::same::Same;

    /// Its input, and how often it was copied.
    struct Copied {
        lookback: usize,
        times: Arc<AtomicUsize>,
    }

    impl Kernel<1> for Copied {
        fn push(&mut self, [x]: [f64; 1]) -> f64 {
            x
        }

        fn kept(&self) -> Option<Copied> {
            self.times.fetch_add(1, Ordering::Relaxed);
            Some(self.fresh())
        }

        fn lookback(&self) -> usize {
            self.lookback
        }

        fn fresh(&self) -> Copied {
            Copied { lookback: self.lookback, times: Arc::clone(&self.times) }
        }
    }

    #[test]
    fn a_formula_is_copied_only_where_that_is_worth_it() {
        let nested = || Source::Indicator(Box::new(Same::new(Source::Field(Field::Close))));
        let rows = [
            ("a short window", Source::Field(Field::Close), 10, 1),
            ("a long one, whose copy takes longer than a look at the inputs", Source::Field(Field::Close), 50, 0),
            ("inputs that are made before they are looked at", nested(), 10, 0),
        ];
        for (what, source, lookback, expected) in rows {
            let times = Arc::new(AtomicUsize::new(0));
            let mut over = Over::new([source], Copied { lookback, times: Arc::clone(&times) });
            over.fill(Columns([&[1.0; 640]; 7]), &mut [0.0; 640]);
            assert_eq!((times.load(Ordering::Relaxed), over.value()), (expected, Some(1.0)), "{what}");
        }
    }
}
