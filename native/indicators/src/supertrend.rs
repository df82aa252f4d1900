//! SuperTrend: a stop at so many average true ranges from the middle of the bar, which only moves along with the trend.
//!
//! It starts as falling. A bar with an undefined price has no value and is otherwise as if it had not been.

use crate::over::Kernel;
use crate::several::Fan;
use crate::true_range::Atr;
use crate::window::Window;

pub(crate) struct Supertrend {
    range: Atr,
    multiplier: f64,
    last: f64,
    /// The stop of a fall, above, and that of a rise, below.
    upper: f64,
    lower: f64,
    rises: bool,
}

impl Supertrend {
    pub fn new(window: Window, multiplier: f64) -> Supertrend {
        Supertrend::over(Atr::new(window, false), multiplier)
    }

    fn over(range: Atr, multiplier: f64) -> Supertrend {
        Supertrend { range, multiplier, last: f64::NAN, upper: f64::INFINITY, lower: f64::NEG_INFINITY, rises: false }
    }
}

impl Fan<3, 2> for Supertrend {
    #[inline]
    fn push(&mut self, [high, low, close]: [f64; 3]) -> [f64; 2] {
        let reach = self.multiplier * self.range.push([high, low, close]);
        if reach.is_nan() {
            // An undefined close leaves the last one, which is not read before the first average anyway.
            return [f64::NAN; 2];
        }
        let middle = (high + low) / 2.0;
        // A stop moves back only once a close has passed it.
        let free = self.last > self.upper;
        self.upper = if free { middle + reach } else { self.upper.min(middle + reach) };
        let free = self.last < self.lower;
        self.lower = if free { middle - reach } else { self.lower.max(middle - reach) };
        self.rises = if self.rises { close >= self.lower } else { close > self.upper };
        self.last = close;
        if self.rises { [self.lower, 1.0] } else { [self.upper, -1.0] }
    }

    fn lookbacks(&self) -> [usize; 2] {
        [self.range.lookback(); 2]
    }

    fn fresh(&self) -> Supertrend {
        Supertrend::over(self.range.fresh(), self.multiplier)
    }
}
