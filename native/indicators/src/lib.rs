//! Indicators as streams: one bar in, one value or nothing out.
//!
//! A [`Node`] is a description; [`build`] turns it into a running [`Indicator`]. "Not yet" and "not at this bar" are
//! `None` outside and NaN only inside a ring buffer, where a hole and a place not yet filled are the same thing.

mod alma;
mod bop;
mod cascade;
mod catalog;
mod cci;
mod change;
mod columns;
mod cross;
mod decay;
mod ema;
mod extremes;
mod field;
mod gap;
mod hma;
mod indicator;
mod kama;
mod longer;
mod midpoint;
mod node;
mod over;
mod pair;
mod ring;
mod rolling;
mod rows;
mod run_length;
mod same;
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
mod wide;
mod willr;
mod window;
mod window_mean;
mod wma;
mod zlema;

pub use columns::Columns;
pub use field::Field;
pub use indicator::Indicator;
pub use longer::{Closed, Waiting};
pub use node::{IndicatorError, Input, Node, build};
pub use rows::are_finite;
pub use sum::Sum;
pub use window::WINDOW_MAX;

#[cfg(test)]
mod tests;
