//! An order: what was asked, and how far it has come.

use workbench_market::number::{Money, Price, Quantity, Rounding};

use crate::exits::Guard;
use crate::life::{Reason, Status};
use crate::terms::{Kind, Terms};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// Sells come first wherever both are due.
    Sell,
    Buy,
}

/// Who asked: the strategy by number of units, a target that may be trimmed to what cash pays, an entry whose position
/// is to be protected, or the strategy for a position that is held; those orders carry the id of their first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Explicit,
    Target,
    AllIn,
    Bracket {
        entry: u64,
    },
    Protect {
        group: u64,
    },
    /// The account itself, for want of margin.
    Liquidation,
}

impl Side {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sell => "sell",
            Self::Buy => "buy",
        }
    }

    pub const fn opposite(self) -> Self {
        match self {
            Self::Sell => Self::Buy,
            Self::Buy => Self::Sell,
        }
    }

    /// The side that takes from a holding.
    pub const fn closing(held: Quantity) -> Self {
        if held.raw() < 0 { Self::Buy } else { Self::Sell }
    }

    /// A quantity as what it adds to a holding.
    pub const fn signed(self, quantity: Quantity) -> Quantity {
        match self {
            Self::Sell => quantity.negative(),
            Self::Buy => quantity,
        }
    }

    /// Whether orders of this side take from a holding.
    pub const fn reduces(self, held: Quantity) -> bool {
        match self {
            Self::Sell => held.raw() > 0,
            Self::Buy => held.raw() < 0,
        }
    }

    /// The side on which a price is never worse than asked: down for buyers, up for sellers, limits and stops alike.
    pub const fn safe(self) -> Rounding {
        match self {
            Self::Buy => Rounding::BUY_PRICE,
            Self::Sell => Rounding::SELL_PRICE,
        }
    }

    /// Whether a price is at least as good as a limit.
    pub fn satisfies(self, price: Price, limit: Price) -> bool {
        if self == Self::Buy { price <= limit } else { price >= limit }
    }

    /// Whether a price has reached a stop.
    pub fn reaches(self, price: Price, stop: Price) -> bool {
        self.opposite().satisfies(price, stop)
    }

    /// The better of two prices to trade at, and the tighter of two stops.
    pub fn better(self, one: Price, other: Price) -> Price {
        if self.satisfies(one, other) { one } else { other }
    }
}

impl Origin {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Explicit => "order",
            Self::Target | Self::AllIn => "target",
            Self::Bracket { .. } => "bracket",
            Self::Protect { .. } => "protect",
            Self::Liquidation => "liquidation",
        }
    }

    pub const fn is_target(self) -> bool {
        matches!(self, Self::Target | Self::AllIn)
    }

    /// The order whose position it protects.
    pub const fn entry(self) -> Option<u64> {
        if let Self::Bracket { entry } = self { Some(entry) } else { None }
    }

    /// Whether it protects a position.
    pub const fn protects(self) -> bool {
        matches!(self, Self::Bracket { .. } | Self::Protect { .. })
    }
}

/// What a strategy asks for, already on the steps of its instrument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    pub asset: usize,
    pub side: Side,
    pub kind: Kind,
    pub quantity: Quantity,
    pub origin: Origin,
    pub terms: Terms,
}

impl Ask {
    /// A market order without any terms.
    pub fn market(asset: usize, side: Side, quantity: Quantity, origin: Origin) -> Self {
        Self { asset, side, kind: Kind::Market, quantity, origin, terms: Terms::default() }
    }
}

/// An order from the moment it was asked to its end.
#[derive(Clone, Debug)]
pub struct Order {
    pub id: u64,
    /// The order of approval; earlier ones are matched first.
    pub sequence: u64,
    pub ask: Ask,
    /// The book it trades for; none where there are no books, or where the account itself asked.
    pub book: Option<usize>,
    pub asked_ns: i64,
    /// It trades only in bars that open at or after this time.
    pub live_ns: i64,
    /// It changes by reductions and splits; prices change in `ask` as the market and splits move them.
    pub quantity: Quantity,
    pub filled: Quantity,
    pub value: Money,
    /// What of both was exchanged with other books of the account, and so costs nothing.
    pub crossed: (Quantity, Money),
    /// When a stop's price was reached.
    pub triggered_ns: Option<i64>,
    /// Of a child: the close of the bar inside of which its entry filled last.
    pub entered_ns: Option<i64>,
    /// Whether it has lived through an Open.
    pub has_rested: bool,
    /// When the first Open was that it lived through as a limit outside an auction.
    pub rested_ns: Option<i64>,
    /// When a cancel that is on its way arrives.
    pub cancel_ns: Option<i64>,
    pub status: Status,
    pub reason: Option<Reason>,
    pub ended_ns: Option<i64>,
    pub reserved: Money,
    pub fee_charged: Money,
    /// Of what protects a position: what it does beside its price.
    pub guard: Guard,
    /// Of each part of the fees the sum so far, where rates may change.
    pub fee_sums: Vec<Money>,
    /// Of each part of the fees what was charged in a currency of its own.
    pub fees_elsewhere: Vec<Money>,
    /// Of each part of the fees the cap so far that goes by the order's value; kept only where fees have currencies.
    pub fee_caps: Vec<Money>,
}

impl Order {
    pub fn new(id: u64, sequence: u64, ask: Ask, asked_ns: i64) -> Self {
        Self {
            id,
            sequence,
            quantity: ask.quantity,
            ask,
            book: None,
            asked_ns,
            live_ns: asked_ns,
            filled: Quantity::ZERO,
            value: Money::ZERO,
            crossed: (Quantity::ZERO, Money::ZERO),
            triggered_ns: None,
            entered_ns: None,
            has_rested: false,
            rested_ns: None,
            cancel_ns: None,
            status: Status::Intent,
            reason: None,
            ended_ns: None,
            reserved: Money::ZERO,
            fee_charged: Money::ZERO,
            guard: Guard::default(),
            fee_sums: Vec::new(),
            fees_elsewhere: Vec::new(),
            fee_caps: Vec::new(),
        }
    }

    /// What has traded at the venue so far, and its value.
    pub const fn traded(&self) -> (Quantity, Money) {
        let quantity = Quantity::from_raw(self.filled.raw() - self.crossed.0.raw());
        (quantity, Money::from_raw(self.value.raw() - self.crossed.1.raw()))
    }

    /// What is still to fill.
    pub const fn leaves(&self) -> Quantity {
        Quantity::from_raw(self.quantity.raw() - self.filled.raw())
    }

    /// Whether it trades at whatever price comes: a market order, or a stop once triggered.
    pub const fn is_marketable(&self) -> bool {
        match self.ask.kind {
            Kind::Market => true,
            Kind::Stop(_) | Kind::Trailing { .. } => self.triggered_ns.is_some(),
            Kind::Limit(_) | Kind::StopLimit { .. } => false,
        }
    }

    /// The limit it trades at now: a stop-limit has one from its trigger on.
    pub const fn active_limit(&self) -> Option<Price> {
        match self.ask.kind {
            Kind::Limit(limit) => Some(limit),
            Kind::StopLimit { limit, .. } if self.triggered_ns.is_some() => Some(limit),
            _ => None,
        }
    }

    /// The price that it still waits for.
    pub const fn waiting_stop(&self) -> Option<Price> {
        if self.triggered_ns.is_some() { None } else { self.ask.kind.stop() }
    }

    /// Whether it is a stop of any kind, also after it was triggered.
    pub const fn is_stop(&self) -> bool {
        self.ask.kind.stop().is_some()
    }

    /// Whether a fill of one makes the other smaller: members of a group, and the stop and the targets of one position.
    pub fn is_linked(&self, other: &Self) -> bool {
        let are_members = self.ask.terms.oco.is_some() && self.ask.terms.oco == other.ask.terms.oco;
        let protect_one = self.ask.origin.protects() && self.ask.origin == other.ask.origin;
        self.id != other.id && (are_members || (protect_one && self.is_stop() != other.is_stop()))
    }
}
