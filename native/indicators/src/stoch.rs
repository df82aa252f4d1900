//! Stochastics, TA-Lib's STOCH, STOCHF and STOCHRSI: where the close stands between the lowest and the highest of n bars,
//! averaged (k), and the average of that (d).
//!
//! As in TA-Lib k begins with d, and is 0 before averaging where highest and lowest are the same. An undefined price makes
//! both undefined until it has left all windows; an input of the RSI does the same.

use workbench_market::widened;

use crate::alike::{alike, kept};
use crate::change::percent;
use crate::extremes::Range;
use crate::over::Kernel;
use crate::several::Fan;
use crate::sma::Sma;
use crate::swings::Swings;
use crate::window::Window;

/// By how much an RSI moves by rounding alone, within any window of one that stands still.
const ROUNDING: f64 = 1e-11;

/// A place beyond this size counts as undefined.
const PLACE_MAX: f64 = 1e290;

#[derive(Clone)]
pub(crate) struct Stoch {
    range: Range,
    k: Sma,
    d: Sma,
    /// A range up to this size is none.
    least: f64,
}

alike!(Stoch: range, k, d);

impl Stoch {
    /// With a `k` of one bar it is the fast one.
    pub fn new(window: Window, k: Window, d: Window) -> Stoch {
        Stoch { range: Range::new(window), k: Sma::new(k), d: Sma::new(d), least: 0.0 }
    }

    pub fn fast(window: Window, d: Window) -> Stoch {
        Stoch::new(window, Window::part(1), d)
    }
}

impl Fan<3, 2> for Stoch {
    #[inline]
    fn push(&mut self, [high, low, close]: [f64; 3]) -> [f64; 2] {
        let (highest, lowest) = self.range.push(high, low);
        let k = self.k.push([place(self.least, highest, lowest, close)]);
        let d = self.d.push([k]);
        if d.is_nan() { [d; 2] } else { [k, d] }
    }

    fn fill(&mut self, [highs, lows, closes]: [&[f64]; 3], [ks, ds]: [&mut [f64]; 2]) {
        let mut places = vec![0.0; closes.len()];
        self.range.fill(highs, lows, ks, ds);
        place_each(self.least, [ks, ds], closes, &mut places);
        self.k.fill([&places], ks);
        self.d.fill([ks], ds);
        begin_together(ks, ds);
    }

    kept!();

    fn lookbacks(&self) -> [usize; 2] {
        [self.range.lookback() + self.k.lookback() + self.d.lookback(); 2]
    }

    fn fresh(&self) -> Stoch {
        Stoch { range: self.range.fresh(), k: self.k.fresh(), d: self.d.fresh(), least: self.least }
    }
}

#[inline(always)]
fn place(least: f64, highest: f64, lowest: f64, close: f64) -> f64 {
    let range = highest - lowest;
    let place = if range <= least { 0.0 * close } else { percent(close - lowest, range) };
    // A close far outside of a tiny range has a place that no float can hold, which would stay in the sum for ever.
    if place.abs() <= PLACE_MAX { place } else { f64::NAN }
}

widened! {
    fn place_each(least: f64, range: [&mut [f64]; 2], closes: &[f64], places: &mut [f64]) {
        let [highest, lowest] = range.map(|column| &column[..places.len()]);
        let closes = &closes[..places.len()];
        for (row, value) in places.iter_mut().enumerate() {
            *value = place(least, highest[row], lowest[row], closes[row]);
        }
    }
}

/// There is no k where there is no d.
fn begin_together(ks: &mut [f64], ds: &[f64]) {
    let waiting = ds.iter().take_while(|d| d.is_nan()).count();
    ks[..waiting].fill(f64::NAN);
}

/// The fast stochastics of an RSI.
pub(crate) struct StochRsi {
    rsi: Swings,
    stoch: Stoch,
}

impl StochRsi {
    pub fn new(rsi: Window, window: Window, d: Window) -> StochRsi {
        StochRsi { rsi: Swings::rsi(rsi), stoch: Stoch { least: ROUNDING, ..Stoch::fast(window, d) } }
    }
}

impl Fan<1, 2> for StochRsi {
    #[inline]
    fn push(&mut self, inputs: [f64; 1]) -> [f64; 2] {
        let rsi = self.rsi.push(inputs);
        self.stoch.push([rsi; 3])
    }

    fn lookbacks(&self) -> [usize; 2] {
        self.stoch.lookbacks().map(|lookback| self.rsi.lookback() + lookback)
    }

    fn fresh(&self) -> StochRsi {
        StochRsi { rsi: self.rsi.fresh(), stoch: self.stoch.fresh() }
    }
}
