//! The straight line through the last n inputs, by least squares: TA-Lib's LINEARREG and its kin, TSF, and R squared.
//!
//! With the positions of a window counted from its middle, in halves, the slope is a sum of products and the level a mean.
//! A step takes twice every input away, which lowers all positions by one. Products are split into two that are exact,
//! so that nothing of an input is left behind. An undefined input makes it undefined until it has left the window.

use crate::over::Kernel;
use crate::ring::Ring;
use crate::run_length::RunLength;
use crate::sum::Sum;
use crate::variance::Variance;
use crate::window::Window;

/// The line over a window, counted from its middle.
struct Line {
    ring: Ring,
    undefined: usize,
    same: RunLength,
    sum: Sum,
    /// The sum of each input times twice its distance from the middle.
    moment: Sum,
}

impl Line {
    fn new(window: Window) -> Line {
        let n = window.len();
        let (sum, moment) = (Sum::default(), Sum::default());
        Line { ring: Ring::new(n), undefined: n, same: RunLength::new(), sum, moment }
    }

    /// The slope of the line, and its level in the middle.
    #[inline]
    fn push(&mut self, x: f64) -> (f64, f64) {
        let n = self.ring.len() as f64;
        self.moment.take(self.sum.twice());
        let old = self.ring.push(x);
        if old.is_nan() {
            self.undefined -= 1;
        } else {
            self.moment.add_product(n + 1.0, old);
            self.sum.add(-old);
        }
        if x.is_nan() {
            self.undefined += 1;
        } else {
            self.moment.add_product(n - 1.0, x);
            self.sum.add(x);
        }
        let same = self.same.push(x);
        if self.undefined > 0 {
            return (f64::NAN, f64::NAN);
        }
        // What does not move has a slope of 0 and not one of what rounding leaves.
        let slope = if same >= self.ring.len() { 0.0 } else { self.moment.value() * 6.0 / (n * (n * n - 1.0)) };
        (slope, self.sum.value() / n)
    }
}

/// Which number of the line is told.
#[derive(Clone, Copy)]
pub(crate) enum Told {
    Slope,
    /// The slope in degrees.
    Angle,
    /// The line so many bars after the newest input; the oldest one is before it.
    Level(f64),
}

pub(crate) struct Regression {
    window: Window,
    line: Line,
    told: Told,
}

impl Regression {
    pub fn new(window: Window, told: Told) -> Regression {
        Regression { window, line: Line::new(window), told }
    }

    /// The line at the newest input.
    pub fn end(window: Window) -> Regression {
        Regression::new(window, Told::Level(0.0))
    }

    /// The line at the oldest input.
    pub fn intercept(window: Window) -> Regression {
        Regression::new(window, Told::Level(1.0 - window.len() as f64))
    }

    /// The line where the next input will be.
    pub fn forecast(window: Window) -> Regression {
        Regression::new(window, Told::Level(1.0))
    }
}

impl Kernel<1> for Regression {
    #[inline]
    fn push(&mut self, [x]: [f64; 1]) -> f64 {
        let (slope, middle) = self.line.push(x);
        match self.told {
            Told::Slope => slope,
            Told::Angle => slope.atan().to_degrees(),
            Told::Level(ahead) => middle + slope * ((self.window.len() as f64 - 1.0) / 2.0 + ahead),
        }
    }

    fn lookback(&self) -> usize {
        self.window.len() - 1
    }

    fn fresh(&self) -> Regression {
        Regression::new(self.window, self.told)
    }
}

/// The share of the variance that the line explains; inputs that are all the same have none to explain.
pub(crate) struct RSquared {
    window: Window,
    line: Line,
    variance: Variance,
}

impl RSquared {
    pub fn new(window: Window) -> RSquared {
        RSquared { window, line: Line::new(window), variance: Variance::new(window) }
    }
}

impl Kernel<1> for RSquared {
    #[inline]
    fn push(&mut self, [x]: [f64; 1]) -> f64 {
        let n = self.window.len() as f64;
        let (slope, variance) = (self.line.push(x).0, self.variance.push([x]));
        let explained = slope * slope * ((n * n - 1.0) / 12.0);
        // Nothing over nothing is undefined, and stays so.
        let share = explained / variance;
        if share > 1.0 { 1.0 } else { share }
    }

    fn lookback(&self) -> usize {
        self.window.len() - 1
    }

    fn fresh(&self) -> RSquared {
        RSquared::new(self.window)
    }
}
