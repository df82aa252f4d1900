//! How much of an order fills: what the volume cap, the holding and the cash leave of it.

use workbench_market::Result;
use workbench_market::number::{Price, Quantity, Rounding};

use crate::cost::Pricing;
use crate::life::{Change, Reason};
use crate::order::{Order, Origin, Side};
use crate::risk;
use crate::state::State;
use crate::terms::TimeInForce;

/// How much of an order fills now; None when it rests or has ended.
pub fn fillable(state: &mut State, index: usize, pricing: &Pricing) -> Result<Option<Quantity>> {
    let order = &state.orders[index];
    let (asset, side, leaves) = (order.ask.asset, order.ask.side, order.leaves());
    let room = volume_left(state, asset)?;
    if state.orders[index].ask.terms.tif == TimeInForce::FillOrKill {
        return whole(state, index, room, pricing);
    }
    if room.is_some_and(|room| room < leaves) {
        state.capped[asset] += 1;
    }
    match side {
        _ if state.rules.margin.is_some() => on_margin(state, index, room, pricing),
        Side::Sell => sellable(state, index, room),
        Side::Buy if !is_left(state, index)? => Ok(None),
        Side::Buy => payable(state, index, room, pricing),
    }
}

/// On margin neither cash nor the holding bound an order that was approved, unless it was to reduce only.
fn on_margin(state: &mut State, index: usize, room: Option<Quantity>, pricing: &Pricing) -> Result<Option<Quantity>> {
    if state.orders[index].ask.origin == Origin::AllIn {
        return payable(state, index, room, pricing);
    }
    if !is_left(state, index)? {
        return Ok(None);
    }
    Ok(positive(capped(state.orders[index].leaves(), room)))
}

/// Reduces what may only reduce to the position; false where nothing is left to reduce, and the order is canceled.
fn is_left(state: &mut State, index: usize) -> Result<bool> {
    let order = &state.orders[index];
    let most = reducible(state, order);
    if most.is_some_and(Quantity::is_zero) {
        state.cancel(index, Reason::Flat)?;
        return Ok(false);
    }
    if let Some(most) = most.filter(|&most| most < order.leaves()) {
        let quantity = order.filled.plus(most)?;
        state.reduce(index, quantity, Reason::Holding);
    }
    Ok(true)
}

/// How much an order can take from the holding, if it may do no more than that.
pub fn reducible(state: &State, order: &Order) -> Option<Quantity> {
    let held = state.held(order.ask.asset, order.book);
    let most = if order.ask.side.reduces(held) { held.abs() } else { Quantity::ZERO };
    order.ask.terms.reduce_only.then_some(most)
}

/// All of it within cap, holding and cash, or nothing ever.
fn whole(state: &mut State, index: usize, room: Option<Quantity>, pricing: &Pricing) -> Result<Option<Quantity>> {
    let order = &state.orders[index];
    let leaves = order.leaves();
    let has_room = room.is_none_or(|room| leaves <= room);
    let can_settle = match order.ask.side {
        _ if state.rules.margin.is_some() => reducible(state, order).is_none_or(|most| leaves <= most),
        Side::Sell => leaves <= state.sellable(order)?,
        Side::Buy => {
            reducible(state, order).is_none_or(|most| leaves <= most)
                && risk::countable(risk::cost(state, order, leaves, pricing))? <= risk::available(state, order)?
        }
    };
    if has_room && can_settle {
        return Ok(Some(leaves));
    }
    state.cancel(index, Reason::FillOrKill)?;
    Ok(None)
}

/// What the volume cap leaves of this bar; None where there is no cap.
pub(crate) fn volume_left(state: &State, asset: usize) -> Result<Option<Quantity>> {
    let (Some(volume), Some(part)) = (state.volume(asset), state.rules.volume_cap) else { return Ok(None) };
    let cap = volume
        .scaled(part.raw(), Price::ONE.raw(), Rounding::SIZE)?
        .on_step(state.instruments[asset].quantity_step, Rounding::SIZE)?;
    Ok(Some(cap.minus(state.bars[asset].taken)?))
}

fn capped(quantity: Quantity, room: Option<Quantity>) -> Quantity {
    room.map_or(quantity, |room| quantity.min(room))
}

/// A sell is reduced to the holding before the cap; with nothing held it is canceled.
fn sellable(state: &mut State, index: usize, room: Option<Quantity>) -> Result<Option<Quantity>> {
    let order = &state.orders[index];
    let holding = state.sellable(order)?;
    if holding.is_zero() {
        state.cancel(index, Reason::NothingHeld)?;
        return Ok(None);
    }
    if holding < order.leaves() {
        let quantity = order.filled.plus(holding)?;
        state.reduce(index, quantity, Reason::Holding);
    }
    Ok(positive(capped(state.orders[index].leaves(), room)))
}

/// None instead of nothing: the order rests.
fn positive(quantity: Quantity) -> Option<Quantity> {
    (!quantity.is_zero()).then_some(quantity)
}

/// A buy is paid in cash: explicit quantities in full or not at all, targets as far as cash goes.
fn payable(state: &mut State, index: usize, room: Option<Quantity>, pricing: &Pricing) -> Result<Option<Quantity>> {
    let order = &state.orders[index];
    if room.is_some_and(Quantity::is_zero) {
        return Ok(None);
    }
    if order.ask.origin == Origin::AllIn {
        let quantity = risk::affordable(state, order, pricing)?;
        return if quantity.is_zero() {
            unaffordable(state, index, pricing)
        } else {
            grown(state, index, quantity, room)
        };
    }
    let wanted = capped(order.leaves(), room);
    let (actual, allowed) =
        (risk::countable(risk::cost(state, order, wanted, pricing))?, risk::available(state, order)?);
    if actual <= allowed {
        return Ok(Some(wanted));
    }
    if order.ask.origin == Origin::Target {
        let quantity = risk::affordable(state, order, pricing)?.min(wanted);
        if quantity.is_zero() {
            return unaffordable(state, index, pricing);
        }
        state.reduce(index, order.filled.plus(quantity)?, Reason::Cash { allowed, actual });
        return Ok(Some(quantity));
    }
    end_unpaid(state, index, Reason::Cash { allowed, actual })?;
    Ok(None)
}

/// An all-in order takes the size of all that cash buys now, and fills of it what the cap leaves.
fn grown(state: &mut State, index: usize, quantity: Quantity, room: Option<Quantity>) -> Result<Option<Quantity>> {
    let order = &mut state.orders[index];
    order.quantity = order.filled.plus(quantity)?;
    Ok(Some(capped(quantity, room)))
}

/// Ends an order of which cash cannot pay a single step; one that has filled a part is complete as it is.
fn unaffordable(state: &mut State, index: usize, pricing: &Pricing) -> Result<Option<Quantity>> {
    let order = &state.orders[index];
    let step = state.instruments[order.ask.asset].quantity_step;
    let (actual, allowed) = (risk::countable(risk::cost(state, order, step, pricing))?, risk::available(state, order)?);
    if order.filled.is_zero() {
        state.deny(index, Reason::Cash { allowed, actual })?;
    } else {
        let filled = order.filled;
        state.reduce(index, filled, Reason::Cash { allowed, actual });
        state.change(index, Change::FillRest)?;
    }
    Ok(None)
}

/// Denied if nothing has filled; else the rest is canceled.
fn end_unpaid(state: &mut State, index: usize, reason: Reason) -> Result<()> {
    if state.orders[index].filled.is_zero() { state.deny(index, reason) } else { state.cancel(index, reason) }
}
