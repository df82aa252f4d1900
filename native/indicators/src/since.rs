//! How many bars ago the highest and the lowest of the last n inputs were: TA-Lib's MAXINDEX and MININDEX, whose row
//! numbers mean nothing to a stream.
//!
//! Of equal ones the latest counts. An undefined input makes both undefined until it has left the window.

use crate::latest::Latest;
use crate::over::Kernel;
use crate::window::Window;

pub(crate) struct Since {
    highest: Latest,
    /// 1 for the highest; -1 turns the inputs around, and the highest of them into the lowest.
    sign: f64,
}

impl Since {
    pub fn max(window: Window) -> Since {
        Since { highest: Latest::new(window), sign: 1.0 }
    }

    pub fn min(window: Window) -> Since {
        Since { highest: Latest::new(window), sign: -1.0 }
    }
}

impl Kernel<1> for Since {
    #[inline]
    fn push(&mut self, [x]: [f64; 1]) -> f64 {
        let highest = self.highest.push(self.sign * x);
        if highest.is_nan() { f64::NAN } else { self.highest.age() as f64 }
    }

    fn lookback(&self) -> usize {
        self.highest.window().len() - 1
    }

    fn fresh(&self) -> Since {
        Since { highest: Latest::new(self.highest.window()), sign: self.sign }
    }
}
