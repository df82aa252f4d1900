//! Fisher transform: where the middle of a bar stands in the range of n middles, smoothed, and made a bell curve of.
//!
//! A bar with an undefined high or low has no value and is otherwise as if it had not been. In a window whose middles
//! are all the same the place is the middle of the range.

use crate::extremes::Range;
use crate::over::Kernel;
use crate::window::Window;

/// Where the place would leave what has a logarithm.
const EDGE: f64 = 0.99;
const BEYOND: f64 = 0.999;

pub(crate) struct Fisher {
    range: Range,
    place: f64,
    value: f64,
}

impl Fisher {
    pub fn new(window: Window) -> Fisher {
        Fisher::over(Range::new(window))
    }

    fn over(range: Range) -> Fisher {
        Fisher { range, place: 0.0, value: 0.0 }
    }
}

impl Kernel<2> for Fisher {
    #[inline]
    fn push(&mut self, [high, low]: [f64; 2]) -> f64 {
        let middle = (high + low) / 2.0;
        if middle.is_nan() {
            return f64::NAN;
        }
        let (highest, lowest) = self.range.push(middle, middle);
        if highest.is_nan() {
            return f64::NAN;
        }
        let here = if highest > lowest { (middle - lowest) / (highest - lowest) - 0.5 } else { 0.0 };
        let place = 0.66 * here + 0.67 * self.place;
        self.place = if place.abs() > EDGE { BEYOND.copysign(place) } else { place };
        self.value = 0.5 * libm::log((1.0 + self.place) / (1.0 - self.place)) + 0.5 * self.value;
        self.value
    }

    fn lookback(&self) -> usize {
        self.range.lookback()
    }

    fn fresh(&self) -> Fisher {
        Fisher::over(self.range.fresh())
    }
}
