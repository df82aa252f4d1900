//! Fees: what is due on an order as a whole, part by part, less what its earlier fills have paid.

use std::sync::Arc;

use workbench_market::Result;
use workbench_market::number::{Money, Price, Quantity, Rounding};

use super::{BPS, Deal, UserRule};
use crate::order::Side;

/// The rates from a traded value on, in parts in ten thousand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    pub from: Money,
    pub maker: Price,
    pub taker: Price,
}

/// What the sum of an order's fees is made of.
#[derive(Clone, Debug)]
pub enum FeeKind {
    /// Parts in ten thousand of the traded value.
    Bps(Price),
    /// An amount for each unit: a share or a contract.
    PerUnit(Price),
    /// An amount once per order, with its first fill.
    PerTrade(Money),
    /// Rates by what was traded before today, for makers and for takers; the first tier begins at zero.
    Tiered(Arc<[Tier]>),
    User(Arc<dyn UserRule<20>>),
}

/// One part of a schedule; minimum and caps are amounts per order, and the lower cap wins.
#[derive(Clone, Debug)]
pub struct Fee {
    pub kind: FeeKind,
    /// None: buys and sells.
    pub side: Option<Side>,
    pub minimum: Money,
    pub cap: Option<Money>,
    /// A cap in parts in ten thousand of the order's traded value.
    pub cap_bps: Option<Price>,
    /// The step on which the amount due is rounded.
    pub round_to: Option<Money>,
    /// Whether a buy pays it out of what it receives; a sell receives money and pays with that.
    pub in_base: bool,
}

/// What a fill pays, and the sums of the order's parts with it; the latter are kept only where rates may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    pub amount: Money,
    /// What a buy does not receive, beside the amount.
    pub withheld: Quantity,
    pub sums: Vec<Money>,
}

/// A schedule: the sum of its parts.
#[derive(Clone, Debug)]
pub struct Fees {
    parts: Arc<[Fee]>,
    has_sums: bool,
}

impl Fees {
    pub fn new(parts: Vec<Fee>) -> Self {
        let has_sums = parts.iter().any(|part| !part.is_fixed());
        Self { parts: parts.into(), has_sums }
    }

    /// Whether a function of the user has a part in it.
    pub fn is_by_user(&self) -> bool {
        self.parts.iter().any(|part| matches!(part.kind, FeeKind::User(_)))
    }

    /// The charge of one more fill: what is due on the whole order, less what it has paid.
    pub fn charge(&self, deal: &Deal<'_>) -> Result<Charge> {
        let (mut due, mut withheld, mut sums) = (Money::ZERO, Quantity::ZERO, Vec::new());
        for (at, part) in self.parts.iter().enumerate() {
            let before = deal.order.fee_sums.get(at).copied().unwrap_or_default();
            withheld = withheld.plus(part.withheld(deal)?)?;
            let sum = part.sum(deal, before)?;
            due = due.plus(part.bounded(deal, sum)?)?;
            if self.has_sums {
                sums.push(sum);
            }
        }
        Ok(Charge { amount: due.minus(deal.order.fee_charged)?, withheld, sums })
    }
}

impl Fee {
    const fn is_fixed(&self) -> bool {
        matches!(self.kind, FeeKind::Bps(_) | FeeKind::PerUnit(_) | FeeKind::PerTrade(_))
    }

    fn has_side(&self, deal: &Deal<'_>) -> bool {
        self.side.is_none_or(|side| side == deal.order.ask.side)
    }

    fn is_withheld(&self, deal: &Deal<'_>) -> bool {
        self.in_base && deal.order.ask.side == Side::Buy
    }

    /// Whether it is paid in money.
    fn applies(&self, deal: &Deal<'_>) -> bool {
        self.has_side(deal) && !self.is_withheld(deal)
    }

    /// The part of a bought quantity that is kept as the fee, rounded at Quantity's scale.
    fn withheld(&self, deal: &Deal<'_>) -> Result<Quantity> {
        if !self.is_withheld(deal) || !self.has_side(deal) {
            return Ok(Quantity::ZERO);
        }
        let rate = match &self.kind {
            FeeKind::Bps(rate) => *rate,
            FeeKind::Tiered(tiers) => rate_of(tiers, deal)?,
            // Only a part of the value is a part of the quantity too.
            FeeKind::PerUnit(_) | FeeKind::PerTrade(_) | FeeKind::User(_) => Price::ZERO,
        };
        deal.quantity.scaled(rate.raw(), BPS, Rounding::FEE)
    }

    /// The plain fees of the order with this fill. Fixed rates are taken of the whole and rounded once, so that parts cost
    /// no more than the whole; where the rate may change each fill is rounded.
    fn sum(&self, deal: &Deal<'_>, before: Money) -> Result<Money> {
        match &self.kind {
            _ if !self.applies(deal) => Ok(Money::ZERO),
            FeeKind::Bps(rate) => deal.order.value.plus(deal.value)?.scaled(rate.raw(), BPS, Rounding::FEE),
            FeeKind::PerUnit(rate) => rate.times(deal.order.filled.plus(deal.quantity)?),
            FeeKind::PerTrade(amount) => Ok(*amount),
            FeeKind::Tiered(tiers) => {
                let rate = rate_of(tiers, deal)?;
                before.plus(deal.value.scaled(rate.raw(), BPS, Rounding::FEE)?)
            }
            FeeKind::User(rule) => before.plus(rule.amount(deal)?),
        }
    }

    /// `min(cap, max(minimum, sum))`, on the step of rounding.
    fn bounded(&self, deal: &Deal<'_>, sum: Money) -> Result<Money> {
        if !self.applies(deal) {
            return Ok(Money::ZERO);
        }
        let mut due = sum.max(self.minimum);
        if let Some(rate) = self.cap_bps {
            due = due.min(deal.order.value.plus(deal.value)?.scaled(rate.raw(), BPS, Rounding::FEE)?);
        }
        due = self.cap.map_or(due, |cap| due.min(cap));
        self.round_to.map_or(Ok(due), |step| due.on_step(step, Rounding::FEE))
    }
}

/// The rate of the tier that the traded value has reached; the dearer one where it is not known who takes.
fn rate_of(tiers: &[Tier], deal: &Deal<'_>) -> Result<Price> {
    let traded = if tiers.len() > 1 { deal.traded()? } else { Money::ZERO };
    let tier = &tiers[tiers.partition_point(|tier| tier.from <= traded).max(1) - 1];
    Ok(match deal.is_maker {
        Some(true) => tier.maker,
        Some(false) => tier.taker,
        None => tier.maker.max(tier.taker),
    })
}
