//! Indicators as streams: one bar in, one value or nothing out.
//!
//! A [`Node`] is a description; [`build`] turns it into a running [`Indicator`]. "Not yet" and "not at this bar" are
//! `None` outside and NaN only inside a ring buffer, where a hole and a place not yet filled are the same thing.

mod columns;
mod cross;
mod ema;
mod field;
mod indicator;
mod longer;
mod node;
mod pair;
mod same;
mod shift;
mod sma;
mod source;
mod sum;
mod window;

pub use columns::Columns;
pub use field::Field;
pub use indicator::Indicator;
pub use longer::{Closed, Waiting};
pub use node::{IndicatorError, Input, Node, build};
pub use sum::Sum;
pub use window::WINDOW_MAX;

#[cfg(test)]
mod tests;
