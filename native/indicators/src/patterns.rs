//! Candlestick patterns, TA-Lib's CDL functions with their usual settings: 100 where a bar completes a pattern that looks
//! up, -100 where it looks down, 0 where there is none.
//!
//! A bar with an undefined price begins the count anew: there is a value again after the lookback.

use crate::candle::{Candle, Limit, Measure};
use crate::over::Kernel;

/// The newest candle and the two before it.
type Candles = [Candle; 3];
/// What the measures of a pattern are compared with, in their order.
type Limits = [f64; 3];

/// A pattern: the candles that it measures and what must hold of them.
pub(crate) struct Pattern {
    lookback: usize,
    measures: &'static [Measure],
    /// The last number is the part of an earlier body that must be gone through, where it can be chosen.
    rule: fn(&Candles, &Limits, f64) -> f64,
}

const LONG_TWO_AGO: Measure = Measure::BODY.ago(2);
const BODY_BEFORE: Measure = Measure::BODY.ago(1);

pub(crate) const DOJI: Pattern = Pattern {
    lookback: 10,
    measures: &[Measure::TENTH],
    rule: |[now, ..], [doji, ..], _| signal(100.0, now.body() <= *doji),
};

pub(crate) const HAMMER: Pattern = Pattern {
    lookback: 11,
    measures: &[Measure::BODY, Measure::TENTH, Measure::NEAR.ago(1)],
    rule: |[now, before, _], limits, _| signal(100.0, hangs(now, limits) && now.bottom() <= before.low + limits[2]),
};

pub(crate) const HANGING_MAN: Pattern = Pattern {
    rule: |[now, before, _], limits, _| signal(-100.0, hangs(now, limits) && now.bottom() >= before.high - limits[2]),
    ..HAMMER
};

pub(crate) const INVERTED_HAMMER: Pattern = Pattern {
    lookback: 11,
    measures: &[Measure::BODY, Measure::TENTH],
    rule: |[now, before, _], limits, _| signal(100.0, stands(now, limits) && now.top() < before.bottom()),
};

pub(crate) const SHOOTING_STAR: Pattern = Pattern {
    rule: |[now, before, _], limits, _| signal(-100.0, stands(now, limits) && now.bottom() > before.top()),
    ..INVERTED_HAMMER
};

pub(crate) const ENGULFING: Pattern = Pattern {
    lookback: 2,
    measures: &[],
    rule: |[now, before, _], _, _| {
        let is_turn = now.is_rising() != before.is_rising();
        now.color() * inside(before, now, is_turn)
    },
};

pub(crate) const HARAMI: Pattern = Pattern {
    lookback: 11,
    measures: &[BODY_BEFORE, Measure::BODY],
    rule: |[now, before, _], [long, short, _], _| {
        -before.color() * inside(now, before, before.body() > *long && now.body() <= *short)
    },
};

pub(crate) const MORNING_STAR: Pattern = Pattern {
    lookback: 12,
    measures: &[LONG_TWO_AGO, BODY_BEFORE, Measure::BODY],
    rule: |[now, star, first], limits, share| {
        let turns = !first.is_rising() && star.top() < first.bottom() && now.is_rising();
        let reaches = now.close > first.close + first.body() * share;
        signal(100.0, turns && reaches && is_star(&[*now, *star, *first], limits))
    },
};

pub(crate) const EVENING_STAR: Pattern = Pattern {
    rule: |[now, star, first], limits, share| {
        let turns = first.is_rising() && star.bottom() > first.top() && !now.is_rising();
        let reaches = now.close < first.close - first.body() * share;
        signal(-100.0, turns && reaches && is_star(&[*now, *star, *first], limits))
    },
    ..MORNING_STAR
};

pub(crate) const PIERCING: Pattern = Pattern {
    lookback: 11,
    measures: &[BODY_BEFORE, Measure::BODY],
    rule: |[now, before, _], [long_before, long, _], _| {
        let are_long = before.body() > *long_before && now.body() > *long;
        let turns = !before.is_rising() && now.is_rising() && now.open < before.low;
        let reaches = now.close < before.open && now.close > before.close + before.body() * 0.5;
        signal(100.0, are_long && turns && reaches)
    },
};

pub(crate) const DARK_CLOUD_COVER: Pattern = Pattern {
    lookback: 11,
    measures: &[BODY_BEFORE],
    rule: |[now, before, _], [long, ..], share| {
        let turns = before.is_rising() && !now.is_rising() && now.open > before.high;
        let reaches = now.close > before.open && now.close < before.close - before.body() * share;
        signal(-100.0, before.body() > *long && turns && reaches)
    },
};

fn signal(value: f64, holds: bool) -> f64 {
    if holds { value } else { 0.0 }
}

/// A small body with a long shadow below it and hardly one above.
fn hangs(now: &Candle, [short, tenth, _]: &Limits) -> bool {
    now.body() < *short && now.lower() > now.body() && now.upper() < *tenth
}

/// A small body with a long shadow above it and hardly one below.
fn stands(now: &Candle, [short, tenth, _]: &Limits) -> bool {
    now.body() < *short && now.upper() > now.body() && now.lower() < *tenth
}

/// 100 where the body of `inner` lies in that of `outer`, 80 where one of its ends is that of the other.
fn inside(inner: &Candle, outer: &Candle, holds: bool) -> f64 {
    let (below, above) = (outer.bottom() - inner.bottom(), inner.top() - outer.top());
    let (low, high) = (outer.bottom() < inner.bottom(), inner.top() < outer.top());
    match holds && below <= 0.0 && above <= 0.0 && (low || high) {
        true if low && high => 100.0,
        true => 80.0,
        false => 0.0,
    }
}

/// A long body, then a short one, then one that is not short.
fn is_star([now, star, first]: &Candles, [long, short, body]: &Limits) -> bool {
    first.body() > *long && star.body() <= *short && now.body() > *body
}

/// A pattern on its way through the bars.
pub(crate) struct Candlesticks {
    pattern: &'static Pattern,
    share: f64,
    candles: Candles,
    limits: Box<[Limit]>,
    seen: usize,
}

impl Candlesticks {
    pub fn new(pattern: &'static Pattern, share: f64) -> Candlesticks {
        let limits = pattern.measures.iter().map(|measure| Limit::new(*measure, pattern.lookback)).collect();
        Candlesticks { pattern, share, candles: [Candle::NONE; 3], limits, seen: 0 }
    }

    fn begin_anew(&mut self) {
        self.seen = 0;
        self.limits.iter_mut().for_each(Limit::reset);
    }
}

impl Kernel<4> for Candlesticks {
    #[inline]
    fn push(&mut self, [open, high, low, close]: [f64; 4]) -> f64 {
        if (open + high + low + close).is_nan() {
            self.begin_anew();
            return f64::NAN;
        }
        self.candles = [Candle { open, high, low, close }, self.candles[0], self.candles[1]];
        self.seen += 1;
        let mut found = Limits::default();
        for (limit, found) in self.limits.iter_mut().zip(&mut found) {
            let ago = limit.measure().ago;
            if ago < self.seen {
                *found = limit.take(&self.candles[ago]);
            }
        }
        if self.seen > self.pattern.lookback {
            (self.pattern.rule)(&self.candles, &found, self.share)
        } else {
            f64::NAN
        }
    }

    fn lookback(&self) -> usize {
        self.pattern.lookback
    }

    fn fresh(&self) -> Candlesticks {
        Candlesticks::new(self.pattern, self.share)
    }
}
