//! Volume-weighted average price: the typical price of the bars of a session so far, or of the last n bars, each weighed
//! by its volume.
//!
//! An undefined input makes it undefined until the session ends or its bar has left the window. There is no value where
//! nothing was traded.

use crate::over::Kernel;
use crate::sum::Sum;
use crate::vwma::Vwma;
use crate::window::Window;

pub(crate) struct Vwap {
    session: f64,
    traded: Sum,
    volume: Sum,
    /// Whether every input of the session so far was defined.
    is_whole: bool,
}

impl Vwap {
    pub fn new() -> Vwap {
        Vwap { session: f64::NAN, traded: Sum::default(), volume: Sum::default(), is_whole: false }
    }
}

impl Kernel<5> for Vwap {
    #[inline]
    fn push(&mut self, [high, low, close, volume, session]: [f64; 5]) -> f64 {
        // A bar whose session is unknown may belong to this one, and makes it undefined.
        if session != self.session && !session.is_nan() {
            *self = Vwap { session, is_whole: true, ..Vwap::new() };
        }
        let traded = (high + low + close) / 3.0 * volume;
        self.is_whole &= traded.is_finite() && !session.is_nan();
        if !self.is_whole {
            return f64::NAN;
        }
        self.traded.add(traded);
        self.volume.add(volume);
        self.traded.value() / self.volume.value()
    }

    fn lookback(&self) -> usize {
        0
    }

    fn fresh(&self) -> Vwap {
        Vwap::new()
    }
}

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
