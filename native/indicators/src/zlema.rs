//! Zero-lag exponential moving average: the EMA of the input plus its change over the lag of that EMA.
//!
//! An undefined input has no value, nor has the bar one lag later; the average itself stays where it was.

use crate::ema::Ema;
use crate::over::Kernel;
use crate::ring::Ring;
use crate::window::Window;

pub(crate) struct Zlema {
    lagged: Ring,
    ema: Ema,
}

impl Zlema {
    pub fn new(window: Window) -> Zlema {
        Zlema { lagged: Ring::new((window.len() - 1) / 2), ema: Ema::new(window) }
    }
}

impl Kernel<1> for Zlema {
    #[inline]
    fn push(&mut self, [x]: [f64; 1]) -> f64 {
        let lagged = self.lagged.push(x);
        self.ema.push([x + (x - lagged)])
    }

    fn lookback(&self) -> usize {
        self.lagged.len() + self.ema.lookback()
    }

    fn fresh(&self) -> Zlema {
        Zlema { lagged: Ring::new(self.lagged.len()), ema: self.ema.fresh() }
    }
}
