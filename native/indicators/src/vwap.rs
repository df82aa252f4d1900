//! Volume-weighted average price: the typical price of the last n bars, each weighed by its volume.
//!
//! An undefined input makes it undefined until its bar has left the window, as does a window in which nothing was traded.

use crate::over::Kernel;
use crate::vwma::Vwma;
use crate::window::Window;

pub(crate) struct RollingVwap(Vwma);

impl RollingVwap {
    pub fn new(window: Window) -> RollingVwap {
        RollingVwap(Vwma::new(window))
    }
}

impl Kernel<4> for RollingVwap {
    #[inline]
    fn push(&mut self, [high, low, close, volume]: [f64; 4]) -> f64 {
        self.0.push([(high + low + close) / 3.0, volume])
    }

    fn lookback(&self) -> usize {
        self.0.lookback()
    }

    fn fresh(&self) -> RollingVwap {
        RollingVwap(self.0.fresh())
    }
}
