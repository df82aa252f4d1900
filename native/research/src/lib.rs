//! What is asked of finished runs, and many runs at once: figures, and sweeps of signals on all cores.

#[cfg(test)]
mod agreement;
mod curve;
mod fold;
pub mod form;
mod joint;
mod layout;
mod moments;
mod parallel;
mod plan;
pub mod statistics;
pub mod sweep;
mod tape;
