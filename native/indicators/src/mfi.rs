//! Money flow index, TA-Lib's MFI: of the money traded in n bars whose typical price changed, the part that rose.
//!
//! An undefined volume makes it undefined until its bar has left the window, an undefined price until the bar after it
//! has. Where no money flowed it is 0.

use crate::over::Kernel;
use crate::ring::Ring;
use crate::sum::Sum;
use crate::window::Window;

/// A change up to this share of the typical price is what rounding three prices to their third makes of one that stands
/// still.
const ROUNDING: f64 = 4.0 * f64::EPSILON;

/// A sum of what is above zero, which is exactly zero as soon as nothing is left in it.
#[derive(Clone, Copy, Default)]
struct Flow {
    count: usize,
    sum: Sum,
}

impl Flow {
    #[inline]
    fn add(&mut self, money: f64) {
        if money > 0.0 {
            self.count += 1;
            self.sum.add(money);
        }
    }

    #[inline]
    fn take(&mut self, money: f64) {
        if money > 0.0 {
            self.count -= 1;
            self.sum.add(-money);
        }
    }

    #[inline]
    fn value(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.sum.value() }
    }
}

pub(crate) struct Mfi {
    window: Window,
    last: f64,
    /// The money of each bar, below zero where the price fell.
    ring: Ring,
    undefined: usize,
    rising: Flow,
    falling: Flow,
}

impl Mfi {
    pub fn new(window: Window) -> Mfi {
        let (rising, falling) = (Flow::default(), Flow::default());
        Mfi { window, last: f64::NAN, ring: Ring::new(window.len()), undefined: window.len(), rising, falling }
    }

    /// What entered the window and what left it.
    fn count(&mut self, money: f64, left: f64) {
        self.undefined = self.undefined + usize::from(money.is_nan()) - usize::from(left.is_nan());
        self.rising.take(left);
        self.falling.take(-left);
        self.rising.add(money);
        self.falling.add(-money);
    }
}

impl Kernel<4> for Mfi {
    #[inline]
    fn push(&mut self, [high, low, close, volume]: [f64; 4]) -> f64 {
        let typical = (high + low + close) / 3.0;
        let change = typical - std::mem::replace(&mut self.last, typical);
        let is_still = change.abs() <= ROUNDING * typical.abs();
        let money = if is_still { volume * 0.0 } else { change.signum() * typical.abs() * volume };
        // Money beyond the range of floats must not enter a sum.
        let money = if money.is_finite() { money } else { f64::NAN };
        let left = self.ring.push(money);
        self.count(money, left);
        let (rising, all) = (self.rising.value(), self.rising.value() + self.falling.value());
        match (self.undefined, all) {
            (0, 0.0) => 0.0,
            (0, _) => 100.0 * (rising / all),
            _ => f64::NAN,
        }
    }

    fn lookback(&self) -> usize {
        self.window.len()
    }

    fn fresh(&self) -> Mfi {
        Mfi::new(self.window)
    }
}
