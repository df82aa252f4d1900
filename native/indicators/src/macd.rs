//! Moving average convergence and divergence, TA-Lib's MACD: a fast EMA less a slow one (the line), the EMA of that (the
//! signal), and the line less the signal (the histogram).
//!
//! As in TA-Lib the fast average starts late, at the bar of the slow one, and no output begins before the signal does. An
//! undefined input has no value and is otherwise as if its bar had not been.

use workbench_market::widened;

use crate::alike::{alike, kept};
use crate::ema::Ema;
use crate::over::Kernel;
use crate::rows::TILE;
use crate::several::Fan;
use crate::window::Window;

#[derive(Clone)]
pub(crate) struct Macd {
    fast: Ema,
    slow: Ema,
    signal: Ema,
    /// How many more inputs only the slow average takes.
    head_start: usize,
}

alike!(Macd: fast, slow, signal, head_start);

impl Macd {
    pub fn new(fast: Window, slow: Window, signal: Window) -> Macd {
        let head_start = slow.len() - fast.len();
        Macd { fast: Ema::new(fast), slow: Ema::new(slow), signal: Ema::new(signal), head_start }
    }
}

impl Fan<1, 3> for Macd {
    #[inline]
    fn push(&mut self, [x]: [f64; 1]) -> [f64; 3] {
        if x.is_nan() {
            return [f64::NAN; 3];
        }
        let slow = self.slow.push([x]);
        if self.head_start > 0 {
            self.head_start -= 1;
            return [f64::NAN; 3];
        }
        let line = self.fast.push([x]) - slow;
        let signal = self.signal.push([line]);
        if signal.is_nan() { [f64::NAN; 3] } else { [line, signal, line - signal] }
    }

    fn fill(&mut self, [xs]: [&[f64]; 1], mut outputs: [&mut [f64]; 3]) {
        let mut first = 0;
        while first < xs.len() && !self.signal.has_started() {
            let values = self.push([xs[first]]);
            outputs.iter_mut().zip(values).for_each(|(column, value)| column[first] = value);
            first += 1;
        }
        let [lines, signals, gaps] = outputs.map(|column| &mut column[first..]);
        let columns = lines.chunks_mut(TILE).zip(signals.chunks_mut(TILE)).zip(gaps.chunks_mut(TILE));
        for (xs, ((lines, signals), gaps)) in xs[first..].chunks(TILE).zip(columns) {
            self.fast.fill([xs], lines);
            self.slow.fill([xs], gaps);
            take(lines, gaps);
            self.signal.fill([lines], signals);
            gaps.copy_from_slice(lines);
            take(gaps, signals);
        }
    }

    kept!();

    fn lookbacks(&self) -> [usize; 3] {
        [self.slow.lookback() + self.signal.lookback(); 3]
    }

    fn fresh(&self) -> Macd {
        let head_start = self.slow.lookback() - self.fast.lookback();
        Macd { fast: self.fast.fresh(), slow: self.slow.fresh(), signal: self.signal.fresh(), head_start }
    }
}

widened! {
    fn take(values: &mut [f64], others: &[f64]) {
        for (value, other) in values.iter_mut().zip(others) {
            *value -= other;
        }
    }
}
