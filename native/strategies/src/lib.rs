//! Strategies that decide without a callback: they look at the driver and answer with commands.

pub mod signals;
