//! Matching: which working orders trade at a moment, at what price, and in what order.
//!
//! A moment is walked in stages; in each, sells come before buys, then the asset's index, then the sequence.
//! [`quote`] asks what a price means for an order, [`size`] how much of it fills, [`booking`] writes it down, [`netting`]
//! lets orders of several books meet before, [`links`] carries what a fill does to other orders, [`ending`] ends what has had its time, [`path`] walks an assumed way and
//! [`finer`] a known one.

mod booking;
mod ending;
mod finer;
mod links;
mod netting;
mod path;
mod quote;
mod size;

use workbench_market::Result;
use workbench_market::number::Price;

use crate::cost::Pricing;
use crate::event::{Event, Moment};
use crate::life::{Change, Reason};
use crate::order::{Order, Origin, Side};
use crate::state::{FillRule, Path, State};
use crate::step::Closing;
use crate::terms::{Auction, Kind};
use booking::book;
pub use booking::leaving_cost;
pub use links::{end_reduce_only, end_reducers};
pub use quote::Range;
pub(crate) use quote::{Move, Style, at_price, limit_inside, stop_inside};
use size::fillable;
pub(crate) use size::volume_left;

/// An order that something happens to.
struct Due {
    index: usize,
    what: Move,
}

/// Where in a bar an order trades; it decides on the stamp, and on what the bar leaves open.
#[derive(Clone, Copy)]
enum Place {
    Open,
    /// Somewhere between open and close, in a bar with this range.
    Inside(Range),
    /// In one of the finer bars between open and close.
    Finer,
    ClosePrice,
}

impl Place {
    const fn moment(&self) -> Moment {
        if matches!(self, Self::Open) { Moment::Open } else { Moment::Close }
    }
}

/// The Open: what ends before it, then market orders, triggered stops, and whatever the open price reaches; children
/// that appear and are marketable fill in a second round.
pub fn open(state: &mut State, assets: &[usize]) -> Result<()> {
    if state.working_count == 0 {
        return Ok(());
    }
    ending::before_open(state, assets)?;
    rounds(state, assets, usize::MAX, at_open, Place::Open)?;
    ending::after_open(state, assets)
}

/// What happens at one price to orders that are live, or appeared from this index on; children that appear then have a
/// round of their own.
fn rounds(
    state: &mut State,
    assets: &[usize],
    present: usize,
    what: impl Fn(&State, &Order) -> Result<Option<Move>>,
    place: Place,
) -> Result<()> {
    let appeared = state.orders.len();
    let first = gather(state, assets, present, &what)?;
    netting::cross(state, &first, place)?;
    execute(state, first, |_| place)?;
    let mut second = Vec::new();
    for index in appeared..state.orders.len() {
        push(&mut second, index, what(state, &state.orders[index])?);
    }
    sort(state, &mut second);
    execute(state, second, |_| place)
}

/// What an open price does to an order; under next_close only auctions look at it, and orders that must not take.
fn at_open(state: &State, order: &Order) -> Result<Option<Move>> {
    let (bar, through) = (&state.bars[order.ask.asset], state.through(order.ask.asset));
    match order.ask.terms.on {
        Some(Auction::Open(session)) if bar.open_ns >= session.open_ns => at_price(order, bar.open, through),
        None if order.ask.origin == Origin::Liquidation => at_price(order, bar.open, through),
        None if state.rules.fill != FillRule::NextClose || is_first_test(order) => at_price(order, bar.open, through),
        _ => Ok(None),
    }
}

/// Whether a post-only order is at its first Open, where it must not be marketable.
const fn is_first_test(order: &Order) -> bool {
    order.ask.terms.post_only && !order.has_rested
}

/// The Close: stops, limits and children inside the bar, or the walk of an assumed path; then what trades at the close
/// price; then what ends with the bar.
pub fn close(state: &mut State, closings: &[Closing]) -> Result<()> {
    if state.working_count == 0 {
        return Ok(());
    }
    let assets: Vec<usize> = closings.iter().map(|c| c.asset).collect();
    let ranges: Vec<Range> = closings.iter().map(|c| range(state, c)).collect();
    let of = |asset: usize| ranges[assets.partition_point(|&a| a < asset)];
    match (state.rules.fill, state.rules.path) {
        (FillRule::NextClose, _) => {}
        (_, Path::Pessimistic) => inside(state, &assets, usize::MAX, of, Place::Inside)?,
        (_, Path::Finer) => assets.iter().try_for_each(|&asset| finer::walk(state, asset, of(asset)))?,
        (_, path) => assets.iter().try_for_each(|&asset| path::walk(state, asset, of(asset), path))?,
    }
    let last = gather(state, &assets, usize::MAX, |state, order| at_close(state, order, of(order.ask.asset).close))?;
    netting::cross(state, &last, Place::ClosePrice)?;
    execute(state, last, |_| Place::ClosePrice)?;
    ending::after_close(state, &assets)?;
    assets.iter().try_for_each(|&asset| follow(state, asset, of(asset)))
}

/// The prices of a bar that closes now.
fn range(state: &State, closing: &Closing) -> Range {
    let instrument = &state.instruments[closing.asset];
    Range {
        open: state.bars[closing.asset].open,
        high: instrument.price(closing.high),
        low: instrument.price(closing.low),
        close: instrument.price(closing.close),
    }
}

/// The stages of a bar of which only the range is known, for orders that are live or appeared from this index on.
fn inside(
    state: &mut State,
    assets: &[usize],
    present: usize,
    of: impl Fn(usize) -> Range + Copy,
    place: impl Fn(Range) -> Place,
) -> Result<()> {
    let appeared = state.orders.len();
    // What becomes a limit inside this bar waits for the next one.
    let waiting = waiting_limits(state, assets);
    let stops = gather(state, assets, present, |state, order| match order.ask.terms.on {
        Some(_) => Ok(None),
        None => stop_inside(order, &of(order.ask.asset), state.through(order.ask.asset)),
    })?;
    execute(state, stops, |asset| place(of(asset)))?;
    let limits = gather(state, assets, present, |state, order| match order.ask.terms.on {
        None if !waiting.contains(&order.id) => {
            limit_inside(order, &of(order.ask.asset), state.through(order.ask.asset))
        }
        _ => Ok(None),
    })?;
    execute(state, limits, |asset| place(of(asset)))?;
    let mut children = Vec::new();
    for index in appeared..state.orders.len() {
        push(&mut children, index, links::stopped_at_once(state, index, of));
    }
    sort(state, &mut children);
    execute(state, children, |asset| place(of(asset)))
}

/// The ids of stop-limits that are still stops.
fn waiting_limits(state: &State, assets: &[usize]) -> Vec<u64> {
    let working = assets.iter().flat_map(|&asset| &state.working[asset]).map(|&index| &state.orders[index]);
    let stops = working.filter(|o| matches!(o.ask.kind, Kind::StopLimit { .. }) && o.waiting_stop().is_some());
    stops.map(|order| order.id).collect()
}

/// What the close price does to an order: under next_close to all, else to those at the close of a session only.
fn at_close(state: &State, order: &Order, close: Price) -> Result<Option<Move>> {
    let through = state.through(order.ask.asset);
    match order.ask.terms.on {
        Some(Auction::Close(session)) if state.now_ns >= session.close_ns => at_price(order, close, through),
        None if order.ask.origin == Origin::Liquidation => Ok(None),
        None if state.rules.fill == FillRule::NextClose => at_price(order, close, through),
        _ => Ok(None),
    }
}

/// A trailing stop follows a bar that is complete, and a stop moves to what was paid once that has gained enough.
fn follow(state: &mut State, asset: usize, range: Range) -> Result<()> {
    for at in 0..state.working[asset].len() {
        let index = state.working[asset][at];
        let order = &state.orders[index];
        if order.waiting_stop().is_none() || !state.is_live(order) {
            continue;
        }
        if matches!(order.ask.kind, Kind::Trailing { .. }) {
            let step = state.instruments[asset].price_step;
            state.orders[index].ask.kind = order.ask.kind.followed(order.ask.side, range.high, range.low, step)?;
            crate::risk::shrink_reservation(state, index, workbench_market::number::Money::ZERO)?;
        }
        if state.orders[index].guard.even.is_some() {
            links::break_even(state, index, range)?;
        }
    }
    Ok(())
}

/// The close that market orders were asked on: only under same_close, after all commands of the slice.
pub fn same_close(state: &mut State) -> Result<()> {
    if state.working_count == 0 || state.rules.fill != FillRule::SameClose {
        return Ok(());
    }
    let now_ns = state.now_ns;
    let mut trades = Vec::new();
    for (asset, working) in state.working.iter().enumerate() {
        let Some(close) = state.positions[asset].last.filter(|_| state.bars[asset].closed_ns == now_ns) else {
            continue;
        };
        for &index in working.iter().filter(|&&index| is_asked_now(state, &state.orders[index])) {
            trades.push(Due { index, what: quote::trade(close, Style::Slips) });
        }
    }
    sort(state, &mut trades);
    let asked: Vec<usize> = trades.iter().map(|due| due.index).collect();
    netting::cross(state, &trades, Place::ClosePrice)?;
    execute(state, trades, |_| Place::ClosePrice)?;
    ending::after_same_close(state, &asked)
}

/// A market order of this slice that no auction waits for.
fn is_asked_now(state: &State, order: &Order) -> bool {
    let is_ours = order.ask.origin != Origin::Liquidation;
    is_ours && order.asked_ns == state.now_ns && order.ask.kind == Kind::Market && order.ask.terms.on.is_none()
}

/// The orders of these assets that are live, or appeared from this index on, and that `what` finds something for, in the
/// order of matching.
fn gather(
    state: &State,
    assets: &[usize],
    present: usize,
    what: impl Fn(&State, &Order) -> Result<Option<Move>>,
) -> Result<Vec<Due>> {
    let mut dues = Vec::new();
    for &asset in assets {
        for &index in &state.working[asset] {
            let order = &state.orders[index];
            if state.is_live(order) || index >= present {
                push(&mut dues, index, what(state, order)?);
            }
        }
    }
    sort(state, &mut dues);
    Ok(dues)
}

fn push(dues: &mut Vec<Due>, index: usize, what: Option<Move>) {
    dues.extend(what.map(|what| Due { index, what }));
}

/// Sells first, then by asset, then by sequence.
fn rank(order: &Order) -> (Side, usize, u64) {
    (order.ask.side, order.ask.asset, order.sequence)
}

fn sort(state: &State, dues: &mut [Due]) {
    dues.sort_by_key(|due| rank(&state.orders[due.index]));
}

fn execute(state: &mut State, dues: Vec<Due>, place: impl Fn(usize) -> Place) -> Result<()> {
    for due in dues {
        if !state.orders[due.index].status.is_final() {
            let asset = state.orders[due.index].ask.asset;
            happen(state, &due, place(asset))?;
        }
    }
    Ok(())
}

/// One order at its price.
fn happen(state: &mut State, due: &Due, place: Place) -> Result<()> {
    let (index, order) = (due.index, &state.orders[due.index]);
    if is_first_test(order) && matches!(place, Place::Open) {
        return state.deny(index, Reason::PostOnly);
    }
    let is_ambiguous = is_ambiguous(state, due, &place)?;
    trigger(state, index)?;
    let Move::Trade { reference, style, .. } = due.what else { return Ok(()) };
    let order = &state.orders[index];
    let pricing = match style {
        Style::Exact => Pricing::exact(state, order, reference),
        Style::Slips => Pricing::slipped(state, order, reference, None)?,
        Style::Within(limit) => Pricing::slipped(state, order, reference, Some(limit))?,
    };
    if let Some(quantity) = fillable(state, index, &pricing)? {
        let price = pricing.price(state, &state.orders[index], quantity)?;
        book(state, index, &booking::Trade { pricing, price, quantity, place, is_ambiguous })?;
    }
    Ok(())
}

/// Whether the bar leaves open that it happened like this: a linked order was reached inside it too, the entry filled
/// inside it, or a stop-limit was triggered and filled at a price that came before or after.
fn is_ambiguous(state: &State, due: &Due, place: &Place) -> Result<bool> {
    let Place::Inside(range) = place else { return Ok(false) };
    let order = &state.orders[due.index];
    if order.entered_ns == Some(state.now_ns) || matches!(due.what, Move::Trade { is_guess: true, .. }) {
        return Ok(true);
    }
    for index in state.linked(order) {
        let other = &state.orders[index];
        let is_due = other.ask.terms.on.is_none() && state.is_live(other);
        if is_due && quote::is_inside(other, range, state.through(other.ask.asset))? {
            return Ok(true);
        }
    }
    Ok(has_linked_fill(state, order))
}

/// Whether a linked order, which may have ended by that, has filled inside this bar already.
fn has_linked_fill(state: &State, order: &Order) -> bool {
    if !order.ask.origin.protects() && order.ask.terms.oco.is_none() {
        return false;
    }
    let now = state.records.iter().rev().take_while(|record| record.time_ns == state.now_ns);
    let mut filled = now.filter_map(|record| match &record.event {
        Event::Filled(fill) if fill.moment == Moment::Close && fill.asset == order.ask.asset => Some(fill.order),
        _ => None,
    });
    filled.any(|id| state.orders.iter().rev().find(|other| other.id == id).is_some_and(|other| other.is_linked(order)))
}

/// A stop whose price was reached is a market order from now on, a stop-limit a limit.
fn trigger(state: &mut State, index: usize) -> Result<()> {
    let now_ns = state.now_ns;
    let order = &mut state.orders[index];
    if order.waiting_stop().is_some() {
        order.triggered_ns = Some(now_ns);
        let id = order.id;
        state.record(Event::Triggered { order: id });
        state.change(index, Change::Trigger)?;
    }
    Ok(())
}
