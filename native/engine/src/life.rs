//! The life cycle of an order: one transition function decides every change of status.

use workbench_market::number::Money;
use workbench_market::{Error, Result};

use crate::limits::Limit;

/// Where an order stands; the names are those of the published table of live trading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Intent,
    Submitted,
    Accepted,
    Triggered,
    PartiallyFilled,
    Filled,
    Canceled,
    Expired,
    Denied,
    EndOfData,
}

/// What can happen to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Submit,
    Accept,
    Trigger,
    FillPart,
    FillRest,
    Cancel,
    Expire,
    Deny,
    EndData,
}

/// Why an order was denied, reduced, canceled or expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    ZeroQuantity,
    MinimumNotional {
        allowed: Money,
        actual: Money,
    },
    Cash {
        allowed: Money,
        actual: Money,
    },
    NothingHeld,
    NothingToReduce,
    Holding,
    Stale,
    /// A post-only order that would have traded at once.
    PostOnly,
    Asked,
    Replaced,
    Split,
    Day,
    GoodTill,
    Immediate,
    FillOrKill,
    /// What an auction left, or an auction that did not take place.
    Auction,
    /// Another member of its group has filled.
    Linked,
    /// A child has filled in full while its entry was still working.
    Exited,
    /// The position that it was to reduce is gone.
    Flat,
    Limit {
        limit: Limit,
        allowed: Money,
        actual: Money,
    },
    Restricted,
    NotAllowed,
    /// There is no close yet to measure a limit by.
    Unpriced,
    /// Trading was halted by an earlier breach.
    Halted,
    /// More of a position on margin than is one's own allows.
    Margin {
        allowed: Money,
        actual: Money,
    },
    MarginCall,
    /// The asset goes on as another one.
    SymbolChange,
    Merger,
    Delisting,
    /// The asset has ended by its own terms.
    Expiry,
}

impl Status {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Intent => "INTENT",
            Self::Submitted => "SUBMITTED",
            Self::Accepted => "ACCEPTED",
            Self::Triggered => "TRIGGERED",
            Self::PartiallyFilled => "PARTIALLY_FILLED",
            Self::Filled => "FILLED",
            Self::Canceled => "CANCELED",
            Self::Expired => "EXPIRED",
            Self::Denied => "DENIED",
            Self::EndOfData => "END_OF_DATA",
        }
    }

    /// Whether nothing more can happen in a simulation.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Filled | Self::Canceled | Self::Expired | Self::Denied | Self::EndOfData)
    }

    /// The status after a change; whatever the table does not list is an error.
    pub fn after(self, change: Change) -> Result<Self> {
        use Status::*;
        match (self, change) {
            (Intent, Change::Submit) => Ok(Submitted),
            (Submitted, Change::Accept) => Ok(Accepted),
            (Accepted | PartiallyFilled, Change::Trigger) => Ok(Triggered),
            (Accepted | Triggered | PartiallyFilled, Change::FillPart) => Ok(PartiallyFilled),
            (Accepted | Triggered | PartiallyFilled, Change::FillRest) => Ok(Filled),
            (Accepted | Triggered | PartiallyFilled, Change::Cancel) => Ok(Canceled),
            (Accepted | Triggered | PartiallyFilled, Change::Expire) => Ok(Expired),
            (Intent | Accepted | Triggered, Change::Deny) => Ok(Denied),
            (Accepted | Triggered | PartiallyFilled, Change::EndData) => Ok(EndOfData),
            _ => Err(Error::Ledger(format!(
                "an order that is {} cannot {change:?}; this is a defect in workbench, please report it",
                self.name()
            ))),
        }
    }
}

impl Reason {
    pub const fn name(self) -> &'static str {
        match self {
            Self::ZeroQuantity => "zero_quantity",
            Self::MinimumNotional { .. } => "minimum_notional",
            Self::Cash { .. } => "cash",
            Self::NothingHeld => "nothing_held",
            Self::NothingToReduce => "nothing_to_reduce",
            Self::Holding => "holding",
            Self::Stale => "stale",
            Self::PostOnly => "post_only",
            Self::Asked => "asked",
            Self::Replaced => "replaced",
            Self::Split => "split",
            Self::Day => "day",
            Self::GoodTill => "gtd",
            Self::Immediate => "ioc",
            Self::FillOrKill => "fok",
            Self::Auction => "auction",
            Self::Linked => "oco",
            Self::Exited => "exited",
            Self::Flat => "flat",
            Self::Limit { limit, .. } => limit.name(),
            Self::Restricted => "restricted",
            Self::NotAllowed => "not_allowed",
            Self::Unpriced => "unpriced",
            Self::Halted => "halted",
            Self::Margin { .. } => "margin",
            Self::MarginCall => "margin_call",
            Self::SymbolChange => "symbol_change",
            Self::Merger => "merger",
            Self::Delisting => "delisting",
            Self::Expiry => "expiry",
        }
    }

    /// The limit that was hit and the amount that hit it, where there are such.
    pub const fn amounts(self) -> Option<(Money, Money)> {
        match self {
            Self::MinimumNotional { allowed, actual }
            | Self::Cash { allowed, actual }
            | Self::Margin { allowed, actual }
            | Self::Limit { allowed, actual, .. } => Some((allowed, actual)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUSES: [Status; 10] = [
        Status::Intent,
        Status::Submitted,
        Status::Accepted,
        Status::Triggered,
        Status::PartiallyFilled,
        Status::Filled,
        Status::Canceled,
        Status::Expired,
        Status::Denied,
        Status::EndOfData,
    ];
    const CHANGES: [Change; 9] = [
        Change::Submit,
        Change::Accept,
        Change::Trigger,
        Change::FillPart,
        Change::FillRest,
        Change::Cancel,
        Change::Expire,
        Change::Deny,
        Change::EndData,
    ];

    #[test]
    fn final_statuses_never_change() {
        for status in STATUSES.into_iter().filter(|s| s.is_final()) {
            for change in CHANGES {
                assert!(matches!(status.after(change), Err(Error::Ledger(_))), "{status:?} {change:?}");
            }
        }
    }

    #[test]
    fn only_listed_changes_are_legal() {
        let legal = STATUSES.into_iter().flat_map(|s| CHANGES.into_iter().filter(move |&c| s.after(c).is_ok()));
        assert_eq!(legal.count(), 22);
    }
}
