//! What is traded and when: exact numbers, instruments, bars.

pub mod bar;
pub mod decimal;
pub mod draws;
pub mod error;
pub mod instrument;
pub mod lock;
pub mod number;
mod wide;

pub use error::{Error, Result};
