//! An order and its life cycle: one transition function decides every change of status.

use workbench_market::number::{Money, Price, Quantity};
use workbench_market::{Error, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// Sells come first wherever both are due.
    Sell,
    Buy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Market,
    Limit(Price),
    Stop(Price),
}

/// Who asked: the strategy by number of units, or a target that may be trimmed to what cash pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Explicit,
    Target,
    AllIn,
}

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
    Deny,
    EndData,
}

/// Why an order was denied, reduced or canceled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    ZeroQuantity,
    MinimumNotional { allowed: Money, actual: Money },
    Cash { allowed: Money, actual: Money },
    NothingHeld,
    Holding,
    Stale,
    Asked,
    Replaced,
    Split,
}

impl Side {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sell => "sell",
            Self::Buy => "buy",
        }
    }
}

impl Kind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Market => "market",
            Self::Limit(_) => "limit",
            Self::Stop(_) => "stop",
        }
    }

    pub const fn limit(self) -> Option<Price> {
        if let Self::Limit(price) = self { Some(price) } else { None }
    }

    pub const fn stop(self) -> Option<Price> {
        if let Self::Stop(price) = self { Some(price) } else { None }
    }

    /// The price the order names: what it reserves and is measured by.
    pub const fn price(self) -> Option<Price> {
        match self {
            Self::Market => None,
            Self::Limit(price) | Self::Stop(price) => Some(price),
        }
    }
}

impl Origin {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Explicit => "order",
            Self::Target | Self::AllIn => "target",
        }
    }
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
            Self::Denied => "DENIED",
            Self::EndOfData => "END_OF_DATA",
        }
    }

    /// Whether nothing more can happen in a simulation.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Filled | Self::Canceled | Self::Denied | Self::EndOfData)
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
            Self::Holding => "holding",
            Self::Stale => "stale",
            Self::Asked => "asked",
            Self::Replaced => "replaced",
            Self::Split => "split",
        }
    }

    /// The limit that was hit and the amount that hit it, where there are such.
    pub const fn amounts(self) -> Option<(Money, Money)> {
        match self {
            Self::MinimumNotional { allowed, actual } | Self::Cash { allowed, actual } => Some((allowed, actual)),
            _ => None,
        }
    }
}

/// What a strategy asks for, already on the steps of its instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    pub asset: usize,
    pub side: Side,
    pub kind: Kind,
    pub quantity: Quantity,
    pub origin: Origin,
}

/// An order from the moment it was asked to its end.
#[derive(Clone, Debug)]
pub struct Order {
    pub id: u64,
    /// The order of approval; earlier ones are matched first.
    pub sequence: u64,
    pub ask: Ask,
    pub asked_ns: i64,
    /// Quantity and kind change by reductions and splits; `ask` stays what was asked.
    pub quantity: Quantity,
    pub kind: Kind,
    pub filled: Quantity,
    pub value: Money,
    pub triggered: bool,
    pub status: Status,
    pub reason: Option<Reason>,
    pub ended_ns: Option<i64>,
    pub reserved: Money,
    pub fee_charged: Money,
}

impl Order {
    pub fn new(id: u64, sequence: u64, ask: Ask, asked_ns: i64) -> Self {
        Self {
            id,
            sequence,
            ask,
            asked_ns,
            quantity: ask.quantity,
            kind: ask.kind,
            filled: Quantity::ZERO,
            value: Money::ZERO,
            triggered: false,
            status: Status::Intent,
            reason: None,
            ended_ns: None,
            reserved: Money::ZERO,
            fee_charged: Money::ZERO,
        }
    }

    /// What is still to fill.
    pub const fn leaves(&self) -> Quantity {
        Quantity::from_raw(self.quantity.raw() - self.filled.raw())
    }

    /// Whether it trades at whatever price comes: a market order, or a stop once triggered.
    pub const fn is_marketable(&self) -> bool {
        matches!(self.kind, Kind::Market) || self.triggered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUSES: [Status; 9] = [
        Status::Intent,
        Status::Submitted,
        Status::Accepted,
        Status::Triggered,
        Status::PartiallyFilled,
        Status::Filled,
        Status::Canceled,
        Status::Denied,
        Status::EndOfData,
    ];
    const CHANGES: [Change; 8] = [
        Change::Submit,
        Change::Accept,
        Change::Trigger,
        Change::FillPart,
        Change::FillRest,
        Change::Cancel,
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
        assert_eq!(legal.count(), 19);
    }
}
