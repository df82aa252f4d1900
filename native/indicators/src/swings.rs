//! Gains against losses, each smoothed as Wilder does: TA-Lib's RSI and CMO.
//!
//! An undefined input has no value and is otherwise as if its bar had not been: the next change is that from the last
//! defined input.

use workbench_market::widened;

use crate::alike::{alike, kept};
use crate::ema::Ema;
use crate::extremes::larger;
use crate::over::Kernel;
use crate::rows::{TILE, tiles};
use crate::window::Window;

/// Below this nothing has moved; smaller floats lose their digits.
pub(crate) const STILL: f64 = f64::MIN_POSITIVE;

/// Which number is made of the mean gain and the mean loss.
#[derive(Clone, Copy)]
enum Kind {
    Rsi,
    Cmo,
}

impl Kind {
    #[inline(always)]
    fn of(self, gain: f64, loss: f64) -> f64 {
        let balance = match self {
            Kind::Rsi => gain,
            Kind::Cmo => gain - loss,
        };
        // Without a value yet the sum is NaN, which is not below anything.
        if gain + loss < STILL { 0.0 } else { 100.0 * balance / (gain + loss) }
    }
}

#[derive(Clone)]
pub(crate) struct Swings {
    kind: Kind,
    last: f64,
    gain: Ema,
    loss: Ema,
}

alike!(Swings: last, gain, loss);

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
        let (gain, loss) = (self.gain.push([larger(change, 0.0)]), self.loss.push([larger(-change, 0.0)]));
        self.kind.of(gain, loss)
    }

    fn fill(&mut self, [xs]: [&[f64]; 1], values: &mut [f64]) {
        let first = (usize::from(self.last.is_nan()) + self.gain.ahead()).min(xs.len());
        self.push_each([&xs[..first]], &mut values[..first]);
        let (xs, kind) = (&xs[first..], self.kind);
        let [mut ups, mut downs, mut gains, mut losses] = [[0.0; TILE]; 4];
        for (rows, values) in tiles(&mut values[first..]) {
            let [ups, downs, gains, losses] =
                [&mut ups, &mut downs, &mut gains, &mut losses].map(|x| &mut x[..values.len()]);
            split(self.last, &xs[rows.clone()], ups, downs);
            self.last = xs[rows.end - 1];
            self.gain.fill([ups], gains);
            self.loss.fill([downs], losses);
            join(kind, gains, losses, values);
        }
    }

    kept!();

    fn lookback(&self) -> usize {
        self.gain.lookback() + 1
    }

    fn fresh(&self) -> Swings {
        Swings { kind: self.kind, last: f64::NAN, gain: self.gain.fresh(), loss: self.loss.fresh() }
    }
}

widened! {
    /// The changes up and those down, each 0 at the other.
    fn split(last: f64, xs: &[f64], ups: &mut [f64], downs: &mut [f64]) {
        let mut last = last;
        for ((x, up), down) in xs.iter().zip(ups).zip(downs) {
            let change = x - std::mem::replace(&mut last, *x);
            (*up, *down) = (larger(change, 0.0), larger(-change, 0.0));
        }
    }
}

widened! {
    fn join(kind: Kind, gains: &[f64], losses: &[f64], values: &mut [f64]) {
        for ((value, gain), loss) in values.iter_mut().zip(gains).zip(losses) {
            *value = kind.of(*gain, *loss);
        }
    }
}
