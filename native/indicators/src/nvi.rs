//! Negative volume index: 1000 at first, then it moves as the input does in bars with less volume than the bar before.
//!
//! A bar with an undefined input has no value and is otherwise as if it had not been. A change from zero counts as none.

use crate::over::Kernel;

/// Where the index starts.
const BASE: f64 = 1000.0;

pub(crate) struct Nvi {
    last: [f64; 2],
    index: f64,
}

impl Nvi {
    pub fn new() -> Nvi {
        Nvi { last: [f64::NAN; 2], index: BASE }
    }
}

impl Kernel<2> for Nvi {
    #[inline]
    fn push(&mut self, inputs: [f64; 2]) -> f64 {
        if inputs.iter().any(|x| x.is_nan()) {
            return f64::NAN;
        }
        let [x, volume] = inputs;
        let [last, last_volume] = std::mem::replace(&mut self.last, inputs);
        let moved = self.index * (x / last);
        if volume < last_volume && moved.is_finite() {
            self.index = moved;
        }
        self.index
    }

    fn lookback(&self) -> usize {
        0
    }

    fn fresh(&self) -> Nvi {
        Nvi::new()
    }
}
