//! Fees: what is due on an order as a whole, part by part, less what its earlier fills have paid.

use std::sync::Arc;

use workbench_market::Result;
use workbench_market::number::{Money, Price, Quantity, Rounding};

use super::{BPS, Deal, UserRule};
use crate::lots::divisor;
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
    /// The currency of its amounts, where that is named; None: that of the prices.
    pub currency: Option<usize>,
}

/// What a fill pays, and the sums of the order's parts with it; the latter are kept only where rates may change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Charge {
    pub amount: Money,
    /// What a buy does not receive, beside the amount.
    pub withheld: Quantity,
    pub sums: Vec<Money>,
    /// What is due in other currencies, and of each part what the order has then paid there.
    pub elsewhere: Vec<(usize, Money)>,
    pub charged: Vec<Money>,
    /// Of each part the cap that goes by the order's value.
    pub caps: Vec<Money>,
}

/// A schedule: the sum of its parts.
#[derive(Clone, Debug)]
pub struct Fees {
    parts: Arc<[Fee]>,
    has_sums: bool,
    has_elsewhere: bool,
    /// Numerator and denominator, where all that is due is one part of the traded value.
    plain: Option<(i128, i128)>,
    rate: Option<f64>,
}

impl Default for Fees {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl Fee {
    /// A part without bounds, on buys and sells, in the currency of the prices.
    pub const fn of(kind: FeeKind) -> Self {
        let (side, cap, cap_bps, round_to, currency) = (None, None, None, None, None);
        Self { kind, side, minimum: Money::ZERO, cap, cap_bps, round_to, in_base: false, currency }
    }
}

impl Fees {
    pub fn new(parts: Vec<Fee>) -> Self {
        let has_sums = parts.iter().any(|part| !part.is_fixed());
        let has_elsewhere = parts.iter().any(|part| part.currency.is_some());
        let plain = if let [only] = parts.as_slice() { only.plain() } else { None };
        let rate = plain.map(|(part, whole)| part as f64 / whole as f64);
        Self { parts: parts.into(), has_sums, has_elsewhere, plain, rate }
    }

    /// Whether a function of the user has a part in it.
    pub fn is_by_user(&self) -> bool {
        self.parts.iter().any(|part| matches!(part.kind, FeeKind::User(_)))
    }

    /// The part of the traded value that is due, where that is all; only where to look first may depend on this float.
    pub const fn rate(&self) -> Option<f64> {
        self.rate
    }

    /// The charge of one more fill: what is due on the whole order, less what it has paid.
    pub fn charge(&self, deal: &Deal<'_>) -> Result<Charge> {
        match self.plain(deal)? {
            Some(amount) => Ok(Charge { amount, ..Charge::default() }),
            None if self.has_elsewhere => self.charge_each(deal),
            None => self.charge_together(deal),
        }
    }

    /// Its amount, where all that is due is one part of the traded value: most schedules are no more, and sizes are found
    /// by asking for the costs of many.
    #[inline]
    pub fn plain(&self, deal: &Deal<'_>) -> Result<Option<Money>> {
        let Some((part, whole)) = self.plain else { return Ok(None) };
        let due = deal.order.traded().1.plus(deal.value)?.scaled(part, whole, Rounding::FEE)?;
        // Of what is worth less than nothing no fee is due.
        due.max(Money::ZERO).minus(deal.order.fee_charged).map(Some)
    }

    /// The same where all parts are in the currency of the prices.
    fn charge_together(&self, deal: &Deal<'_>) -> Result<Charge> {
        let (mut due, mut withheld, mut sums) = (Money::ZERO, Quantity::ZERO, Vec::new());
        for (at, part) in self.parts.iter().enumerate() {
            let before = deal.order.fee_sums.get(at).copied().unwrap_or_default();
            withheld = withheld.plus(part.withheld(deal)?)?;
            let sum = part.sum(deal, before)?;
            due = due.plus(part.bounded(deal, sum, part.most(deal, Money::ZERO)?)?)?;
            if self.has_sums {
                sums.push(sum);
            }
        }
        Ok(Charge { amount: due.minus(deal.order.fee_charged)?, withheld, sums, ..Charge::default() })
    }

    /// The same where parts are in currencies of their own; those of one currency are charged together.
    fn charge_each(&self, deal: &Deal<'_>) -> Result<Charge> {
        let (mut due, mut charge) = (Money::ZERO, Charge::default());
        for (at, part) in self.parts.iter().enumerate() {
            let of = |list: &[Money]| list.get(at).copied().unwrap_or_default();
            charge.withheld = charge.withheld.plus(part.withheld(deal)?)?;
            let sum = part.sum(deal, of(&deal.order.fee_sums))?;
            let most = part.most(deal, of(&deal.order.fee_caps))?;
            let (bounded, before) = (part.bounded(deal, sum, most)?, of(&deal.order.fees_elsewhere));
            charge.sums.push(sum);
            charge.caps.push(most.unwrap_or_default());
            match part.elsewhere(deal) {
                None => due = due.plus(bounded)?,
                Some(currency) => add(&mut charge.elsewhere, currency, bounded.minus(before)?)?,
            }
            charge.charged.push(part.elsewhere(deal).map_or(Money::ZERO, |_| bounded));
        }
        charge.amount = due.minus(deal.order.fee_charged)?;
        charge.elsewhere.retain(|(_, amount)| !amount.is_zero());
        Ok(charge)
    }
}

fn add(sums: &mut Vec<(usize, Money)>, currency: usize, amount: Money) -> Result<()> {
    match sums.iter_mut().find(|(known, _)| *known == currency) {
        Some((_, sum)) => *sum = sum.plus(amount)?,
        None => sums.push((currency, amount)),
    }
    Ok(())
}

impl Fee {
    const fn is_fixed(&self) -> bool {
        let has_rate = matches!(self.kind, FeeKind::Bps(_) | FeeKind::PerUnit(_) | FeeKind::PerTrade(_));
        has_rate && self.currency.is_none()
    }

    /// The part of the traded value that it is, in lowest terms, unless there is more to it.
    fn plain(&self) -> Option<(i128, i128)> {
        let FeeKind::Bps(rate) = self.kind else { return None };
        let has_bounds = !self.minimum.is_zero() || self.cap.is_some() || self.cap_bps.is_some();
        let is_partial = self.side.is_some() || self.in_base || self.currency.is_some();
        if rate.raw() < 0 || has_bounds || is_partial || self.round_to.is_some() {
            return None;
        }
        let common = divisor(rate.raw(), BPS);
        Some((rate.raw() / common, BPS / common))
    }

    /// The currency it is paid in, where that is not the one of the prices.
    fn elsewhere(&self, deal: &Deal<'_>) -> Option<usize> {
        self.currency.filter(|&currency| currency != deal.state.currency(deal.order.ask.asset))
    }

    /// An amount in the currency of the prices as one in the fee's.
    fn converted(&self, deal: &Deal<'_>, amount: Money) -> Result<Money> {
        let (Some(to), Some(all)) = (self.elsewhere(deal), &deal.state.currencies) else { return Ok(amount) };
        all.rates.convert(amount, deal.state.currency(deal.order.ask.asset), to, Rounding::TRANSLATION)
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
            FeeKind::Bps(rate) if self.elsewhere(deal).is_some() => {
                before.plus(self.converted(deal, deal.value.scaled(rate.raw(), BPS, Rounding::FEE)?)?)
            }
            FeeKind::Bps(rate) => deal.order.traded().1.plus(deal.value)?.scaled(rate.raw(), BPS, Rounding::FEE),
            FeeKind::PerUnit(rate) => rate.times(deal.order.traded().0.plus(deal.quantity)?),
            FeeKind::PerTrade(amount) => Ok(*amount),
            FeeKind::Tiered(tiers) => {
                let rate = rate_of(tiers, deal)?;
                before.plus(self.converted(deal, deal.value.scaled(rate.raw(), BPS, Rounding::FEE)?)?)
            }
            FeeKind::User(rule) => before.plus(self.converted(deal, rule.amount(deal)?)?),
        }
    }

    /// The cap that goes by the order's value. In another currency each fill adds its part at the rate of then to `before`.
    fn most(&self, deal: &Deal<'_>, before: Money) -> Result<Option<Money>> {
        let Some(rate) = self.cap_bps else { return Ok(None) };
        let part = |value: Money| value.scaled(rate.raw(), BPS, Rounding::FEE);
        if self.elsewhere(deal).is_some() {
            return before.plus(self.converted(deal, part(deal.value)?)?).map(Some);
        }
        part(deal.order.traded().1.plus(deal.value)?).map(Some)
    }

    /// `min(cap, max(minimum, sum))`, on the step of rounding.
    fn bounded(&self, deal: &Deal<'_>, sum: Money, most: Option<Money>) -> Result<Money> {
        if !self.applies(deal) {
            return Ok(Money::ZERO);
        }
        let due = sum.max(self.minimum);
        let mut due = most.map_or(due, |most| due.min(most));
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
