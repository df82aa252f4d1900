//! TRIX, as TA-Lib has it: by how much per cent the EMA of the EMA of the EMA has moved since the bar before.
//!
//! An undefined input has no value and is otherwise as if its bar had not been.

use crate::cascade::Cascade;
use crate::change::percent;
use crate::over::Kernel;
use crate::window::Window;

pub(crate) struct Trix {
    cascade: Cascade<3>,
    last: f64,
}

impl Trix {
    pub fn new(window: Window) -> Trix {
        Trix { cascade: Cascade::new(window), last: f64::NAN }
    }
}

impl Kernel<1> for Trix {
    #[inline]
    fn push(&mut self, [x]: [f64; 1]) -> f64 {
        let [.., smooth] = self.cascade.push(x);
        if smooth.is_nan() {
            return f64::NAN;
        }
        let last = std::mem::replace(&mut self.last, smooth);
        percent(smooth - last, last)
    }

    fn lookback(&self) -> usize {
        self.cascade.lookback() + 1
    }

    fn fresh(&self) -> Trix {
        Trix { cascade: self.cascade.fresh(), last: f64::NAN }
    }
}
