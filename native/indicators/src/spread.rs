//! Volatility from the prices inside of bars: Parkinson's, Garman and Klass's, and Yang and Zhang's.
//!
//! Each is the root of a mean over n bars, so it is a share of the price per bar. A bar with an undefined price, or one
//! that is not above zero, makes it undefined until it has left the window, to which the close before belongs where one
//! is read.

use std::f64::consts::LN_2;

use crate::over::Kernel;
use crate::sma::Sma;
use crate::variance::Variance;
use crate::window::Window;

/// By how much the logarithm has risen; there is none without prices above zero, or where their ratio is no float.
#[inline]
fn rise(from: f64, to: f64) -> f64 {
    let rise = libm::log(to / from);
    if from > 0.0 && rise.is_finite() { rise } else { f64::NAN }
}

/// The root of what is at least nothing but for rounding.
#[inline]
fn root(x: f64) -> f64 {
    if x < 0.0 { 0.0 } else { x.sqrt() }
}

/// From high and low.
pub(crate) struct Parkinson(Sma);

impl Parkinson {
    pub fn new(window: Window) -> Parkinson {
        Parkinson(Sma::new(window))
    }
}

impl Kernel<2> for Parkinson {
    #[inline]
    fn push(&mut self, [high, low]: [f64; 2]) -> f64 {
        let range = rise(low, high);
        root(self.0.push([range * range]) / (4.0 * LN_2))
    }

    fn lookback(&self) -> usize {
        self.0.lookback()
    }

    fn fresh(&self) -> Parkinson {
        Parkinson(self.0.fresh())
    }
}

/// From the four prices of a bar, of which the first is taken as the last of the bar before.
pub(crate) struct GarmanKlass(Sma);

impl GarmanKlass {
    pub fn new(window: Window) -> GarmanKlass {
        GarmanKlass(Sma::new(window))
    }
}

impl Kernel<4> for GarmanKlass {
    #[inline]
    fn push(&mut self, [open, high, low, close]: [f64; 4]) -> f64 {
        let (range, body) = (rise(low, high), rise(open, close));
        root(self.0.push([0.5 * range * range - (2.0 * LN_2 - 1.0) * body * body]))
    }

    fn lookback(&self) -> usize {
        self.0.lookback()
    }

    fn fresh(&self) -> GarmanKlass {
        GarmanKlass(self.0.fresh())
    }
}

/// From the four prices of a bar and the close before.
pub(crate) struct YangZhang {
    window: Window,
    last: f64,
    overnight: Variance,
    body: Variance,
    inside: Sma,
}

impl YangZhang {
    /// Two bars at least, as the variances are over n - 1.
    pub fn new(window: Window) -> YangZhang {
        let (overnight, body) = (Variance::new(window), Variance::new(window));
        YangZhang { window, last: f64::NAN, overnight, body, inside: Sma::new(window) }
    }
}

impl Kernel<4> for YangZhang {
    #[inline]
    fn push(&mut self, [open, high, low, close]: [f64; 4]) -> f64 {
        let n = self.window.len() as f64;
        let (up, down, body) = (rise(open, high), rise(open, low), rise(open, close));
        let last = std::mem::replace(&mut self.last, close);
        let overnight = self.overnight.push([rise(last, open)]) * n / (n - 1.0);
        let inside = self.inside.push([up * (up - body) + down * (down - body)]);
        let body = self.body.push([body]) * n / (n - 1.0);
        let share = 0.34 / (1.34 + (n + 1.0) / (n - 1.0));
        root(overnight + share * body + (1.0 - share) * inside)
    }

    fn lookback(&self) -> usize {
        self.window.len()
    }

    fn fresh(&self) -> YangZhang {
        YangZhang::new(self.window)
    }
}
