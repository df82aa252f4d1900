//! Indicators as streams: one bar in, one value or nothing out.
//!
//! A [`Node`] is a description; [`build`] turns it into a running [`Indicator`]. "Not yet" and "not at this bar" are
//! `None` outside and NaN only inside a ring buffer, where a hole and a place not yet filled are the same thing.

mod alma;
mod ao;
mod aroon;
mod bbands;
mod bop;
mod cascade;
mod catalog;
mod cci;
mod change;
mod channels;
mod columns;
mod cross;
mod decay;
mod dpo;
mod ema;
mod extremes;
mod field;
mod fisher;
mod gap;
mod hma;
mod ichimoku;
mod indicator;
mod join;
mod kama;
mod kst;
mod longer;
mod macd;
mod mass_index;
mod midpoint;
mod midprice;
mod movement;
mod node;
mod over;
mod pair;
mod regression;
mod ring;
mod rolling;
mod rows;
mod run_length;
mod same;
mod sar;
mod several;
mod shift;
mod sma;
mod source;
mod spread;
mod stoch;
mod sum;
mod supertrend;
mod swings;
mod trima;
mod trix;
mod true_range;
mod tsi;
mod ulcer;
mod ultosc;
mod variance;
mod vortex;
mod vwma;
mod willr;
mod window;
mod window_mean;
mod wma;
mod zlema;

pub use columns::Columns;
pub use field::Field;
pub use indicator::Indicator;
pub use join::{Bits, Operand, join, judge};
pub use longer::{Closed, Waiting};
pub use node::{IndicatorError, Input, Node, build, build_several};
pub use rows::are_finite;
pub use several::Several;
pub use sum::Sum;
pub use window::WINDOW_MAX;

#[cfg(test)]
mod tests;
