//! Parabolic stop and reverse, TA-Lib's SAR: a stop that follows a trend ever faster, and changes sides when it is hit.
//!
//! The first bar has no value; whether the second starts a rise or a fall is told by which of the two moved further, as
//! in TA-Lib. A bar with an undefined high or low has no value and is otherwise as if it had not been.

use crate::over::Kernel;

/// How fast the stop follows: what it starts with and gains at each new extreme, and what it never exceeds.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    pub step: f64,
    pub most: f64,
}

/// A trend as it looks when it rises: the prices of a fall are negated.
#[derive(Clone, Copy)]
struct Trend {
    sign: f64,
    pace: f64,
    extreme: f64,
    stop: f64,
}

/// The high and low of a bar.
type Span = [f64; 2];

impl Trend {
    /// Whether the trend from the first bar to the second rises or falls, and where its stop starts.
    fn start(pace: Pace, [last_high, last_low]: Span, [high, low]: Span) -> Trend {
        let (up, down) = (high - last_high, last_low - low);
        let falls = down > 0.0 && up < down;
        let (sign, extreme, stop) = if falls { (-1.0, -low, -last_high) } else { (1.0, high, last_low) };
        Trend { sign, pace: pace.step, extreme, stop }
    }

    #[inline]
    fn seen(&self, [high, low]: Span) -> Span {
        if self.sign > 0.0 { [high, low] } else { [-low, -high] }
    }

    /// The stop at this bar; then it moves to where it stands at the next one.
    #[inline]
    fn step(&mut self, pace: Pace, last: Span, bar: Span) -> f64 {
        let ([last_high, _], [high, low]) = (self.seen(last), self.seen(bar));
        if low <= self.stop {
            let stop = self.extreme.max(last_high).max(high);
            *self = Trend { sign: -self.sign, pace: pace.step, extreme: -low, stop: -stop };
        }
        let shown = self.sign * self.stop;
        let ([_, last_low], [high, low]) = (self.seen(last), self.seen(bar));
        if high > self.extreme {
            self.extreme = high;
            self.pace = (self.pace + pace.step).min(pace.most);
        }
        self.stop = (self.stop + self.pace * (self.extreme - self.stop)).min(last_low).min(low);
        shown
    }
}

pub(crate) struct Sar {
    pace: Pace,
    last: Span,
    trend: Option<Trend>,
}

impl Sar {
    pub fn new(pace: Pace) -> Sar {
        Sar { pace, last: [f64::NAN; 2], trend: None }
    }
}

impl Kernel<2> for Sar {
    #[inline]
    fn push(&mut self, bar: Span) -> f64 {
        if bar[0].is_nan() || bar[1].is_nan() {
            return f64::NAN;
        }
        let last = std::mem::replace(&mut self.last, bar);
        if last[0].is_nan() {
            return f64::NAN;
        }
        match &mut self.trend {
            Some(trend) => trend.step(self.pace, last, bar),
            // The first step takes the second bar as the one before too.
            none => none.insert(Trend::start(self.pace, last, bar)).step(self.pace, bar, bar),
        }
    }

    fn lookback(&self) -> usize {
        1
    }

    fn fresh(&self) -> Sar {
        Sar::new(self.pace)
    }
}
