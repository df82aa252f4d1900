//! A bar as a candle, and what counts as long or short beside the candles before it.

use crate::ring::Ring;

/// When so much more has left than the mean still holds, the mean is made anew.
const LEFT_MAX: f64 = 1e6;

/// One bar: its body lies between open and close, its shadows reach from there to high and low.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candle {
    pub open: f64,
    pub high: f64,
    pub low: f64,
    pub close: f64,
}

impl Candle {
    pub const NONE: Candle = Candle { open: f64::NAN, high: f64::NAN, low: f64::NAN, close: f64::NAN };

    pub fn body(&self) -> f64 {
        (self.close - self.open).abs()
    }

    pub fn range(&self) -> f64 {
        self.high - self.low
    }

    pub fn top(&self) -> f64 {
        self.open.max(self.close)
    }

    pub fn bottom(&self) -> f64 {
        self.open.min(self.close)
    }

    pub fn upper(&self) -> f64 {
        self.high - self.top()
    }

    pub fn lower(&self) -> f64 {
        self.bottom() - self.low
    }

    /// Whether it closed no lower than it opened.
    pub fn is_rising(&self) -> bool {
        self.close >= self.open
    }

    /// 1 for one that rises, -1 for one that falls.
    pub fn color(&self) -> f64 {
        if self.is_rising() { 1.0 } else { -1.0 }
    }
}

/// What a candle is measured by, and beside which share of its mean over how many candles.
#[derive(Clone, Copy)]
pub(crate) struct Measure {
    pub of: fn(&Candle) -> f64,
    pub factor: f64,
    pub candles: usize,
    /// The candle in question: 0 is the newest, 1 the one before.
    pub ago: usize,
}

impl Measure {
    /// TA-Lib's usual settings: a body is long above and short below the mean of ten,
    pub const BODY: Measure = Measure { of: Candle::body, factor: 1.0, candles: 10, ago: 0 };
    /// that of a doji and a shadow that is hardly there are up to a tenth of the mean range,
    pub const TENTH: Measure = Measure { of: Candle::range, factor: 0.1, candles: 10, ago: 0 };
    /// and what is near is up to a fifth of the mean range of five.
    pub const NEAR: Measure = Measure { of: Candle::range, factor: 0.2, candles: 5, ago: 0 };

    /// The same for an earlier candle.
    pub const fn ago(self, ago: usize) -> Measure {
        Measure { ago, ..self }
    }
}

/// The mean of a measure over the candles before the one in question.
///
/// Candles are compared with a mean that they may equal to the cent, so it is rounded as TA-Lib's is: a plain running sum
/// that begins at the same candle.
pub(crate) struct Limit {
    measure: Measure,
    /// Candles that come before the first one that counts.
    skip: usize,
    skipped: usize,
    ring: Ring,
    filled: usize,
    sum: f64,
}

impl Limit {
    pub fn new(measure: Measure, lookback: usize) -> Limit {
        let (skip, ring) = (lookback - measure.ago - measure.candles, Ring::new(measure.candles));
        Limit { measure, skip, skipped: 0, ring, filled: 0, sum: 0.0 }
    }

    pub fn measure(&self) -> Measure {
        self.measure
    }

    pub fn reset(&mut self) {
        (self.skipped, self.filled, self.sum) = (0, 0, 0.0);
    }

    /// The limit for this candle, NaN while there are not enough before it; then it is one of those before the next.
    #[inline]
    pub fn take(&mut self, candle: &Candle) -> f64 {
        if self.skipped < self.skip {
            self.skipped += 1;
            return f64::NAN;
        }
        let size = (self.measure.of)(candle);
        if self.filled < self.measure.candles {
            self.filled += 1;
            self.sum += size;
            self.ring.push(size);
            return f64::NAN;
        }
        let limit = self.measure.factor * (self.sum / self.measure.candles as f64);
        let left = self.ring.push(size);
        self.sum += size - left;
        if left > LEFT_MAX * self.sum {
            self.sum = self.ring.iter().sum();
        }
        limit
    }
}
