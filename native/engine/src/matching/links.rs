//! What a fill does to other orders: children appear and grow, linked orders shrink, and what protects nothing ends.

use workbench_market::Result;
use workbench_market::number::{Money, Price, Quantity};

use super::Place;
use super::booking::Trade;
use super::quote::{Move, Range, Style, trade};
use crate::event::Event;
use crate::exits::Exits;
use crate::life::{Change, Reason, Status};
use crate::order::{Ask, Order, Origin, Side};
use crate::risk;
use crate::state::State;
use crate::terms::{Kind, Terms};

/// Everything that follows from a fill of this order that cost `spent`, in the same step.
pub fn after_fill(state: &mut State, index: usize, fill: &Trade, spent: Money) -> Result<()> {
    let order = &state.orders[index];
    let (asset, origin) = (order.ask.asset, order.ask.origin);
    let is_complete = order.status == Status::Filled;
    if let Some(exits) = order.ask.terms.exits.clone() {
        protect(state, index, &exits, fill)?;
    }
    if origin.protects() || state.orders[index].ask.terms.oco.is_some() {
        // A target for a part leaves the rest of the position to the others.
        let ends_others = is_complete && state.orders[index].guard.place.is_none();
        shrink_linked(state, index, fill.quantity, spent, ends_others)?;
    }
    if let Some(entry) = origin.entry().filter(|_| is_complete)
        && let Some(entry) = state.working_index(entry)
    {
        state.cancel(entry, Reason::Exited)?;
    }
    end_reducers(state, asset)
}

/// The children of an entry: they appear with its first fill, targets for a part as soon as that is a step, and grow with
/// the others; what has ended stays so.
fn protect(state: &mut State, index: usize, exits: &Exits, fill: &Trade) -> Result<()> {
    let order = &state.orders[index];
    let (id, asset, filled) = (order.id, order.ask.asset, order.filled);
    let (before, is_all) = (filled.minus(fill.quantity)?, order.status == Status::Filled);
    let step = state.instruments[asset].quantity_step;
    let share = |place, filled, is_all| exits.share(place, filled, is_all, step);
    for at in 0..state.working[asset].len() {
        let child = state.working[asset][at];
        let guard = &state.orders[child].guard;
        if state.orders[child].ask.origin.entry() == Some(id) {
            let more = match guard.place {
                Some(place) => share(place, filled, is_all)?.minus(share(place, before, false)?)?,
                None => fill.quantity,
            };
            grow(state, child, more, fill)?;
        }
    }
    if before.is_zero()
        && let Some(kind) = stop_kind(state, index, exits, fill.price)?
    {
        appear(state, index, exits, (None, kind, filled), fill)?;
    }
    for place in 0..exits.targets.len() {
        let (was, size) = (share(place, before, false)?, share(place, filled, is_all)?);
        if was.is_zero() && !size.is_zero() {
            let side = state.orders[index].ask.side.opposite();
            let price =
                exits.targets[place].exit.price(side, fill.price, false, state.instruments[asset].price_step)?;
            appear(state, index, exits, (Some(place), Kind::Limit(price), size), fill)?;
        }
    }
    Ok(())
}

fn stop_kind(state: &State, index: usize, exits: &Exits, paid: Price) -> Result<Option<Kind>> {
    let ask = &state.orders[index].ask;
    exits.stop(ask.side.opposite(), paid, paid, state.instruments[ask.asset].price_step)
}

/// The close of the bar that a fill lies inside of.
fn entered_ns(state: &State, fill: &Trade) -> Option<i64> {
    matches!(fill.place, Place::Inside(_)).then_some(state.now_ns)
}

fn grow(state: &mut State, child: usize, more: Quantity, fill: &Trade) -> Result<()> {
    let entered_ns = entered_ns(state, fill);
    let instrument = &state.instruments[state.orders[child].ask.asset];
    let units = instrument.units(fill.quantity)?;
    let paid = (fill.price.times(units)?, units);
    let order = &mut state.orders[child];
    order.entered_ns = entered_ns.or(order.entered_ns);
    if let Some(even) = &mut order.guard.even {
        even.add(paid.0, paid.1)?;
    }
    if !more.is_zero() {
        order.quantity = order.quantity.plus(more)?;
        let (order, quantity) = (order.id, order.quantity);
        state.record(Event::Adjusted { order, quantity });
    }
    Ok(())
}

/// The stop first, then the targets; they are good till canceled and only ever reduce.
fn appear(
    state: &mut State,
    index: usize,
    exits: &Exits,
    (place, kind, quantity): (Option<usize>, Kind, Quantity),
    fill: &Trade,
) -> Result<()> {
    let order = &state.orders[index];
    let (entry, asset, side, book) = (order.id, order.ask.asset, order.ask.side.opposite(), order.book);
    let (instrument, filled) = (&state.instruments[asset], state.instruments[asset].units(order.filled)?);
    let guard = exits.guard(place, instrument.quoted(order.value, filled)?, filled);
    let terms = Terms { reduce_only: true, ..Terms::default() };
    let ask = Ask { asset, side, kind, quantity, origin: Origin::Bracket { entry }, terms };
    let id = state.claim_id(None);
    let order = Order::new(id, state.next_sequence(), ask, state.now_ns);
    let entered_ns = entered_ns(state, fill);
    state.orders.push(Order { entered_ns, guard, book, ..order });
    let approved = risk::approve_child(state, state.orders.len() - 1)?;
    risk::accept(state, approved)
}

/// Linked orders lose what has filled; a complete fill ends them.
fn shrink_linked(state: &mut State, index: usize, quantity: Quantity, spent: Money, ends_others: bool) -> Result<()> {
    for (other, lost) in losses(state, index, quantity)? {
        let order = &state.orders[other];
        if ends_others || (order.filled.is_zero() && order.quantity <= lost) {
            state.cancel(other, Reason::Linked)?;
            continue;
        }
        if lost.is_zero() {
            continue;
        }
        let smaller = order.quantity.minus(lost)?.max(order.filled);
        state.reduce(other, smaller, Reason::Linked);
        if state.orders[other].leaves().is_zero() {
            state.change(other, Change::FillRest)?;
        } else {
            risk::shrink_reservation(state, other, spent)?;
        }
    }
    Ok(())
}

/// What each linked order loses: as much as has filled. Of a stop that is first the part that no target is for, the rest
/// is taken from the targets, the farthest first.
fn losses(state: &State, index: usize, quantity: Quantity) -> Result<Vec<(usize, Quantity)>> {
    let order = &state.orders[index];
    let mut linked: Vec<usize> = state.linked(order).collect();
    if linked.iter().all(|&other| state.orders[other].guard.place.is_none()) {
        return Ok(linked.into_iter().map(|other| (other, quantity)).collect());
    }
    let limit = |other: usize| state.orders[other].active_limit().unwrap_or_default();
    linked.sort_by_key(|&other| (limit(other), other));
    if order.ask.side == Side::Sell {
        linked.reverse();
    }
    let total = linked.iter().try_fold(Quantity::ZERO, |sum, &other| sum.plus(state.orders[other].leaves()))?;
    // After the fill the targets together are for no more than what the stop still is for.
    let mut excess = total.minus(order.leaves())?.max(Quantity::ZERO);
    let mut losses = Vec::with_capacity(linked.len());
    for other in linked {
        let lost = excess.min(state.orders[other].leaves());
        excess = excess.minus(lost)?;
        losses.push((other, lost));
    }
    Ok(losses)
}

/// Moves a stop to what was paid, if this bar has gained its distance; it never moves back, and only once.
pub fn break_even(state: &mut State, index: usize, range: Range) -> Result<()> {
    let order = &state.orders[index];
    let (side, step) = (order.ask.side, state.instruments[order.ask.asset].price_step);
    let level = order.guard.even.as_ref().map(|even| even.level(side, range.best(side), step)).transpose()?;
    let Some(level) = level.flatten() else { return Ok(()) };
    let (id, kind) = (order.id, order.ask.kind.raised(side, level));
    let order = &mut state.orders[index];
    order.guard.even = None;
    if let Some(stop) = kind.stop().filter(|_| order.ask.kind != kind) {
        order.ask.kind = kind;
        state.record(Event::Moved { order: id, stop });
    }
    Ok(())
}

/// When nothing is held any more, whatever could only reduce it ends.
pub fn end_reducers(state: &mut State, asset: usize) -> Result<()> {
    if state.books.is_some() {
        let gone: Vec<_> = state.owners().chain([None]).filter(|&book| state.held(asset, book).is_zero()).collect();
        return gone.into_iter().try_for_each(|book| end_reduce_only(state, asset, None, book));
    }
    if !state.positions[asset].quantity.is_zero() {
        return Ok(());
    }
    let sharing = state.sharing(asset);
    if sharing.is_empty() {
        return end_reduce_only(state, asset, None, None);
    }
    sharing.into_iter().try_for_each(|asset| end_reduce_only(state, asset, None, None))
}

/// When a holding is gone or has changed its side, whatever could only reduce the old one ends; what protects the order
/// that has turned it stays, as it protects the new one.
pub fn end_reduce_only(state: &mut State, asset: usize, entry: Option<u64>, book: Option<usize>) -> Result<()> {
    let goes = |state: &State, index: usize| {
        let ask = &state.orders[index].ask;
        state.orders[index].book == book && ask.terms.reduce_only && (entry.is_none() || ask.origin.entry() != entry)
    };
    while let Some(index) = state.working[asset].iter().copied().find(|&index| goes(state, index)) {
        state.cancel(index, Reason::Flat)?;
    }
    Ok(())
}

/// The stop of an entry that filled inside this bar, if the bar reaches it at all: at the stop, or where the entry
/// filled if that lies beyond it. Its target never fills in this bar.
pub fn stopped_at_once(state: &State, index: usize, of: impl Fn(usize) -> Range) -> Option<Move> {
    let order = &state.orders[index];
    let stop = order.waiting_stop()?;
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
