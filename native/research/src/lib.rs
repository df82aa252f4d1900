//! What is asked of finished runs: the statistics of an equity curve.

pub mod statistics;
