//! Channels around prices: Donchian's, from extremes, and Keltner's, from an average and the average true range.
//!
//! An undefined high or low makes Donchian's undefined until it has left the window. For Keltner's a bar with an undefined
//! price has no value and is otherwise as if it had not been.

use crate::ema::Ema;
use crate::extremes::Range;
use crate::over::Kernel;
use crate::several::Fan;
use crate::true_range::Atr;
use crate::window::Window;

/// The highest high, the middle and the lowest low of n bars.
pub(crate) struct Donchian(Range);

impl Donchian {
    pub fn new(window: Window) -> Donchian {
        Donchian(Range::new(window))
    }
}

impl Fan<2, 3> for Donchian {
    #[inline]
    fn push(&mut self, [high, low]: [f64; 2]) -> [f64; 3] {
        let (highest, lowest) = self.0.push(high, low);
        let middle = (highest + lowest) / 2.0;
        // One side alone may be known.
        if middle.is_nan() { [middle; 3] } else { [highest, middle, lowest] }
    }

    fn lookbacks(&self) -> [usize; 3] {
        [self.0.lookback(); 3]
    }

    fn fresh(&self) -> Donchian {
        Donchian(self.0.fresh())
    }
}

/// An EMA of the close, and levels so many average true ranges above and below it.
pub(crate) struct Keltner {
    middle: Ema,
    range: Atr,
    multiplier: f64,
}

impl Keltner {
    pub fn new(window: Window, multiplier: f64, range: Window) -> Keltner {
        Keltner { middle: Ema::new(window), range: Atr::new(range, false), multiplier }
    }
}

impl Fan<3, 3> for Keltner {
    #[inline]
    fn push(&mut self, [high, low, close]: [f64; 3]) -> [f64; 3] {
        if (high + low + close).is_nan() {
            return [f64::NAN; 3];
        }
        let (middle, range) = (self.middle.push([close]), self.range.push([high, low, close]));
        let reach = self.multiplier * range;
        // One of the two may start before the other.
        if (middle + reach).is_nan() { [f64::NAN; 3] } else { [middle + reach, middle, middle - reach] }
    }

    fn lookbacks(&self) -> [usize; 3] {
        [self.middle.lookback().max(self.range.lookback()); 3]
    }

    fn fresh(&self) -> Keltner {
        Keltner { middle: self.middle.fresh(), range: self.range.fresh(), multiplier: self.multiplier }
    }
}
