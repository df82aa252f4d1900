//! What a fill does to other orders: children appear and grow, linked orders shrink, and what protects nothing ends.

use workbench_market::Result;
use workbench_market::number::{Money, Price, Quantity};

use super::Place;
use super::booking::Trade;
use super::quote::{Move, Range, Style, trade};
use crate::event::Event;
use crate::life::{Change, Reason, Status};
use crate::order::{Ask, Order, Origin};
use crate::risk;
use crate::state::State;
use crate::terms::{Kind, Terms};

/// Everything that follows from a fill of this order that cost `spent`, in the same step.
pub fn after_fill(state: &mut State, index: usize, fill: &Trade, spent: Money) -> Result<()> {
    let order = &state.orders[index];
    let (asset, entry) = (order.ask.asset, order.ask.origin.entry());
    let is_complete = order.status == Status::Filled;
    if order.ask.terms.stop_loss.is_some() || order.ask.terms.take_profit.is_some() {
        protect(state, index, fill)?;
    }
    if entry.is_some() || state.orders[index].ask.terms.oco.is_some() {
        shrink_linked(state, index, fill.quantity, spent, is_complete)?;
    }
    if let Some(entry) = entry.filter(|_| is_complete)
        && let Some(entry) = state.working_index(entry)
    {
        state.cancel(entry, Reason::Exited)?;
    }
    end_reducers(state, asset)
}

/// The children of an entry: they appear with its first fill and grow with the others; what has ended stays so.
fn protect(state: &mut State, index: usize, fill: &Trade) -> Result<()> {
    let entered_ns = matches!(fill.place, Place::Inside(_)).then_some(state.now_ns);
    let order = &state.orders[index];
    if order.filled == fill.quantity {
        return appear(state, index, fill.price, entered_ns);
    }
    let (id, asset) = (order.id, order.ask.asset);
    for at in 0..state.working[asset].len() {
        let child = state.working[asset][at];
        if state.orders[child].ask.origin.entry() == Some(id) {
            let order = &mut state.orders[child];
            order.quantity = order.quantity.plus(fill.quantity)?;
            order.entered_ns = entered_ns.or(order.entered_ns);
            let (order, quantity) = (order.id, order.quantity);
            state.record(Event::Adjusted { order, quantity });
        }
    }
    Ok(())
}

/// The stop first, then the target; they are good till canceled and only ever reduce.
fn appear(state: &mut State, index: usize, price: Price, entered_ns: Option<i64>) -> Result<()> {
    let order = &state.orders[index];
    let (id, asset, side, quantity) = (order.id, order.ask.asset, order.ask.side.opposite(), order.filled);
    let (terms, step) = (order.ask.terms, state.instruments[asset].price_step);
    let stop = terms.stop_loss.map(|exit| exit.price(side, price, true, step).map(Kind::Stop)).transpose()?;
    let target = terms.take_profit.map(|exit| exit.price(side, price, false, step).map(Kind::Limit)).transpose()?;
    for kind in [stop, target].into_iter().flatten() {
        let terms = Terms { reduce_only: true, ..Terms::default() };
        let ask = Ask { asset, side, kind, quantity, origin: Origin::Bracket { entry: id }, terms };
        let id = state.claim_id(None);
        let order = Order::new(id, state.next_sequence(), ask, state.now_ns);
        state.orders.push(Order { entered_ns, ..order });
        let approved = risk::approve_child(state, state.orders.len() - 1)?;
        risk::accept(state, approved)?;
    }
    Ok(())
}

/// Linked orders lose what has filled; a complete fill ends them.
fn shrink_linked(state: &mut State, index: usize, quantity: Quantity, spent: Money, is_complete: bool) -> Result<()> {
    let linked: Vec<usize> = state.linked(&state.orders[index]).collect();
    for other in linked {
        let order = &state.orders[other];
        if is_complete || (order.filled.is_zero() && order.quantity <= quantity) {
            state.cancel(other, Reason::Linked)?;
            continue;
        }
        let smaller = order.quantity.minus(quantity)?.max(order.filled);
        state.reduce(other, smaller, Reason::Linked);
        if state.orders[other].leaves().is_zero() {
            state.change(other, Change::FillRest)?;
        } else {
            risk::shrink_reservation(state, other, spent)?;
        }
    }
    Ok(())
}

/// When nothing is held any more, whatever could only reduce it ends.
pub fn end_reducers(state: &mut State, asset: usize) -> Result<()> {
    if !state.positions[asset].quantity.is_zero() {
        return Ok(());
    }
    while let Some(&index) = state.working[asset].iter().find(|&&index| state.orders[index].ask.terms.reduce_only) {
        state.cancel(index, Reason::Flat)?;
    }
    Ok(())
}

/// The stop of an entry that filled inside this bar, if the bar reaches it at all: at the stop, or where the entry
/// filled if that lies beyond it. Its target never fills in this bar.
pub fn stopped_at_once(state: &State, index: usize, of: impl Fn(usize) -> Range) -> Option<Move> {
    let order = &state.orders[index];
    let Kind::Stop(stop) = order.ask.kind else { return None };
    if order.status.is_final() || !order.ask.side.reaches(of(order.ask.asset).worst(order.ask.side), stop) {
        return None;
    }
    let entry = order.ask.origin.entry()?;
    let reference = state.records.iter().rev().find_map(|record| match &record.event {
        Event::Filled(fill) if fill.order == entry => Some(fill.reference),
        _ => None,
    })?;
    // A stop beyond the entry is reached as soon as it appears.
    let is_beyond = order.ask.side.reaches(reference, stop);
    Some(trade(if is_beyond { reference } else { stop }, Style::Slips))
}
