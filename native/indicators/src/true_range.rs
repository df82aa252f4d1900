//! True range and its Wilder average, TA-Lib's TRANGE, ATR and NATR.
//!
//! The first bar has no bar before it and no true range. A bar with an undefined input has no value and is otherwise as
//! if it had not been.

use workbench_market::widened;

use crate::alike::{alike, kept};
use crate::change::percent;
use crate::ema::Ema;
use crate::extremes::larger;
use crate::over::Kernel;
use crate::rows::{SIGN, TILE, are_whole, are_within, has_begun, tiles};
use crate::window::Window;

/// A close and the steps to it that are no larger tell that high, low and close are defined: where the close before is no
/// larger either, none of the three is beyond `MAGNITUDE_MAX`. It is one look instead of three; rows that are not calm may
/// be defined all the same.
const CALM_MAX: f64 = 4e289;

/// The range of a bar, taken from the close before it where that stands outside.
#[derive(Clone)]
pub(crate) struct TrueRange {
    last: f64,
}

alike!(TrueRange: last);

impl TrueRange {
    pub fn new() -> TrueRange {
        TrueRange { last: f64::NAN }
    }
}

impl Kernel<3> for TrueRange {
    #[inline]
    fn push(&mut self, [high, low, close]: [f64; 3]) -> f64 {
        if (high + low + close).is_nan() {
            return f64::NAN;
        }
        let last = std::mem::replace(&mut self.last, close);
        range(high, low, last)
    }

    fn fill(&mut self, columns: [&[f64]; 3], values: &mut [f64]) {
        self.fill_if_whole(columns, values);
    }

    fn fill_if_whole(&mut self, columns: [&[f64]; 3], values: &mut [f64]) -> bool {
        let [highs, lows, closes] = columns;
        let Some(last) = closes.last() else { return true };
        values[0] = range(highs[0], lows[0], self.last);
        let beyond = ranges(&highs[1..], &lows[1..], &closes[1..], closes, &mut values[1..]);
        self.last = *last;
        beyond & SIGN == 0 && columns.iter().all(|column| are_within(CALM_MAX, &column[..1]))
    }

    fn lookback(&self) -> usize {
        1
    }

    fn fresh(&self) -> TrueRange {
        TrueRange::new()
    }
}

/// The true range of each bar beside the high and the low of the bar before.
pub(crate) struct Steps {
    last: [f64; 2],
    range: TrueRange,
}

/// From one bar to the next.
pub(crate) struct Step {
    pub last_high: f64,
    pub last_low: f64,
    pub range: f64,
}

impl Steps {
    pub fn new() -> Steps {
        Steps { last: [f64::NAN; 2], range: TrueRange::new() }
    }

    /// `None` at the first bar, and at one with an undefined input, which is otherwise as if it had not been.
    #[inline]
    pub fn push(&mut self, [high, low, close]: [f64; 3]) -> Option<Step> {
        if (high + low + close).is_nan() {
            return None;
        }
        let range = self.range.push([high, low, close]);
        let [last_high, last_low] = std::mem::replace(&mut self.last, [high, low]);
        (!range.is_nan()).then_some(Step { last_high, last_low, range })
    }
}

#[inline(always)]
fn range(high: f64, low: f64, last: f64) -> f64 {
    // A maximum would forget that there is no bar before.
    if last.is_nan() { f64::NAN } else { range_after(high, low, last) }
}

/// The same where there is one.
#[inline(always)]
fn range_after(high: f64, low: f64, last: f64) -> f64 {
    larger(high - low, larger((high - last).abs(), (low - last).abs()))
}

widened! {
    /// As in [`are_within`] its sign says whether some row is not calm.
    fn ranges(highs: &[f64], lows: &[f64], closes: &[f64], lasts: &[f64], values: &mut [f64]) -> u64 {
        let mut beyond = 0;
        for ((((value, high), low), close), last) in values.iter_mut().zip(highs).zip(lows).zip(closes).zip(lasts) {
            *value = range_after(*high, *low, *last);
            let far = (*high - *last).abs() + (*low - *last).abs() + close.abs();
            beyond |= CALM_MAX.to_bits().wrapping_sub(far.to_bits());
        }
        beyond
    }
}

/// Average true range, and with `percent` that in per cent of the close.
#[derive(Clone)]
pub(crate) struct Atr {
    range: TrueRange,
    average: Ema,
    percent: bool,
}

alike!(Atr: range, average);

impl Atr {
    pub fn new(window: Window, percent: bool) -> Atr {
        Atr { range: TrueRange::new(), average: Ema::wilder(window), percent }
    }
}

impl Kernel<3> for Atr {
    #[inline]
    fn push(&mut self, [high, low, close]: [f64; 3]) -> f64 {
        let average = self.average.push([self.range.push([high, low, close])]);
        if self.percent { percent(average, close) } else { average }
    }

    fn fill(&mut self, columns: [&[f64]; 3], values: &mut [f64]) {
        self.fill_if_whole(columns, values);
    }

    fn fill_if_whole(&mut self, columns: [&[f64]; 3], values: &mut [f64]) -> bool {
        // The first bar has no range.
        let first = (usize::from(self.range.last.is_nan()) + self.average.ahead()).min(values.len());
        let head = columns.map(|column| &column[..first]);
        self.push_each(head, &mut values[..first]);
        let mut are_calm = are_whole(&head);
        let columns = columns.map(|column| &column[first..]);
        let mut ranges = [0.0; TILE];
        for (rows, values) in tiles(&mut values[first..]) {
            let columns = columns.map(|column| &column[rows.clone()]);
            let ranges = &mut ranges[..values.len()];
            are_calm &= self.range.fill_if_whole(columns, ranges);
            self.average.fill([ranges], values);
            if self.percent {
                percents(values, columns[2]);
            }
        }
        are_calm
    }

    fn are_known(&self, values: &[f64]) -> bool {
        // A close of zero has no per cent.
        !self.percent && has_begun(values)
    }

    kept!();

    fn lookback(&self) -> usize {
        self.range.lookback() + self.average.lookback()
    }

    fn fresh(&self) -> Atr {
        Atr { range: TrueRange::new(), average: self.average.fresh(), percent: self.percent }
    }
}

widened! {
    fn percents(values: &mut [f64], closes: &[f64]) {
        for (value, close) in values.iter_mut().zip(closes) {
            *value = percent(*value, *close);
        }
    }
}
