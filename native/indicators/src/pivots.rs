//! Pivot points: levels made of the high, low and close of the session before, which hold through a session; on longer
//! bars of the last one that closed, which hold until the next one does.
//!
//! A bar with an undefined input leaves the session after its own without levels; one whose session is unknown has none.

use crate::several::Fan;

/// The levels for a high, a low and a close.
type Levels<const M: usize> = fn(f64, f64, f64) -> [f64; M];

/// The middle, then those above it and those below, each from the nearest to the farthest.
pub(crate) fn classic(high: f64, low: f64, close: f64) -> [f64; 7] {
    let (pivot, range) = ((high + low + close) / 3.0, high - low);
    let (above, below) = (pivot - low, high - pivot);
    let resistances = [pivot + above, pivot + range, high + 2.0 * above];
    let supports = [pivot - below, pivot - range, low - 2.0 * below];
    joined(pivot, resistances, supports)
}

pub(crate) fn fibonacci(high: f64, low: f64, close: f64) -> [f64; 7] {
    let (pivot, range) = ((high + low + close) / 3.0, high - low);
    let away = [0.382, 0.618, 1.0].map(|part| part * range);
    joined(pivot, away.map(|away| pivot + away), away.map(|away| pivot - away))
}

pub(crate) fn camarilla(high: f64, low: f64, close: f64) -> [f64; 9] {
    let (pivot, range) = ((high + low + close) / 3.0, high - low);
    let away = [12.0, 6.0, 4.0, 2.0].map(|part| 1.1 * range / part);
    joined(pivot, away.map(|away| close + away), away.map(|away| close - away))
}

fn joined<const N: usize, const M: usize>(pivot: f64, above: [f64; N], below: [f64; N]) -> [f64; M] {
    let mut levels = [pivot; M];
    levels[1..=N].copy_from_slice(&above);
    levels[N + 1..].copy_from_slice(&below);
    levels
}

pub(crate) struct Pivots<const M: usize> {
    levels: Levels<M>,
    /// Whether each bar is a whole one that has closed, and the levels are those for the time after it.
    of_last_bar: bool,
    session: f64,
    high: f64,
    low: f64,
    close: f64,
    now: [f64; M],
}

impl<const M: usize> Pivots<M> {
    pub fn new(levels: Levels<M>, of_last_bar: bool) -> Pivots<M> {
        let [session, high, low, close] = [f64::NAN; 4];
        Pivots { levels, of_last_bar, session, high, low, close, now: [f64::NAN; M] }
    }

    /// Adds a bar to its session; what is undefined once stays so until the next session.
    fn add(&mut self, high: f64, low: f64, close: f64) {
        // A maximum with NaN would forget it.
        if (high + low + close).is_nan() || self.close.is_nan() {
            self.close = f64::NAN;
        } else {
            (self.high, self.low, self.close) = (self.high.max(high), self.low.min(low), close);
        }
    }
}

impl<const M: usize> Fan<4, M> for Pivots<M> {
    #[inline]
    fn push(&mut self, [high, low, close, session]: [f64; 4]) -> [f64; M] {
        if self.of_last_bar {
            return (self.levels)(high, low, close);
        }
        if session.is_nan() {
            // It may belong to the session that is on.
            self.close = f64::NAN;
            return [f64::NAN; M];
        }
        if session == self.session {
            self.add(high, low, close);
        } else {
            self.now = (self.levels)(self.high, self.low, self.close);
            let is_known = !(high + low + close).is_nan();
            (self.session, self.high, self.low) = (session, high, low);
            self.close = if is_known { close } else { f64::NAN };
        }
        self.now
    }

    fn lookbacks(&self) -> [usize; M] {
        // Bars of sessions: at least one comes before.
        [usize::from(!self.of_last_bar); M]
    }

    fn fresh(&self) -> Pivots<M> {
        Pivots::new(self.levels, self.of_last_bar)
    }
}
