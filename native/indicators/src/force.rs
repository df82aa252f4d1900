//! Force index: the change of the input times the volume it took, averaged exponentially.
//!
//! A bar with an undefined input has no value and is otherwise as if it had not been.

use crate::ema::Ema;
use crate::over::Kernel;
use crate::window::Window;

pub(crate) struct Force {
    last: f64,
    average: Ema,
}

impl Force {
    pub fn new(window: Window) -> Force {
        Force { last: f64::NAN, average: Ema::new(window) }
    }
}

impl Kernel<2> for Force {
    #[inline]
    fn push(&mut self, [x, volume]: [f64; 2]) -> f64 {
        if x.is_nan() || volume.is_nan() {
            return f64::NAN;
        }
        let force = (x - std::mem::replace(&mut self.last, x)) * volume;
        // A product beyond the range of floats must not enter the average.
        self.average.push([if force.is_finite() { force } else { f64::NAN }])
    }

    fn lookback(&self) -> usize {
        self.average.lookback() + 1
    }

    fn fresh(&self) -> Force {
        Force { last: f64::NAN, average: self.average.fresh() }
    }
}
