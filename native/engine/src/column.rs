//! Numbers that are read where they lie: those of a table that was lent, or own ones once some are added.

use std::ops::Deref;

use arrow_buffer::{ArrowNativeType, ScalarBuffer};

#[derive(Clone, Debug)]
pub enum Column<T: ArrowNativeType> {
    Lent(ScalarBuffer<T>),
    Own(Vec<T>),
}

impl<T: ArrowNativeType> Default for Column<T> {
    fn default() -> Self {
        Self::Own(Vec::new())
    }
}

impl<T: ArrowNativeType> Deref for Column<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        match self {
            Self::Lent(values) => values,
            Self::Own(values) => values,
        }
    }
}

impl<T: ArrowNativeType> Column<T> {
    /// The numbers as a vector that can grow; lent ones are copied.
    pub fn own(&mut self) -> &mut Vec<T> {
        if let Self::Lent(values) = self {
            *self = Self::Own(values.to_vec());
        }
        match self {
            Self::Own(values) => values,
            Self::Lent(_) => unreachable!("it has just become an own one"),
        }
    }
}
