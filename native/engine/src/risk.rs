//! The check at the door: only an [`Approved`] order can become working.

use workbench_market::number::{Money, Quantity, Rounding, mul_div};
use workbench_market::{Error, Result};

use crate::command;
use crate::cost::{Deal, Pricing};
use crate::event::Event;
use crate::life::{Change, Reason};
use crate::limits::{self, Limit, OnBreach};
use crate::margin;
use crate::order::{Ask, Order, Origin, Side};
use crate::state::State;

/// The index of an order that passed every check; nothing outside this module can make one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Approved(usize);

impl Approved {
    pub const fn index(self) -> usize {
        self.0
    }
}

/// Checks an order that was just asked: approved and submitted, or denied with reason, limit and actual.
pub fn check(state: &mut State, index: usize) -> Result<Option<Approved>> {
    if let Some(reason) = refusal(state, &state.orders[index])? {
        state.deny(index, reason)?;
        return Ok(None);
    }
    if state.rules.limits.is_some() && !is_within_limits(state, index)? {
        return Ok(None);
    }
    let amount = reservation(state, &state.orders[index])?;
    state.reserve(index, amount)?;
    submit(state, index).map(Some)
}

fn submit(state: &mut State, index: usize) -> Result<Approved> {
    state.record(Event::Submitted { order: state.orders[index].id });
    state.change(index, Change::Submit)?;
    if state.rules.limits.is_some() || state.rules.margin.is_some() {
        state.submitted.push(index);
    }
    Ok(Approved(index))
}

/// Counts an order that is within all limits; denies one that is not, and does what a breach asks for.
fn is_within_limits(state: &mut State, index: usize) -> Result<bool> {
    let Some(limits) = state.rules.limits.clone() else { return Ok(true) };
    let Some(reason) = limits::breach(state, &limits, &state.orders[index])? else {
        state.guard.count();
        // An order without a size of its own could outgrow what was approved, so it keeps the one it shows.
        if state.orders[index].ask.origin == Origin::AllIn {
            state.orders[index].ask.origin = Origin::Target;
        }
        return Ok(true);
    };
    state.deny(index, reason)?;
    if !matches!(reason, Reason::Halted | Reason::Unpriced) {
        answer(state, limits.on_breach, reason)?;
    }
    Ok(false)
}

/// Looks at the losses when a slice has been marked; where breaches are only denied, that waits until something is asked.
pub fn watch(state: &mut State, session: i32) -> Result<()> {
    let Some(limits) = state.rules.limits.clone() else { return Ok(()) };
    state.guard.begin(session);
    if limits.on_breach == OnBreach::Deny || state.guard.halted.is_some() {
        return Ok(());
    }
    limits::lost(state, &limits)?.map_or(Ok(()), |reason| answer(state, limits.on_breach, reason))
}

fn answer(state: &mut State, on_breach: OnBreach, reason: Reason) -> Result<()> {
    match on_breach {
        OnBreach::Deny => Ok(()),
        OnBreach::Halt => halt(state, reason),
        OnBreach::Raise => Err(breached(state, reason)),
    }
}

fn halt(state: &mut State, reason: Reason) -> Result<()> {
    state.guard.halted = Some(state.record(Event::Halted { reason }));
    command::cancel_everything(state, Reason::Halted)
}

fn breached(state: &State, reason: Reason) -> Error {
    let denied = state.orders.last().filter(|order| order.reason == Some(reason));
    let asked = denied.map_or_else(String::new, |order| {
        let name = &state.instruments[order.ask.asset].name;
        format!(" by order {}, {} {} {name}", order.id, order.ask.side.name(), order.quantity)
    });
    let is_loss = matches!(reason, Reason::Limit { limit: Limit::DailyLoss | Limit::Drawdown, .. });
    let said = if is_loss { "the loss is" } else { "it would be" };
    let numbers = reason
        .amounts()
        .map_or_else(String::new, |(allowed, actual)| format!(": {allowed} is allowed, {said} {actual}"));
    Error::Limit(format!("the limit {} was breached{asked}{numbers}", reason.name()))
}

/// A child needs no check: it can only reduce what its entry has opened.
pub fn approve_child(state: &mut State, index: usize) -> Result<Approved> {
    submit(state, index)
}

/// Neither does what the account itself asks for; it works at once.
pub fn liquidate(state: &mut State, ask: Ask) -> Result<()> {
    let id = state.claim_id(None);
    let order = Order::new(id, state.next_sequence(), ask, state.now_ns);
    state.orders.push(order);
    let approved = submit(state, state.orders.len() - 1)?;
    accept(state, approved)
}

/// The venue accepts an order: it works from now on.
pub fn accept(state: &mut State, approved: Approved) -> Result<()> {
    state.record(Event::Accepted { order: state.orders[approved.index()].id });
    state.change(approved.index(), Change::Accept)?;
    state.submitted.retain(|&index| index != approved.index());
    // What was on its way when trading was halted is canceled as soon as it can be.
    let is_late = state.guard.halted.is_some_and(|halted| state.orders[approved.index()].sequence < halted);
    if is_late { command::send_cancel(state, approved.index(), Reason::Halted) } else { Ok(()) }
}

pub(crate) fn refusal(state: &State, order: &Order) -> Result<Option<Reason>> {
    if let Some(reason) = state.ended[order.ask.asset] {
        return Ok(Some(reason));
    }
    if order.quantity.is_zero() && order.ask.origin != Origin::AllIn {
        return Ok(Some(Reason::ZeroQuantity));
    }
    if let Some(reason) = below_minimum(state, order)? {
        return Ok(Some(reason));
    }
    // Only what is held already can be reduced.
    if order.ask.terms.reduce_only && !order.ask.side.reduces(state.held(order.ask.asset, order.book)) {
        return Ok(Some(Reason::NothingToReduce));
    }
    if let Some(margin) = &state.rules.margin {
        return margin::refusal(state, margin, order);
    }
    match order.ask.side {
        Side::Sell => Ok(nothing_to_sell(state, order)?.then_some(Reason::NothingHeld)),
        Side::Buy => short_of_cash(state, order),
    }
}

/// The notional is tested once, at the limit, else the stop, else the last close; all-in orders have no size yet.
fn below_minimum(state: &State, order: &Order) -> Result<Option<Reason>> {
    let instrument = &state.instruments[order.ask.asset];
    let allowed = instrument.min_notional;
    let price = order.ask.kind.price().or(state.positions[order.ask.asset].last);
    let (Some(price), false) = (price, order.ask.origin == Origin::AllIn) else { return Ok(None) };
    let actual = countable(instrument.notional(order.quantity, price))?;
    Ok((actual < allowed).then_some(Reason::MinimumNotional { allowed, actual }))
}

fn nothing_to_sell(state: &State, order: &Order) -> Result<bool> {
    let asset = order.ask.asset;
    let mut own = state.working[asset].iter().map(|&i| &state.orders[i]).filter(|other| other.book == order.book);
    let buys = own.any(|other| other.ask.side == Side::Buy);
    Ok(state.sellable(order)?.is_zero() && !buys)
}

fn short_of_cash(state: &State, order: &Order) -> Result<Option<Reason>> {
    // What linked orders hold back already serves this one too.
    let (actual, own) = (countable(reservation(state, order))?, state.held_back(order));
    let allowed = state.free_within(state.free_for(order.ask.asset, own)?, order.book, own)?;
    // A market order reserves nothing, so it is never refused here, whatever is free.
    Ok((!actual.is_zero() && actual > allowed).then_some(Reason::Cash { allowed, actual }))
}

/// An amount beyond the exact range is more than any account has: it is told as the largest that can be counted.
pub fn countable(amount: Result<Money>) -> Result<Money> {
    match amount {
        Err(Error::Range(_)) => Ok(Money::MOST),
        other => other,
    }
}

/// What a buy with a price holds back in a cash account: leaves x price + the fees still to come.
pub fn reservation(state: &State, order: &Order) -> Result<Money> {
    match (order.ask.side, order.ask.kind.price()) {
        (Side::Buy, Some(price)) if state.rules.margin.is_none() => {
            let quantity = order.leaves();
            let value = state.instruments[order.ask.asset].value(quantity, price)?;
            let deal = Deal { state, order, quantity, price, value, volume: None, is_maker: None };
            let charge = state.rules.fees.charge(&deal)?;
            value.plus(charge.amount)?.plus(state.lacking(order.ask.asset, &charge.elsewhere)?)
        }
        _ => Ok(Money::ZERO),
    }
}

/// What an order holds back after `spent` went out of its cash, or out of that of an order linked with it: never more
/// than before, so that a fill beyond a price is not paid with what others have reserved.
pub fn shrink_reservation(state: &mut State, index: usize, spent: Money) -> Result<()> {
    let order = &state.orders[index];
    let rest = order.reserved.minus(spent)?.max(Money::ZERO);
    let amount = reservation(state, order)?.min(rest);
    state.reserve(index, amount)
}

/// What a buy of `quantity` costs with its slippage and its fee.
pub fn cost(state: &State, order: &Order, quantity: Quantity, pricing: &Pricing) -> Result<Money> {
    let (value, charge) = pricing.charge(state, order, quantity)?;
    value.plus(charge.amount)?.plus(state.lacking(order.ask.asset, &charge.elsewhere)?)
}

/// Cash this order may use: what is free, and what it has reserved itself; on margin as if contracts had been paid for.
pub fn available(state: &State, order: &Order) -> Result<Money> {
    let free = state.free_for(order.ask.asset, order.reserved)?;
    let free = if state.rules.margin.is_some() { free.minus(state.unpaid(order.ask.asset)?)? } else { free };
    state.free_within(free, order.book, order.reserved)
}

/// The largest quantity on the step that the order's cash pays with slippage and fee.
pub fn affordable(state: &State, order: &Order, pricing: &Pricing) -> Result<Quantity> {
    payable(state, order, pricing, available(state, order)?)
}

/// The same with cash that is still to come.
pub fn affordable_soon(state: &State, order: &Order, pricing: &Pricing) -> Result<Quantity> {
    payable(state, order, pricing, cash_soon(state, order)?)
}

/// Cash this order may use with what working sells bring at the last closes, which is no more than all that is held,
/// however many of them work.
pub fn cash_soon(state: &State, order: &Order) -> Result<Money> {
    if state.currencies.is_some() {
        return state.soon_free_for(order);
    }
    let mut cash = available(state, order)?;
    for (asset, (working, position)) in state.working.iter().zip(&state.positions).enumerate() {
        let Some(last) = position.last else { continue };
        let own = working.iter().map(|&index| &state.orders[index]).filter(|other| other.book == order.book);
        let sells = own.filter(|other| other.ask.side == Side::Sell);
        let asked = sells.into_iter().try_fold(Quantity::ZERO, |sum, sell| sum.plus(sell.leaves()))?;
        let sold = asked.min(state.held(asset, order.book)).max(Quantity::ZERO);
        cash = cash.plus(state.instruments[asset].notional(sold, last)?)?;
    }
    Ok(cash)
}

/// Whether this cash pays a single step with slippage and fee.
pub(crate) fn pays_a_step(state: &State, order: &Order, pricing: &Pricing, cash: Money) -> Result<bool> {
    let instrument = &state.instruments[order.ask.asset];
    let step = instrument.quantity_step;
    let one = instrument.notional(step, pricing.reference)?;
    Ok(one.raw() > 0 && cash >= one && countable(cost(state, order, step, pricing))? <= cash)
}

/// The largest quantity on the step that this cash pays with slippage and fee.
pub(crate) fn payable(state: &State, order: &Order, pricing: &Pricing, cash: Money) -> Result<Quantity> {
    let instrument = &state.instruments[order.ask.asset];
    let step = instrument.quantity_step;
    let one = instrument.notional(step, pricing.reference)?;
    if one.raw() <= 0 || cash < one {
        return Ok(Quantity::ZERO);
    }
    let is_paid = |count: i128| {
        let quantity = Quantity::from_raw(count * step.raw());
        Ok::<_, Error>(countable(cost(state, order, quantity, pricing))? <= cash)
    };
    // Costs never fall with size, so the answer is found by halving between none and what cash pays without them.
    let (mut low, mut high) = (0, mul_div(cash.raw(), 1, one.raw(), Rounding::SIZE)?);
    if high > 1 && !state.rules.fees.is_by_user() && !state.rules.slippage.is_by_user() {
        (low, high) = bracket(high, guess(state, order, pricing, cash, high, step)?, is_paid)?;
    }
    while low < high {
        let middle = high - (high - low) / 2;
        if is_paid(middle)? {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    Ok(Quantity::from_raw(low * step.raw()))
}

/// Where the answer should lie if costs grow in proportion: what is dearest costs so many times the cash.
fn guess(state: &State, order: &Order, pricing: &Pricing, cash: Money, most: i128, step: Quantity) -> Result<i128> {
    let dearest = countable(cost(state, order, Quantity::from_raw(most * step.raw()), pricing))?;
    // Only where to look first depends on these floats.
    Ok((most as f64 * (cash.raw() as f64 / dearest.raw() as f64)) as i128)
}

/// The ends between which the answer lies, as near around a guess as it proves to be right.
fn bracket(most: i128, guess: i128, is_paid: impl Fn(i128) -> Result<bool>) -> Result<(i128, i128)> {
    let (mut at, mut stride) = (guess.clamp(0, most), 1);
    if at == 0 || is_paid(at)? {
        while at < most {
            let next = most.min(at + stride);
            if !is_paid(next)? {
                return Ok((at, next - 1));
            }
            (at, stride) = (next, stride * 2);
        }
        return Ok((most, most));
    }
    loop {
        let next = (at - stride).max(0);
        if next == 0 || is_paid(next)? {
            return Ok((next, at - 1));
        }
        (at, stride) = (next, stride * 2);
    }
}
