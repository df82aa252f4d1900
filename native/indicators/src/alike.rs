//! Whether two states go on alike: fed the same inputs, they give the same values to the bit for ever.
//!
//! A struct is alike where its fields are ([`alike!`]); what keeps its past in an order of its own says how it compares.

pub(crate) trait Alike {
    fn is_alike(&self, other: &Self) -> bool;
}

impl Alike for f64 {
    /// Of undefined there is but one.
    fn is_alike(&self, other: &f64) -> bool {
        self.to_bits() == other.to_bits() || self.is_nan() && other.is_nan()
    }
}

impl Alike for usize {
    fn is_alike(&self, other: &usize) -> bool {
        self == other
    }
}

/// These fields are what a struct has become; the others are what it was made with.
macro_rules! alike {
    ($name:ident: $($field:tt),+) => {
        impl $crate::alike::Alike for $name {
            fn is_alike(&self, other: &$name) -> bool {
                $($crate::alike::Alike::is_alike(&self.$field, &other.$field))&&+
            }
        }
    };
}

/// In a formula that is cheap to copy and knows whether it is alike.
macro_rules! kept {
    () => {
        fn kept(&self) -> Option<Self> {
            Some(self.clone())
        }

        fn goes_on_as(&self, other: &Self) -> bool {
            $crate::alike::Alike::is_alike(self, other)
        }
    };
}

pub(crate) use {alike, kept};
