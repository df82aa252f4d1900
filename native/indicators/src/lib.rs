//! Indicators as streams: one bar in, one value or nothing out.
//!
//! A [`Node`] is a description; [`build`] turns it into a running [`Indicator`]. "Not yet" and "not at this bar" are
//! `None` outside and NaN only inside a ring buffer, where a hole and a place not yet filled are the same thing.

mod accumulation;
mod alma;
mod bbands;
mod bop;
mod candle;
mod cascade;
mod catalog;
mod cci;
mod change;
mod columns;
mod cross;
mod drawdown;
mod ease;
mod ema;
mod extremes;
mod field;
mod force;
mod gap;
mod hma;
mod indicator;
mod kama;
mod longer;
mod macd;
mod mfi;
mod midpoint;
mod moments;
mod node;
mod nvi;
mod obv;
mod over;
mod pair;
mod patterns;
mod pivots;
mod quantile;
mod ring;
mod rolling;
mod run_length;
mod same;
mod several;
mod shape;
mod shift;
mod since;
mod sma;
mod source;
mod sum;
mod swings;
mod together;
mod trima;
mod trix;
mod true_range;
mod variance;
mod vwap;
mod vwma;
mod willr;
mod window;
mod wma;
mod zlema;
mod zscore;

pub use columns::Columns;
pub use field::Field;
pub use indicator::Indicator;
pub use longer::{Closed, Waiting};
pub use node::{IndicatorError, Input, Node, build, build_several};
pub use several::Several;
pub use sum::Sum;
pub use window::WINDOW_MAX;

#[cfg(test)]
mod tests;
