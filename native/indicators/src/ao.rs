//! Awesome oscillator: a fast simple average of the middles of bars less a slow one.
//!
//! An undefined high or low makes it undefined until it has left the slow window.

use crate::gap::Gap;
use crate::over::Kernel;
use crate::sma::Sma;

pub(crate) struct Ao(Gap<Sma>);

impl Ao {
    pub fn new(gap: Gap<Sma>) -> Ao {
        Ao(gap)
    }
}

impl Kernel<2> for Ao {
    #[inline]
    fn push(&mut self, [high, low]: [f64; 2]) -> f64 {
        self.0.push([(high + low) / 2.0])
    }

    fn lookback(&self) -> usize {
        self.0.lookback()
    }

    fn fresh(&self) -> Ao {
        Ao(self.0.fresh())
    }
}
