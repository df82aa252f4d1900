//! Aroon oscillator, TA-Lib's AROONOSC: how much later the highest high of n + 1 bars came than the lowest low.
//!
//! Of bars with the same price the latest counts. An undefined high or low makes it undefined until it has left the
//! window.

use crate::extremes::Highest;
use crate::over::Kernel;
use crate::window::Window;

pub(crate) struct Aroon {
    window: Window,
    highest: Highest,
    lowest: Highest,
}

impl Aroon {
    pub fn new(window: Window) -> Aroon {
        let most = || Highest::new(window.with_the_bar_before());
        Aroon { window, highest: most(), lowest: most() }
    }

    /// How late in the window the highest and the lowest came, in per cent of it.
    #[inline]
    fn places(&mut self, high: f64, low: f64) -> [f64; 2] {
        let n = self.window.len() as f64;
        let (highest, lowest) = (self.highest.push(high), self.lowest.push(-low));
        if (highest + lowest).is_nan() {
            return [f64::NAN; 2];
        }
        [&self.highest, &self.lowest].map(|most| 100.0 * (n - most.age() as f64) / n)
    }
}

/// The difference of the two.
pub(crate) struct AroonOsc(Aroon);

impl AroonOsc {
    pub fn new(window: Window) -> AroonOsc {
        AroonOsc(Aroon::new(window))
    }
}

impl Kernel<2> for AroonOsc {
    #[inline]
    fn push(&mut self, [high, low]: [f64; 2]) -> f64 {
        let [up, down] = self.0.places(high, low);
        up - down
    }

    fn lookback(&self) -> usize {
        self.0.window.len()
    }

    fn fresh(&self) -> AroonOsc {
        AroonOsc::new(self.0.window)
    }
}
