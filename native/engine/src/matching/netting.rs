//! Orders of different books that are about to trade at one price trade with each other first.
//!
//! What they exchange never reaches the venue: no slippage, no fee, nothing of the volume. What is left goes on to it.

use std::collections::BTreeMap;

use workbench_market::Result;
use workbench_market::number::{Money, Price, Quantity, Rounding, mul_div};

use super::booking::{Trade, settle};
use super::quote::{Move, Style};
use super::{Due, Place, links, size};
use crate::books::Deal;
use crate::books::posting;
use crate::cost::Pricing;
use crate::event::{Event, Fill};
use crate::order::{Origin, Side};
use crate::risk;
use crate::state::State;
use crate::terms::{Kind, TimeInForce};

/// Crosses what can be crossed of these orders, asset by asset, both sides in the order of submission.
pub fn cross(state: &mut State, dues: &[Due], place: Place) -> Result<()> {
    if state.books.is_none() {
        return Ok(());
    }
    let mut assets = BTreeMap::<usize, [Vec<(usize, Price)>; 2]>::new();
    for due in dues {
        if let Some(reference) = reference(state, due) {
            let ask = &state.orders[due.index].ask;
            assets.entry(ask.asset).or_default()[ask.side as usize].push((due.index, reference));
        }
    }
    for [sells, buys] in assets.into_values() {
        for &(buy, reference) in &buys {
            for &(sell, _) in &sells {
                meet(state, buy, sell, reference, place)?;
            }
        }
    }
    Ok(())
}

/// The price at which an order can cross: a market order of a book that need not be filled as a whole.
fn reference(state: &State, due: &Due) -> Option<Price> {
    let order = &state.orders[due.index];
    let is_plain = order.ask.kind == Kind::Market && order.ask.terms.tif != TimeInForce::FillOrKill;
    match due.what {
        Move::Trade { reference, style: Style::Slips, .. } if is_plain && order.book.is_some() => Some(reference),
        _ => None,
    }
}

fn meet(state: &mut State, buy: usize, sell: usize, reference: Price, place: Place) -> Result<()> {
    let is_over = |index: usize| state.orders[index].status.is_final();
    if is_over(buy) || is_over(sell) || state.orders[buy].book == state.orders[sell].book {
        return Ok(());
    }
    let quantity = most(state, buy, reference)?.min(most(state, sell, reference)?);
    if quantity.raw() <= 0 {
        return Ok(());
    }
    let (asset, of) = (state.orders[buy].ask.asset, |index: usize| state.orders[index].id);
    let event = Event::Cross { asset, quantity, price: reference, buy: of(buy), sell: of(sell) };
    let sequence = state.record(event);
    let before = [buy, sell].map(|index| state.held(asset, state.orders[index].book));
    for index in [buy, sell] {
        enter(state, sequence, index, (quantity, reference), place)?;
    }
    for (index, before) in [buy, sell].into_iter().zip(before) {
        follow(state, index, (quantity, reference), before, place)?;
    }
    Ok(())
}

/// How much of an order can cross: what its book may sell of what it holds, and what its own cash pays without costs.
fn most(state: &mut State, index: usize, reference: Price) -> Result<Quantity> {
    let order = &state.orders[index];
    if order.ask.origin == Origin::AllIn {
        let pricing = Pricing::slipped(state, order, reference, None)?;
        let quantity = risk::affordable(state, order, &pricing)?;
        state.orders[index].quantity = state.orders[index].filled.plus(quantity)?;
        return Ok(quantity);
    }
    if let Some(most) = size::reducible(state, order) {
        return Ok(most.min(order.leaves()));
    }
    match order.ask.side {
        _ if state.rules.margin.is_some() => Ok(order.leaves()),
        Side::Sell => Ok(order.leaves().min(state.sellable(order)?)),
        Side::Buy => paid(state, index, reference),
    }
}

fn paid(state: &State, index: usize, reference: Price) -> Result<Quantity> {
    let order = &state.orders[index];
    let (instrument, leaves) = (&state.instruments[order.ask.asset], order.leaves());
    let cash = state.free_within(Money::MOST, order.book, order.reserved)?;
    if risk::countable(instrument.notional(leaves, reference))? <= cash {
        return Ok(leaves);
    }
    let one = instrument.notional(instrument.quantity_step, reference)?;
    if one.raw() <= 0 || cash < one {
        return Ok(Quantity::ZERO);
    }
    let count = mul_div(cash.raw(), 1, one.raw(), Rounding::SIZE)?;
    Ok(Quantity::from_raw(count * instrument.quantity_step.raw()))
}

/// One side of a cross in its book.
fn enter(
    state: &mut State,
    sequence: u64,
    index: usize,
    (quantity, price): (Quantity, Price),
    place: Place,
) -> Result<()> {
    let order = &state.orders[index];
    let (asset, side) = (order.ask.asset, order.ask.side);
    let Some(book) = order.book else { return Ok(()) };
    let fill = Fill {
        order: order.id,
        asset,
        holding: asset,
        side,
        quantity,
        price,
        reference: price,
        value: state.instruments[asset].notional(quantity, price)?,
        fee: Money::ZERO,
        withheld: Quantity::ZERO,
        slippage: Money::ZERO,
        moment: place.moment(),
        is_ambiguous: false,
    };
    posting::enter(state, Deal { sequence, time_ns: state.now_ns, book, is_at_venue: false, fill })
}

/// What a cross does to its order and to others, as a fill would.
fn follow(
    state: &mut State,
    index: usize,
    (quantity, price): (Quantity, Price),
    before: Quantity,
    place: Place,
) -> Result<()> {
    let order = &state.orders[index];
    let (asset, book) = (order.ask.asset, order.book);
    let value = state.instruments[asset].notional(quantity, price)?;
    let pricing = Pricing::slipped(state, order, price, None)?;
    let order = &mut state.orders[index];
    (order.filled, order.value) = (order.filled.plus(quantity)?, order.value.plus(value)?);
    order.crossed = (order.crossed.0.plus(quantity)?, order.crossed.1.plus(value)?);
    settle(state, index, &pricing, value)?;
    if before.raw().signum() * state.held(asset, book).raw().signum() < 0 {
        links::end_reduce_only(state, asset, Some(state.orders[index].id), book)?;
    }
    links::after_fill(state, index, &Trade { pricing, price, quantity, place, is_ambiguous: false }, value)
}
