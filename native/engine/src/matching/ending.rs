//! The ends that time brings: sessions that close, auctions that are over, first bars that have passed.

use workbench_market::Result;

use crate::life::Reason;
use crate::order::Order;
use crate::state::State;
use crate::terms::{Auction, TimeInForce};

/// How an order ends.
enum End {
    Expires(Reason),
    IsCanceled(Reason),
}

/// Ends those working orders of the assets that `how` finds an end for.
fn end_where(state: &mut State, assets: &[usize], how: impl Fn(&State, &Order) -> Option<End>) -> Result<()> {
    for &asset in assets {
        let mut at = 0;
        while let Some(&index) = state.working[asset].get(at) {
            // An order that ends leaves the list, and the next one takes its place.
            match how(state, &state.orders[index]) {
                Some(End::Expires(reason)) => state.expire(index, reason)?,
                Some(End::IsCanceled(reason)) => state.cancel(index, reason)?,
                None => at += 1,
            }
        }
    }
    Ok(())
}

/// Before an Open: what was good till then, and what belonged to a session whose last bar never came.
pub fn before_open(state: &mut State, assets: &[usize]) -> Result<()> {
    end_where(state, assets, |state, order| {
        let open_ns = state.bars[order.ask.asset].open_ns;
        match (order.ask.terms.tif, order.ask.terms.on) {
            (TimeInForce::GoodTill(until_ns), _) if open_ns >= until_ns => Some(End::Expires(Reason::GoodTill)),
            (TimeInForce::Day(session), _) if open_ns >= session.close_ns => Some(End::Expires(Reason::Day)),
            (_, Some(Auction::Open(session) | Auction::Close(session))) if open_ns >= session.close_ns => {
                Some(End::IsCanceled(Reason::Auction))
            }
            _ => None,
        }
    })
}

/// After an Open: what was for this one only; a post-only order has rested from here on.
pub fn after_open(state: &mut State, assets: &[usize]) -> Result<()> {
    end_where(state, assets, |state, order| match order.ask.terms.on {
        Some(Auction::Open(session)) if state.bars[order.ask.asset].open_ns >= session.open_ns => {
            Some(End::IsCanceled(Reason::Auction))
        }
        _ => None,
    })?;
    for &asset in assets {
        for at in 0..state.working[asset].len() {
            let index = state.working[asset][at];
            if state.is_live(&state.orders[index]) {
                rest(&mut state.orders[index], state.now_ns);
            }
        }
    }
    Ok(())
}

/// After the matching of a Close: first bars, days and sessions that are over.
pub fn after_close(state: &mut State, assets: &[usize]) -> Result<()> {
    end_where(state, assets, |state, order| match (order.ask.terms.tif, order.ask.terms.on) {
        (_, Some(Auction::Close(session))) if state.now_ns >= session.close_ns => {
            Some(End::IsCanceled(Reason::Auction))
        }
        (tif, _) if tif.is_immediate() && state.is_live(order) => Some(End::IsCanceled(over(tif))),
        (TimeInForce::Day(session), _) if state.now_ns >= session.close_ns => Some(End::Expires(Reason::Day)),
        _ => None,
    })
}

/// After fills at the close that orders were asked on: for them it was the first bar.
pub fn after_same_close(state: &mut State, asked: &[usize]) -> Result<()> {
    for &index in asked {
        let order = &state.orders[index];
        match order.ask.terms.tif {
            _ if order.status.is_final() => {}
            tif if tif.is_immediate() => state.cancel(index, over(tif))?,
            TimeInForce::Day(session) if state.now_ns >= session.close_ns => state.expire(index, Reason::Day)?,
            _ => {}
        }
    }
    Ok(())
}

const fn over(tif: TimeInForce) -> Reason {
    if matches!(tif, TimeInForce::FillOrKill) { Reason::FillOrKill } else { Reason::Immediate }
}

/// An order has lived through an Open; a limit is on the book from then on, unless an auction waits for it.
fn rest(order: &mut Order, now_ns: i64) {
    order.has_rested = true;
    if order.rested_ns.is_none() && order.ask.terms.on.is_none() && order.active_limit().is_some() {
        order.rested_ns = Some(now_ns);
    }
}
