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

/// By how much less the value of a size and a further step can be than the sum of theirs, as each is rounded by less than
/// one of the last place.
const ROUNDED: i128 = 3;

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
    let (actual, own) = (countable(reservation(state, order))?, state.lent_by_linked(order)?);
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
#[inline]
pub fn cost(state: &State, order: &Order, quantity: Quantity, pricing: &Pricing) -> Result<Money> {
    let deal = pricing.filled(state, order, quantity)?;
    if let Some(amount) = state.rules.fees.plain(&deal)? {
        return deal.value.plus(amount);
    }
    let charge = state.rules.fees.charge(&deal)?;
    deal.value.plus(charge.amount)?.plus(state.lacking(order.ask.asset, &charge.elsewhere)?)
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
    if one.raw() <= 0 || cash < one {
        return Ok(false);
    }
    // A fee that is a part of the value, rounded, leaves the whole below twice the value and one more.
    let is_part = state.rules.fees.rate().is_some_and(|rate| rate <= 1.0);
    if is_part && pricing.fixed() == Some(pricing.reference) && cash.raw() / 2 > one.raw() {
        return Ok(true);
    }
    Ok(countable(cost(state, order, step, pricing))? <= cash)
}

/// The largest quantity on the step that this cash pays with slippage and fee.
pub(crate) fn payable(state: &State, order: &Order, pricing: &Pricing, cash: Money) -> Result<Quantity> {
    let instrument = &state.instruments[order.ask.asset];
    let step = instrument.quantity_step;
    let one = instrument.notional(step, pricing.reference)?;
    if one.raw() <= 0 || cash < one {
        return Ok(Quantity::ZERO);
    }
    if let Some(quantity) = proportional(state, order, pricing, cash)? {
        return Ok(quantity);
    }
    let most = mul_div(cash.raw(), 1, one.raw(), Rounding::SIZE)?;
    let is_paid = |count: i128| {
        let quantity = Quantity::from_raw(count * step.raw());
        Ok::<_, Error>(countable(cost(state, order, quantity, pricing))? <= cash)
    };
    // Costs never fall with size, so the answer is found by halving between none and what cash pays without them.
    let (mut low, mut high) = (0, most);
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

/// The answer where the fee is one part of the value and the price the same for every size: that of a division, if cash
/// pays it and what is left pays no further step even without a fee.
fn proportional(state: &State, order: &Order, pricing: &Pricing, cash: Money) -> Result<Option<Quantity>> {
    let (Some(rate), Some(price)) = (state.rules.fees.rate(), pricing.fixed()) else { return Ok(None) };
    let instrument = &state.instruments[order.ask.asset];
    let step = instrument.quantity_step;
    let one = instrument.notional(step, price)?;
    // What these floats say is only tried.
    let count = (cash.raw() as f64 / (one.raw() as f64 * (1.0 + rate))) as i128;
    let Some(Ok(quantity)) = count.max(0).checked_mul(step.raw()).map(Quantity::new) else { return Ok(None) };
    let paid = countable(cost(state, order, quantity, pricing))?;
    let is_last = paid <= cash && cash.minus(paid)?.raw() < one.raw() - ROUNDED;
    Ok(is_last.then_some(quantity))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::{Fee, FeeKind, Fees, Slippage};
    use crate::state::Rules;
    use std::sync::Arc;
    use workbench_market::draws::Draws;
    use workbench_market::instrument::Instrument;
    use workbench_market::number::Price;

    const RATES: [&str; 5] = ["0", "10", "3.7", "9999", "0.000000000001"];
    const STEPS: [&str; 5] = ["1", "10", "0.001", "0.00000001", "0.00000007"];
    const MULTIPLIERS: [&str; 4] = ["1", "1", "50", "0.00000003"];

    fn rules(rate: &str, slippage: Slippage) -> Rules {
        let fee = Fee::of(FeeKind::Bps(Price::parse(rate).unwrap()));
        Rules { fees: Fees::new(vec![fee]), slippage, ..Rules::default() }
    }

    fn state(draw: &mut impl FnMut() -> u64) -> State {
        let mut of = |texts: &[&'static str]| texts[draw() as usize % texts.len()];
        let (rate, step, multiplier, slip) = (of(&RATES), of(&STEPS), of(&MULTIPLIERS), of(&["", "", "2.5"]));
        let slippage = if slip.is_empty() { Slippage::None } else { Slippage::Bps(Price::parse(slip).unwrap()) };
        let instrument = Instrument {
            quantity_step: Quantity::parse(step).unwrap(),
            multiplier: Quantity::parse(multiplier).unwrap(),
            ..Instrument::new("X", 2, 8)
        };
        State::new(Arc::from([instrument]), rules(rate, slippage))
    }

    /// Cash that is drawn, or that is by some units of the last place more or less than a number of steps costs.
    fn cash(draw: &mut impl FnMut() -> u64, state: &State, order: &Order, pricing: &Pricing) -> Money {
        let drawn = Money::from_raw(i128::from(draw()) << 50 >> (draw() % 80));
        let count = i128::from(draw() >> (30 + draw() % 34)) * state.instruments[0].quantity_step.raw();
        let near = cost(state, order, Quantity::from_raw(count), pricing).unwrap().raw() + i128::from(draw() % 9) - 4;
        if draw().is_multiple_of(2) { drawn } else { Money::from_raw(near.max(0)) }
    }

    #[test]
    fn cash_pays_the_size_and_no_step_more() {
        let mut draws = Draws::new(1);
        let mut draw = || draws.bits() >> 3;
        let mut at_once = 0;
        for round in 0..20_000 {
            let state = state(&mut draw);
            let order = Order::new(1, 1, Ask::market(0, Side::Buy, Quantity::ZERO, Origin::AllIn), 0);
            let price = Price::from_raw(i128::from(draw() % 1_000_000 + 1) * Price::ONE.raw() / 100);
            let pricing = Pricing::slipped(&state, &order, price, None).unwrap();
            let cash = cash(&mut draw, &state, &order, &pricing);
            let found = payable(&state, &order, &pricing, cash).unwrap();
            let more = found.plus(state.instruments[0].quantity_step).unwrap();
            assert!(found.is_zero() || cost(&state, &order, found, &pricing).unwrap() <= cash, "{round}: {found}");
            assert!(countable(cost(&state, &order, more, &pricing)).unwrap() > cash, "{round}: {more}");
            let tried = proportional(&state, &order, &pricing, cash).unwrap();
            assert!(tried.is_none_or(|tried| tried == found), "{round}: {found}");
            let step = state.instruments[0].quantity_step;
            let is_paid = countable(cost(&state, &order, step, &pricing)).unwrap() <= cash;
            assert_eq!(pays_a_step(&state, &order, &pricing, cash), Ok(is_paid), "{round}: {cash}");
            at_once += usize::from(tried.is_some());
        }
        assert!((10_000..20_000).contains(&at_once), "{at_once} of 20,000");
    }
}
