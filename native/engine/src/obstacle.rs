//! What keeps a run from being folded without orders and books, so that it has to be driven bar by bar.

use workbench_market::Error;

use crate::state::Rules;

/// What a fold gives, or what stands in its way.
pub type Foldable<T> = std::result::Result<T, Obstacle>;

/// Why a run has to be driven bar by bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// An asset expires, or one of several ends, as itself or at all.
    Ends,
    /// A rule lives on longer bars.
    Longer,
    /// The account has several currencies.
    Currencies,
    /// Stops or targets protect entries.
    Protection,
    Limits,
    Latency,
    /// The account is one on margin.
    Margin,
    /// Fees or slippage are a user's function.
    OwnCosts,
    /// A fee was kept from what was bought.
    Withheld,
    /// An amount could not be counted.
    Range,
}

impl Obstacle {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ends => "ends",
            Self::Longer => "longer",
            Self::Currencies => "currencies",
            Self::Protection => "protection",
            Self::Limits => "limits",
            Self::Latency => "latency",
            Self::Margin => "margin",
            Self::OwnCosts => "own_costs",
            Self::Withheld => "withheld",
            Self::Range => "range",
        }
    }

    /// What these rules let happen to an order besides its fill.
    pub fn of(rules: &Rules) -> Option<Self> {
        if rules.limits.is_some() {
            return Some(Self::Limits);
        }
        if rules.margin.is_some() {
            return Some(Self::Margin);
        }
        if !rules.latency.is_none() {
            return Some(Self::Latency);
        }
        (rules.fees.is_by_user() || rules.slippage.is_by_user()).then_some(Self::OwnCosts)
    }
}

/// What cannot be counted is left to the engine, which says so in its own words.
impl From<Error> for Obstacle {
    fn from(_: Error) -> Self {
        Self::Range
    }
}
