//! Accumulation and distribution: each bar's volume, weighed by where in its range it closed, from -1 at the low to 1 at
//! the high; 0 for a bar without a range. TA-Lib's AD is the sum, its ADOSC a fast average of that less a slow one,
//! Chaikin's money flow the mean weight of the volume of n bars.
//!
//! In the first two a bar with an undefined input has no value and is otherwise as if it had not been; it leaves the
//! third undefined until it has left the window, as does a window in which nothing was traded.

use crate::over::Kernel;
use crate::sum::Sum;
use crate::vwma::Vwma;
use crate::window::Window;

#[inline]
fn weight(high: f64, low: f64, close: f64) -> f64 {
    let range = high - low;
    if range > 0.0 { ((close - low) - (high - close)) / range } else { range * 0.0 + close * 0.0 }
}

/// The volume that a bar adds; what is beyond the range of floats is undefined.
#[inline]
fn flow([high, low, close, volume]: [f64; 4]) -> f64 {
    let flow = weight(high, low, close) * volume;
    if flow.is_finite() { flow } else { f64::NAN }
}

pub(crate) struct Ad {
    total: Sum,
}

impl Ad {
    pub fn new() -> Ad {
        Ad { total: Sum::default() }
    }
}

impl Kernel<4> for Ad {
    #[inline]
    fn push(&mut self, inputs: [f64; 4]) -> f64 {
        let flow = flow(inputs);
        if flow.is_nan() {
            return f64::NAN;
        }
        self.total.add(flow);
        self.total.value()
    }

    fn lookback(&self) -> usize {
        0
    }

    fn fresh(&self) -> Ad {
        Ad::new()
    }
}

/// An exponential average of the line, as its distance from the line: small where the line itself may be large.
///
/// Both start at the first value of the line, so the distance starts at 0.
struct Lag {
    window: Window,
    distance: f64,
}

impl Lag {
    fn new(window: Window) -> Lag {
        Lag { window, distance: 0.0 }
    }

    #[inline]
    fn push(&mut self, flow: f64) -> f64 {
        let kept = 1.0 - 2.0 / (self.window.len() as f64 + 1.0);
        self.distance = kept * (self.distance - flow);
        self.distance
    }
}

pub(crate) struct Adosc {
    fast: Lag,
    slow: Lag,
    seen: usize,
}

impl Adosc {
    pub fn new(fast: Window, slow: Window) -> Adosc {
        Adosc { fast: Lag::new(fast), slow: Lag::new(slow), seen: 0 }
    }
}

impl Kernel<4> for Adosc {
    #[inline]
    fn push(&mut self, inputs: [f64; 4]) -> f64 {
        let flow = flow(inputs);
        if flow.is_nan() {
            return f64::NAN;
        }
        self.seen += 1;
        // The averages begin at the first value, whatever it is.
        let change = if self.seen == 1 { 0.0 } else { flow };
        let gap = self.fast.push(change) - self.slow.push(change);
        if self.seen < self.slow.window.len() { f64::NAN } else { gap }
    }

    fn lookback(&self) -> usize {
        self.slow.window.len() - 1
    }

    fn fresh(&self) -> Adosc {
        Adosc::new(self.fast.window, self.slow.window)
    }
}

pub(crate) struct Cmf(Vwma);

impl Cmf {
    pub fn new(window: Window) -> Cmf {
        Cmf(Vwma::new(window))
    }
}

impl Kernel<4> for Cmf {
    #[inline]
    fn push(&mut self, [high, low, close, volume]: [f64; 4]) -> f64 {
        self.0.push([weight(high, low, close), volume])
    }

    fn lookback(&self) -> usize {
        self.0.lookback()
    }

    fn fresh(&self) -> Cmf {
        Cmf(self.0.fresh())
    }
}
