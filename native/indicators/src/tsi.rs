//! True strength index: the change per bar, smoothed twice, in per cent of its size, smoothed likewise.
//!
//! Both averages are exponential and start as the mean of their first values. An undefined input has no value and is
//! otherwise as if its bar had not been; where nothing has moved the index is 0.

use crate::ema::Ema;
use crate::over::Kernel;
use crate::swings::STILL;
use crate::window::Window;

/// An average of an average.
struct Twice([Ema; 2]);

impl Twice {
    fn new(windows: [Window; 2]) -> Twice {
        Twice(windows.map(Ema::new))
    }

    #[inline]
    fn push(&mut self, x: f64) -> f64 {
        let [inner, outer] = &mut self.0;
        outer.push([inner.push([x])])
    }
}

pub(crate) struct Tsi {
    windows: [Window; 2],
    last: f64,
    change: Twice,
    size: Twice,
}

impl Tsi {
    /// The window of the first average, then that of the average of it.
    pub fn new(windows: [Window; 2]) -> Tsi {
        Tsi { windows, last: f64::NAN, change: Twice::new(windows), size: Twice::new(windows) }
    }
}

impl Kernel<1> for Tsi {
    #[inline]
    fn push(&mut self, [x]: [f64; 1]) -> f64 {
        if x.is_nan() {
            return f64::NAN;
        }
        let change = x - std::mem::replace(&mut self.last, x);
        let (change, size) = (self.change.push(change), self.size.push(change.abs()));
        // Without a value yet the size is NaN, which is not below anything.
        if size < STILL { 0.0 } else { 100.0 * change / size }
    }

    fn lookback(&self) -> usize {
        self.windows.iter().map(|window| window.len() - 1).sum::<usize>() + 1
    }

    fn fresh(&self) -> Tsi {
        Tsi::new(self.windows)
    }
}
