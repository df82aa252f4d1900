//! Aroon, TA-Lib's AROON and AROONOSC: how late the highest high and the lowest low of n + 1 bars came.
//!
//! Of bars with the same price the latest counts. An undefined high or low makes it undefined until it has left the
//! window.

use crate::latest::Latest;
use crate::over::Kernel;
use crate::several::Fan;
use crate::window::Window;

/// How late in the window each came, in per cent of it.
pub(crate) struct Aroon {
    window: Window,
    highest: Latest,
    lowest: Latest,
}

impl Aroon {
    pub fn new(window: Window) -> Aroon {
        let most = || Latest::new(window.with_the_bar_before());
        Aroon { window, highest: most(), lowest: most() }
    }
}

impl Fan<2, 2> for Aroon {
    #[inline]
    fn push(&mut self, [high, low]: [f64; 2]) -> [f64; 2] {
        let n = self.window.len() as f64;
        let (highest, lowest) = (self.highest.push(high), self.lowest.push(-low));
        if (highest + lowest).is_nan() {
            return [f64::NAN; 2];
        }
        [&self.highest, &self.lowest].map(|most| 100.0 * (n - most.age() as f64) / n)
    }

    fn lookbacks(&self) -> [usize; 2] {
        [self.window.len(); 2]
    }

    fn fresh(&self) -> Aroon {
        Aroon::new(self.window)
    }
}

/// Aroon up less Aroon down.
pub(crate) struct AroonOsc(Aroon);

impl AroonOsc {
    pub fn new(window: Window) -> AroonOsc {
        AroonOsc(Aroon::new(window))
    }
}

impl Kernel<2> for AroonOsc {
    #[inline]
    fn push(&mut self, bar: [f64; 2]) -> f64 {
        let [up, down] = self.0.push(bar);
        up - down
    }

    fn lookback(&self) -> usize {
        self.0.window.len()
    }

    fn fresh(&self) -> AroonOsc {
        AroonOsc(self.0.fresh())
    }
}
