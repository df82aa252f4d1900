//! A bar as strategies and indicators read it: five floats, the session they belong to, and when it closed.

/// Open, high, low, close and volume of one bar in float64; an unknown volume is NaN.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ohlcv {
    pub open: f64,
    pub high: f64,
    pub low: f64,
    pub close: f64,
    pub volume: f64,
    /// In days since 1970, a whole number; NaN where nobody knows. A float, so that it is an input like the others.
    pub session: f64,
    /// When it closed, in microseconds since 1970, a whole number; NaN where nobody knows.
    pub time: f64,
}
