//! True range and its Wilder average, TA-Lib's TRANGE, ATR and NATR.
//!
//! The first bar has no bar before it and no true range. A bar with an undefined input has no value and is otherwise as
//! if it had not been.

use crate::change::percent;
use crate::ema::Ema;
use crate::over::Kernel;
use crate::window::Window;

/// The range of a bar, taken from the close before it where that stands outside.
pub(crate) struct TrueRange {
    last: f64,
}

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
        if last.is_nan() { f64::NAN } else { (high - low).max((high - last).abs()).max((low - last).abs()) }
    }

    fn lookback(&self) -> usize {
        1
    }

    fn fresh(&self) -> TrueRange {
        TrueRange::new()
    }
}

/// Average true range, and with `percent` that in per cent of the close.
pub(crate) struct Atr {
    range: TrueRange,
    average: Ema,
    percent: bool,
}

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

    fn lookback(&self) -> usize {
        self.range.lookback() + self.average.lookback()
    }

    fn fresh(&self) -> Atr {
        Atr { range: TrueRange::new(), average: self.average.fresh(), percent: self.percent }
    }
}
