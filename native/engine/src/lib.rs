//! The engine: a pure fold over inputs, and the driver that feeds it.

pub mod action;
pub mod command;
pub mod cost;
pub mod digest;
pub mod driver;
pub mod due;
pub mod ends;
pub mod event;
pub mod exits;
pub mod explain;
pub mod frames;
pub mod latency;
pub mod ledger;
pub mod life;
pub mod limits;
pub mod lots;
pub mod matching;
pub mod order;
mod quiet;
pub mod risk;
pub mod series;
pub mod state;
pub mod step;
pub mod streams;
pub mod terms;
pub mod traded;
pub mod trades;
