//! Limits on what a strategy may ask for, and the guard that watches its losses.
//!
//! Everything is measured at the last marks of the slice, in the worst case that [`crate::worst`] tells. So what is held
//! never exceeds what a limit allowed when the last order for more was asked.

use std::collections::BTreeSet;

use workbench_market::Result;
use workbench_market::number::{Money, Price, Quantity, Rounding};

use crate::life::Reason;
use crate::order::{Order, Side};
use crate::risk::countable;
use crate::state::State;
use crate::worst;

/// What happens when an order or a loss goes beyond a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnBreach {
    Deny,
    /// Cancels all working orders; from then on only what reduces is approved.
    Halt,
    Raise,
}

/// The limits of a run; None is none. Parts of equity and of prices stand at Price's scale.
#[derive(Clone, Debug)]
pub struct Limits {
    pub order_quantity: Option<Quantity>,
    pub order_notional: Option<Money>,
    pub position_weight: Option<Price>,
    pub position_notional: Option<Money>,
    pub leverage: Option<Price>,
    pub orders_per_day: Option<u32>,
    pub open_positions: Option<u32>,
    /// Of each asset: whether it is left out of the allowed ones, and whether it is restricted.
    pub is_left_out: Vec<bool>,
    pub is_restricted: Vec<bool>,
    pub long_only: bool,
    pub daily_loss: Option<Price>,
    pub drawdown: Option<Price>,
    pub price_collar: Option<Price>,
    pub on_breach: OnBreach,
}

/// The names of the limits that have a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    OrderQuantity,
    OrderNotional,
    PositionWeight,
    PositionNotional,
    Leverage,
    OrdersPerDay,
    OpenPositions,
    LongOnly,
    DailyLoss,
    Drawdown,
    PriceCollar,
}

impl Limit {
    pub const fn name(self) -> &'static str {
        match self {
            Self::OrderQuantity => "order_quantity",
            Self::OrderNotional => "order_notional",
            Self::PositionWeight => "position_weight",
            Self::PositionNotional => "position_notional",
            Self::Leverage => "leverage",
            Self::OrdersPerDay => "orders_per_day",
            Self::OpenPositions => "open_positions",
            Self::LongOnly => "long_only",
            Self::DailyLoss => "daily_loss",
            Self::Drawdown => "drawdown",
            Self::PriceCollar => "price_collar",
        }
    }

    /// The reason, if the actual number is beyond the allowed one; to be at a limit is to be within it.
    fn beyond(self, allowed: Money, actual: Money) -> Option<Reason> {
        (actual > allowed).then_some(Reason::Limit { limit: self, allowed, actual })
    }
}

/// What the limits need to know of the run so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Guard {
    session: i32,
    is_funded: bool,
    /// Equity at the end of the last slice, of the last session, and the highest at the end of any slice.
    last: Money,
    base: Money,
    peak: Money,
    orders_today: u32,
    /// The number of the event that halted trading.
    pub halted: Option<u64>,
}

impl Guard {
    /// Money paid in raises all that losses are measured by.
    pub fn fund(&mut self, amount: Money) -> Result<()> {
        self.is_funded = true;
        for level in [&mut self.last, &mut self.base, &mut self.peak] {
            *level = level.plus(amount)?;
        }
        Ok(())
    }

    /// A slice of this session begins.
    pub fn begin(&mut self, session: i32) {
        if session != self.session {
            (self.session, self.base, self.orders_today) = (session, self.last, 0);
        }
    }

    /// A slice ends with this equity.
    pub fn end(&mut self, equity: Money) {
        self.last = equity;
        self.peak = self.peak.max(equity);
    }

    /// An order was approved.
    pub fn count(&mut self) {
        self.orders_today += 1;
    }
}

/// What forbids an order, by the first limit that it is beyond. What reduces a position is never forbidden.
pub fn breach(state: &State, limits: &Limits, order: &Order) -> Result<Option<Reason>> {
    if reduces(state, order)? {
        return Ok(None);
    }
    if state.guard.halted.is_some() {
        return Ok(Some(Reason::Halted));
    }
    if order.quantity.is_zero() {
        return Ok(Some(Reason::Unpriced)); // An all-in order of what has no close yet has no size to look at.
    }
    for check in [listed, counted, sized, priced, positioned, lost_of] {
        if let Some(reason) = check(state, limits, order)? {
            return Ok(Some(reason));
        }
    }
    Ok(None)
}

/// Whether an order takes no more than what is held, with all that works on its side. In a cash account a sell is cut to
/// the holding at its fill, so that none counts as working and each can be looked at alone.
fn reduces(state: &State, order: &Order) -> Result<bool> {
    let (ask, held) = (&order.ask, state.positions[order.ask.asset].quantity);
    let all = worst::leaves(state, ask.asset, ask.side, None)?.plus(order.quantity)?;
    Ok(ask.terms.reduce_only || (ask.side.reduces(held) && all <= held.abs()))
}

#[allow(clippy::unnecessary_wraps)] // All checks have one form.
fn listed(_: &State, limits: &Limits, order: &Order) -> Result<Option<Reason>> {
    if limits.is_restricted[order.ask.asset] {
        return Ok(Some(Reason::Restricted));
    }
    Ok(limits.is_left_out[order.ask.asset].then_some(Reason::NotAllowed))
}

fn counted(state: &State, limits: &Limits, order: &Order) -> Result<Option<Reason>> {
    if let Some(most) = limits.orders_per_day
        && state.guard.orders_today >= most
    {
        return Ok(Limit::OrdersPerDay.beyond(number(most)?, number(state.guard.orders_today + 1)?));
    }
    let Some(most) = limits.open_positions.filter(|_| worst::opens(state, order)) else { return Ok(None) };
    let working = worst::openers(state).chain([order]).map(|order| state.holder(order.ask.asset));
    let mut open: BTreeSet<usize> = working.collect();
    let held = (0..state.positions.len()).filter(|&asset| state.holder(asset) == asset);
    open.extend(held.filter(|&asset| !state.positions[asset].quantity.is_zero()));
    Ok(Limit::OpenPositions.beyond(number(most)?, number(open.len() as u32)?))
}

fn sized(state: &State, limits: &Limits, order: &Order) -> Result<Option<Reason>> {
    let held = state.positions[order.ask.asset].quantity;
    if limits.long_only && order.ask.side == Side::Sell {
        let sold = worst::leaves(state, order.ask.asset, Side::Sell, None)?.plus(order.quantity)?;
        return Ok(Limit::LongOnly.beyond(units(held.max(Quantity::ZERO))?, units(sold)?));
    }
    let Some(most) = limits.order_quantity else { return Ok(None) };
    Ok(Limit::OrderQuantity.beyond(units(most)?, units(order.quantity)?))
}

/// What an order is worth at a price, in the account's currency.
fn notional(state: &State, order: &Order, price: Price) -> Result<Money> {
    let asset = order.ask.asset;
    state.translated(asset, state.instruments[asset].notional(order.quantity, price)?)
}

/// What an asset can come to be worth, in the account's currency.
fn worst_value(state: &State, asset: usize, asked: Option<&Order>) -> Result<Money> {
    let value = countable(worst::value(state, asset, asked))?;
    countable(state.translated(asset, value))
}

/// What is measured by the order's own prices.
fn priced(state: &State, limits: &Limits, order: &Order) -> Result<Option<Reason>> {
    let last = state.positions[order.ask.asset].last;
    if let Some(most) = limits.order_notional {
        let Some(price) = order.ask.kind.price().or(last) else { return Ok(Some(Reason::Unpriced)) };
        if let Some(reason) = Limit::OrderNotional.beyond(most, notional(state, order, price)?) {
            return Ok(Some(reason));
        }
    }
    let Some(part) = limits.price_collar else { return Ok(None) };
    for price in [order.ask.kind.limit(), order.ask.kind.stop()].into_iter().flatten() {
        let Some(last) = last else { return Ok(Some(Reason::Unpriced)) };
        let distance = price.minus(last)?.abs().times(Quantity::ONE)?;
        if let Some(reason) = Limit::PriceCollar.beyond(part_of(last.times(Quantity::ONE)?, part)?, distance) {
            return Ok(Some(reason));
        }
    }
    Ok(None)
}

/// What an order would lead to if it and all others that work on its side were filled at the last marks.
fn positioned(state: &State, limits: &Limits, order: &Order) -> Result<Option<Reason>> {
    let is_bound = limits.position_weight.is_some() || limits.position_notional.is_some() || limits.leverage.is_some();
    let asset = order.ask.asset;
    if !is_bound || !worst::opens(state, order) {
        return Ok(None);
    }
    if state.positions[asset].last.is_none() {
        return Ok(Some(Reason::Unpriced));
    }
    let value = worst_value(state, asset, Some(order))?;
    let equity = state.equity()?;
    if let Some(reason) = limits.position_notional.and_then(|most| Limit::PositionNotional.beyond(most, value)) {
        return Ok(Some(reason));
    }
    if let Some(part) = limits.position_weight
        && let Some(reason) = Limit::PositionWeight.beyond(part_of(equity, part)?, value)
    {
        return Ok(Some(reason));
    }
    let Some(times) = limits.leverage else { return Ok(None) };
    let mut gross = Money::ZERO;
    for other in 0..state.positions.len() {
        let asked = (other == asset).then_some(order);
        gross = countable(gross.plus(worst_value(state, other, asked)?))?;
    }
    Ok(Limit::Leverage.beyond(part_of(equity, times)?, gross))
}

fn lost_of(state: &State, limits: &Limits, _: &Order) -> Result<Option<Reason>> {
    lost(state, limits)
}

/// Whether equity at the last marks has fallen too far below the end of the last session, or below its peak.
pub fn lost(state: &State, limits: &Limits) -> Result<Option<Reason>> {
    let guard = &state.guard;
    let levels = [(Limit::DailyLoss, limits.daily_loss, guard.base), (Limit::Drawdown, limits.drawdown, guard.peak)];
    if !guard.is_funded {
        return Ok(None);
    }
    let equity = state.equity()?;
    for (limit, part, level) in levels {
        let Some(part) = part else { continue };
        if let Some(reason) = limit.beyond(part_of(level, part)?, level.minus(equity)?) {
            return Ok(Some(reason));
        }
    }
    Ok(None)
}

/// What is cut off below Money's last digit cannot change a comparison with a whole number of such digits.
fn part_of(whole: Money, part: Price) -> Result<Money> {
    whole.scaled(part.raw(), Price::ONE.raw(), Rounding::SIZE)
}

fn units(quantity: Quantity) -> Result<Money> {
    countable(Price::ONE.times(quantity))
}

fn number(count: u32) -> Result<Money> {
    units(Quantity::from_raw(i128::from(count) * Quantity::ONE.raw()))
}
