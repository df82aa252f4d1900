//! Indicators as streams: one bar in, one value or nothing out.
//!
//! A [`Node`] is a description; [`build`] turns it into a running [`Indicator`]. "Not yet" and "not at this bar" are
//! `None` outside and NaN only inside a ring buffer, where a hole and a place not yet filled are the same thing.

mod alma;
mod bbands;
mod bop;
mod cascade;
mod catalog;
mod cci;
mod change;
mod columns;
mod cross;
mod ema;
mod extremes;
mod field;
mod foreign;
mod gap;
mod hma;
mod indicator;
mod kama;
mod longer;
mod macd;
mod midpoint;
mod node;
mod on;
mod over;
mod pair;
mod ring;
mod rolling;
mod run_length;
mod same;
mod several;
mod shift;
mod sma;
mod source;
mod sum;
mod swings;
mod trima;
mod trix;
mod true_range;
mod variance;
mod vwma;
mod willr;
mod window;
mod wma;
mod zlema;

pub use columns::Columns;
pub use field::Field;
pub use foreign::{Foreign, Outside};
pub use indicator::Indicator;
pub use longer::{Closed, Origin, Waiting};
pub use node::{IndicatorError, Input, Node, build, build_several};
pub use several::Several;
pub use sum::Sum;
pub use window::WINDOW_MAX;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod told_tests;
