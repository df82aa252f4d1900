//! What is asked of finished runs, and many runs at once: figures, and sweeps of signals on all cores.

mod curve;
pub mod statistics;
