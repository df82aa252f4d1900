//! The change over n inputs, TA-Lib's MOM, and that in per cent of where it came from, its ROC.
//!
//! An undefined input has no value, nor has the one n inputs later. A change from zero is 0 %, as in TA-Lib.

use crate::over::Kernel;
use crate::ring::Ring;
use crate::window::Window;

pub(crate) struct Change {
    window: Window,
    past: Ring,
    percent: bool,
}

impl Change {
    pub fn momentum(window: Window) -> Change {
        Change { window, past: Ring::new(window.len()), percent: false }
    }

    pub fn rate(window: Window) -> Change {
        Change { percent: true, ..Change::momentum(window) }
    }
}

/// What `change` is of `level`, in per cent; 0 where the level is.
#[inline(always)]
pub(crate) fn percent(change: f64, level: f64) -> f64 {
    if level == 0.0 { change * 0.0 } else { 100.0 * (change / level) }
}

impl Kernel<1> for Change {
    #[inline]
    fn push(&mut self, [x]: [f64; 1]) -> f64 {
        let from = self.past.push(x);
        if self.percent { percent(x - from, from) } else { x - from }
    }

    fn lookback(&self) -> usize {
        self.window.len()
    }

    fn fresh(&self) -> Change {
        Change { percent: self.percent, ..Change::momentum(self.window) }
    }
}
