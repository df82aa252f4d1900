//! Indicators from outside of this crate, such as those that users write: a description only has to make them.

use std::fmt;
use std::sync::Arc;

use crate::indicator::Indicator;

/// The description of an indicator whose formula stands elsewhere.
pub trait Foreign: fmt::Debug + Send + Sync {
    /// A running one, before its first bar, or why there can be none.
    fn make(&self) -> Result<Box<dyn Indicator>, String>;

    /// The same, told whose bars its objects are fed.
    fn of(&self, asset: usize) -> Arc<dyn Foreign>;

    /// What tells it from all others: descriptions with one key make indicators that cannot be told apart.
    fn key(&self) -> u64;

    /// What went wrong in one of those it made; from then on they have no value.
    fn failed(&self) -> Option<String> {
        None
    }
}

/// A shared description, equal to those with its key.
#[derive(Clone, Debug)]
pub struct Outside(pub Arc<dyn Foreign>);

impl PartialEq for Outside {
    fn eq(&self, other: &Outside) -> bool {
        self.0.key() == other.0.key()
    }
}
