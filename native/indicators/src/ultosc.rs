//! Ultimate oscillator, TA-Lib's ULTOSC: buying pressure over true range in three windows, the shortest weighing most.
//!
//! The first bar has no bar before it and does not count. A bar with an undefined price has no value and is otherwise as
//! if it had not been. A window without any range adds nothing, as in TA-Lib.

use crate::over::Kernel;
use crate::run_length::RunLength;
use crate::sma::Sma;
use crate::window::Window;

/// What the shortest, the middle and the longest window weigh.
const WEIGHTS: [f64; 3] = [4.0, 2.0, 1.0];

struct Share {
    window: Window,
    pressure: Sma,
    range: Sma,
}

impl Share {
    fn new(window: Window) -> Share {
        Share { window, pressure: Sma::new(window), range: Sma::new(window) }
    }

    #[inline]
    fn push(&mut self, pressure: f64, range: f64, still: usize) -> f64 {
        let (pressure, range) = (self.pressure.push([pressure]), self.range.push([range]));
        if still >= self.window.len() || range <= 0.0 { 0.0 } else { pressure / range }
    }
}

pub(crate) struct Ultosc {
    last: f64,
    still: RunLength,
    shares: [Share; 3],
}

impl Ultosc {
    /// The windows from the shortest to the longest.
    pub fn new(windows: [Window; 3]) -> Ultosc {
        Ultosc { last: f64::NAN, still: RunLength::new(), shares: windows.map(Share::new) }
    }
}

impl Kernel<3> for Ultosc {
    #[inline]
    fn push(&mut self, [high, low, close]: [f64; 3]) -> f64 {
        if (high + low + close).is_nan() {
            return f64::NAN;
        }
        let last = std::mem::replace(&mut self.last, close);
        if last.is_nan() {
            return f64::NAN;
        }
        let bottom = low.min(last);
        let (pressure, range) = (close - bottom, high.max(last) - bottom);
        // How many bars in a row had no range: a count, as what rounding leaves of a sum is not quite nothing.
        let run = self.still.push(range);
        let still = if range == 0.0 { run } else { 0 };
        let shares = self.shares.each_mut().map(|share| share.push(pressure, range, still));
        let [short, medium, long] = shares;
        // Shorter windows without range are 0 before the longest has its first value.
        if long.is_nan() {
            return long;
        }
        100.0 * (WEIGHTS[0] * short + WEIGHTS[1] * medium + WEIGHTS[2] * long) / WEIGHTS.iter().sum::<f64>()
    }

    fn lookback(&self) -> usize {
        self.shares.iter().map(|share| share.window.len()).max().unwrap_or(0)
    }

    fn fresh(&self) -> Ultosc {
        Ultosc::new(self.shares.each_ref().map(|share| share.window))
    }
}
