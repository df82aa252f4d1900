//! What happened, in the order it happened, and its canonical encoding.

use workbench_market::Result;
use workbench_market::instrument::{Instrument, Kind};
use workbench_market::number::{Money, Price, Quantity};

use crate::ends::EndKind;
use crate::life::Reason;
use crate::order::Side;

/// Where in a bar a fill took place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    Open,
    Close,
}

impl Moment {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Close => "close",
        }
    }
}

/// One execution of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    pub order: u64,
    pub asset: usize,
    /// The asset at which the holding is kept: another one only for pairs that share it.
    pub holding: usize,
    pub side: Side,
    pub quantity: Quantity,
    pub price: Price,
    pub reference: Price,
    pub value: Money,
    pub fee: Money,
    /// What of a bought quantity was kept as the fee, or a part of it.
    pub withheld: Quantity,
    pub slippage: Money,
    pub moment: Moment,
    /// Whether the bar leaves open that it happened like this.
    pub is_ambiguous: bool,
}

impl Fill {
    /// What comes into the holding or leaves it.
    pub fn moved(&self) -> Result<Quantity> {
        self.quantity.minus(self.withheld)
    }

    /// What the quantity is worth at the price, which is paid for it or counted from.
    pub fn worth(&self, instrument: &Instrument) -> Money {
        if instrument.kind == Kind::Inverse { self.value.negative() } else { self.value }
    }

    /// The same where it meets a holding: what closes that and what opens the opposite are worth something each, and an
    /// inverse contract rounds each of them.
    pub fn worth_against(&self, held: Quantity, instrument: &Instrument) -> Result<Money> {
        let closed = held.abs();
        let crosses = self.side.reduces(held) && closed < self.quantity;
        if instrument.kind != Kind::Inverse || !crosses {
            return Ok(self.worth(instrument));
        }
        let rest = self.quantity.minus(closed)?;
        instrument.value(closed, self.price)?.plus(instrument.value(rest, self.price)?)
    }

    /// What it is worth at its reference price where it meets a holding; of an inverse contract without its slippage.
    pub fn worth_at_reference(&self, held: Quantity, instrument: &Instrument) -> Result<Money> {
        if instrument.kind != Kind::Inverse {
            return instrument.value(self.quantity, self.reference);
        }
        let worth = self.worth_against(held, instrument)?;
        if self.side == Side::Buy { worth.minus(self.slippage) } else { worth.plus(self.slippage) }
    }

    /// The part of the fee that is not paid in money.
    pub fn withheld_value(&self, instrument: &Instrument) -> Result<Money> {
        instrument.value(self.withheld, self.price)
    }
}

/// A split as it met a holding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Split {
    pub asset: usize,
    pub numerator: i64,
    pub denominator: i64,
    pub before: Quantity,
    pub after: Quantity,
    pub cash: Money,
    pub cost: Money,
}

/// The end of an asset as it met a holding or working orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AssetEnd {
    pub kind: EndKind,
    pub asset: usize,
    /// The asset whose units take the place: `numerator` for `denominator`.
    pub other: Option<usize>,
    pub numerator: i64,
    pub denominator: i64,
    /// What was held, and its value at the last close; what was never paid for is valued at its own end.
    pub before: Quantity,
    pub value: Money,
    /// What was received of the other asset, where that opens, and its value at the other's last close or this Open.
    pub after: Quantity,
    pub open: Price,
    pub taken: Money,
    /// Cash for what was held, now or to be paid, and for the fraction of a step.
    pub cash: Money,
    pub in_lieu: Money,
    /// The cost that leaves with each of them, and the one that goes over to the other asset.
    pub sold: Money,
    pub lieu_cost: Money,
    pub moved: Money,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    Deposit {
        currency: usize,
        amount: Money,
    },
    /// What a payment lacked was bought out of the account's currency.
    Exchange {
        asset: Option<usize>,
        currency: usize,
        amount: Money,
        paid: Money,
    },
    /// A fee in a currency that is not that of the prices.
    Fee {
        order: u64,
        asset: usize,
        currency: usize,
        amount: Money,
    },
    Submitted {
        order: u64,
    },
    Accepted {
        order: u64,
    },
    Denied {
        order: u64,
        reason: Reason,
    },
    Triggered {
        order: u64,
    },
    Reduced {
        order: u64,
        quantity: Quantity,
        reason: Reason,
    },
    Adjusted {
        order: u64,
        quantity: Quantity,
    },
    /// A stop has moved to what was paid.
    Moved {
        order: u64,
        stop: Price,
    },
    /// A cancel is on its way.
    Canceling {
        order: u64,
        reason: Reason,
    },
    Canceled {
        order: u64,
        reason: Reason,
    },
    Expired {
        order: u64,
        reason: Reason,
    },
    Ended {
        order: u64,
    },
    /// A limit was breached, and from now on only what reduces is approved.
    Halted {
        reason: Reason,
    },
    Filled(Fill),
    Split(Split),
    AssetEnd(AssetEnd),
    Dividend {
        asset: usize,
        quantity: Quantity,
        amount: Money,
    },
    Payment {
        asset: usize,
        amount: Money,
    },
    /// Paid for units that are sold short, as what comes into cash.
    Borrow {
        asset: usize,
        amount: Money,
    },
    /// Paid for cash that is owed, or earned on cash that is there.
    Interest {
        currency: usize,
        amount: Money,
    },
    /// What a future has gained from one price to another, as what comes into cash.
    Variation {
        asset: usize,
        quantity: Quantity,
        from: Price,
        price: Price,
        amount: Money,
    },
    /// What a perpetual gets or pays for keeping to its coin, as what comes into cash.
    Funding {
        asset: usize,
        quantity: Quantity,
        rate: Price,
        mark: Price,
        amount: Money,
    },
    /// Orders of two books have traded with each other; nothing of it reached the venue.
    Cross {
        asset: usize,
        quantity: Quantity,
        price: Price,
        buy: u64,
        sell: u64,
    },
    /// Cash has gone from one book to another.
    Transfer {
        from: usize,
        to: usize,
        amount: Money,
    },
    MarginCall {
        equity: Money,
        maintenance: Money,
    },
    /// Nothing is left and nothing is held: the run ends.
    Bankrupt {
        equity: Money,
    },
}

/// An event with its place: sequence number, time and the input that caused it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    pub sequence: u64,
    pub time_ns: i64,
    pub cause: u64,
    pub event: Event,
}

impl Event {
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Deposit { .. } => "deposit",
            Self::Exchange { .. } => "exchange",
            Self::Fee { .. } => "fee",
            Self::Submitted { .. } => "submitted",
            Self::Accepted { .. } => "accepted",
            Self::Denied { .. } => "denied",
            Self::Triggered { .. } => "triggered",
            Self::Reduced { .. } => "reduced",
            Self::Adjusted { .. } => "adjusted",
            Self::Moved { .. } => "moved",
            Self::Canceling { .. } => "canceling",
            Self::Canceled { .. } => "canceled",
            Self::Expired { .. } => "expired",
            Self::Ended { .. } => "ended",
            Self::Halted { .. } => "halted",
            Self::Filled(_) => "fill",
            Self::Split(_) => "split",
            Self::AssetEnd(end) => end.kind.name(),
            Self::Dividend { .. } => "dividend",
            Self::Payment { .. } => "payment",
            Self::Borrow { .. } => "borrow",
            Self::Interest { .. } => "interest",
            Self::Variation { .. } => "variation",
            Self::Funding { .. } => "funding",
            Self::Cross { .. } => "cross",
            Self::Transfer { .. } => "transfer",
            Self::MarginCall { .. } => "margin_call",
            Self::Bankrupt { .. } => "bankrupt",
        }
    }

    /// The numbers of the event in a fixed order; with the name they are its canonical form.
    fn numbers(&self) -> Vec<i128> {
        let of = |reason: &Reason| reason.amounts().map_or((0, 0), |(a, b)| (a.raw(), b.raw()));
        match self {
            Self::Deposit { currency: 0, amount } | Self::Interest { currency: 0, amount } => vec![amount.raw()],
            Self::Deposit { currency, amount } | Self::Interest { currency, amount } => {
                vec![*currency as i128, amount.raw()]
            }
            Self::Exchange { asset, currency, amount, paid } => {
                vec![asset.map_or(-1, |asset| asset as i128), *currency as i128, amount.raw(), paid.raw()]
            }
            Self::Fee { order, asset, currency, amount } => {
                vec![i128::from(*order), *asset as i128, *currency as i128, amount.raw()]
            }
            Self::Submitted { order }
            | Self::Accepted { order }
            | Self::Triggered { order }
            | Self::Ended { order } => {
                vec![i128::from(*order)]
            }
            Self::Denied { order, reason }
            | Self::Canceling { order, reason }
            | Self::Canceled { order, reason }
            | Self::Expired { order, reason } => {
                vec![i128::from(*order), of(reason).0, of(reason).1]
            }
            Self::Halted { reason } => vec![of(reason).0, of(reason).1],
            Self::Reduced { order, quantity, .. } | Self::Adjusted { order, quantity } => {
                vec![i128::from(*order), quantity.raw()]
            }
            Self::Moved { order, stop } => vec![i128::from(*order), stop.raw()],
            Self::Filled(f) => vec![
                i128::from(f.order),
                f.asset as i128,
                f.side as i128,
                f.quantity.raw(),
                f.price.raw(),
                f.reference.raw(),
                f.fee.raw(),
                f.withheld.raw(),
                f.moment as i128,
            ],
            Self::Split(s) => vec![
                s.asset as i128,
                i128::from(s.numerator),
                i128::from(s.denominator),
                s.before.raw(),
                s.after.raw(),
                s.cash.raw(),
                s.cost.raw(),
            ],
            Self::AssetEnd(end) => end.numbers(),
            Self::Dividend { asset, quantity, amount } => vec![*asset as i128, quantity.raw(), amount.raw()],
            Self::Payment { asset, amount } | Self::Borrow { asset, amount } => vec![*asset as i128, amount.raw()],
            Self::Variation { asset, quantity, from: one, price: other, amount }
            | Self::Funding { asset, quantity, rate: one, mark: other, amount } => {
                vec![*asset as i128, quantity.raw(), one.raw(), other.raw(), amount.raw()]
            }
            Self::Cross { asset, quantity, price, buy, sell } => {
                vec![*asset as i128, quantity.raw(), price.raw(), i128::from(*buy), i128::from(*sell)]
            }
            Self::Transfer { from, to, amount } => vec![*from as i128, *to as i128, amount.raw()],
            Self::MarginCall { equity, maintenance } => vec![equity.raw(), maintenance.raw()],
            Self::Bankrupt { equity } => vec![equity.raw()],
        }
    }

    const fn reason(&self) -> &'static str {
        match self {
            Self::Denied { reason, .. }
            | Self::Halted { reason }
            | Self::Canceling { reason, .. }
            | Self::Canceled { reason, .. }
            | Self::Expired { reason, .. }
            | Self::Reduced { reason, .. } => reason.name(),
            Self::Filled(fill) if fill.is_ambiguous => "ambiguous",
            _ => "",
        }
    }
}

impl AssetEnd {
    /// What the holding brought: all that it was worth where gains alone are paid, else its cash.
    pub fn brought(&self, instrument: &Instrument) -> Money {
        if instrument.kind.is_unpaid() { self.value } else { self.cash }
    }

    fn numbers(&self) -> Vec<i128> {
        let place = [self.asset as i128, self.other.map_or(-1, |other| other as i128)];
        let ratio = [i128::from(self.numerator), i128::from(self.denominator)];
        let units = [self.before.raw(), self.after.raw(), self.open.raw()];
        let money = [self.value, self.taken, self.cash, self.in_lieu, self.sold, self.lieu_cost, self.moved];
        place.into_iter().chain(ratio).chain(units).chain(money.map(Money::raw)).collect()
    }
}

impl Record {
    /// Appends the canonical bytes: text with its length first, every number as 16 little-endian bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        for text in [self.event.name(), self.event.reason()] {
            out.push(text.len() as u8);
            out.extend(text.as_bytes());
        }
        let place = [i128::from(self.sequence), i128::from(self.time_ns), i128::from(self.cause)];
        for number in place.into_iter().chain(self.event.numbers()) {
            out.extend(number.to_le_bytes());
        }
    }
}
