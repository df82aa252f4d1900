//! Gains against losses, each smoothed as Wilder does: TA-Lib's RSI and CMO.
//!
//! An undefined input has no value and is otherwise as if its bar had not been: the next change is that from the last
//! defined input.

use crate::ema::Ema;
use crate::over::Kernel;
use crate::window::Window;

/// Below this nothing has moved; smaller floats lose their digits.
pub(crate) const STILL: f64 = f64::MIN_POSITIVE;

/// Which number is made of the mean gain and the mean loss.
#[derive(Clone, Copy)]
enum Kind {
    Rsi,
    Cmo,
}

pub(crate) struct Swings {
    kind: Kind,
    last: f64,
    gain: Ema,
    loss: Ema,
}

impl Swings {
    pub fn rsi(window: Window) -> Swings {
        Swings { kind: Kind::Rsi, last: f64::NAN, gain: Ema::wilder(window), loss: Ema::wilder(window) }
    }

    pub fn cmo(window: Window) -> Swings {
        Swings { kind: Kind::Cmo, ..Swings::rsi(window) }
    }
}

impl Kernel<1> for Swings {
    #[inline]
    fn push(&mut self, [x]: [f64; 1]) -> f64 {
        if x.is_nan() {
            return f64::NAN;
        }
        let change = x - std::mem::replace(&mut self.last, x);
        if change.is_nan() {
            return f64::NAN;
        }
        let (gain, loss) = (self.gain.push([change.max(0.0)]), self.loss.push([(-change).max(0.0)]));
        let balance = match self.kind {
            Kind::Rsi => gain,
            Kind::Cmo => gain - loss,
        };
        // Without a value yet the sum is NaN, which is not below anything.
        if gain + loss < STILL { 0.0 } else { 100.0 * balance / (gain + loss) }
    }

    fn lookback(&self) -> usize {
        self.gain.lookback() + 1
    }

    fn fresh(&self) -> Swings {
        Swings { kind: self.kind, last: f64::NAN, gain: self.gain.fresh(), loss: self.loss.fresh() }
    }
}
