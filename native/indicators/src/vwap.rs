//! Volume-weighted average price: the typical price of the bars of a session so far, or of the last n bars, each weighed
//! by its volume.
//!
//! An undefined input makes it undefined until the session ends or its bar has left the window. There is no value where
//! nothing was traded.

use workbench_market::widened;

use crate::alike::{alike, kept};
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
        let traded = typical(high, low, close) * volume;
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

#[inline(always)]
fn typical(high: f64, low: f64, close: f64) -> f64 {
    (high + low + close) / 3.0
}

widened! {
    fn typical_each(highs: &[f64], lows: &[f64], closes: &[f64], prices: &mut [f64]) {
        for (((price, high), low), close) in prices.iter_mut().zip(highs).zip(lows).zip(closes) {
            *price = typical(*high, *low, *close);
        }
    }
}

#[derive(Clone)]
pub(crate) struct RollingVwap(Vwma);

alike!(RollingVwap: 0);

impl RollingVwap {
    pub fn new(window: Window) -> RollingVwap {
        RollingVwap(Vwma::new(window))
    }
}

impl Kernel<4> for RollingVwap {
    #[inline]
    fn push(&mut self, [high, low, close, volume]: [f64; 4]) -> f64 {
        self.0.push([typical(high, low, close), volume])
    }

    fn fill(&mut self, [highs, lows, closes, volumes]: [&[f64]; 4], values: &mut [f64]) {
        let mut prices = vec![0.0; values.len()];
        typical_each(highs, lows, closes, &mut prices);
        self.0.fill([&prices, volumes], values);
    }

    kept!();

    fn lookback(&self) -> usize {
        self.0.lookback()
    }

    fn fresh(&self) -> RollingVwap {
        RollingVwap(self.0.fresh())
    }
}
