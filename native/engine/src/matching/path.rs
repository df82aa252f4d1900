//! The walk along an assumed path: open, high, low, close, or open, low, high, close.
//!
//! On the way the nearest price at which something happens comes next; at one price stops come before limits, sells
//! before buys, then the sequence. What has had its chance in a bar does not get another.

use workbench_market::Result;
use workbench_market::number::Price;

use super::quote::{Move, Range, Style, beyond, trade};
use super::{Due, Place, happen};
use crate::order::{Order, Side};
use crate::state::{Path, State};
use crate::terms::Kind;

/// How far the walk has come.
struct Walk {
    asset: usize,
    range: Range,
    at: Price,
    /// Orders that have had their chance.
    tried: Vec<usize>,
    /// Where on the way an order began to work, if not at the open.
    began: Vec<(usize, Price)>,
}

/// What comes next: at which price, in which rank, and what happens.
struct Step {
    price: Price,
    rank: (bool, Side, u64),
    due: Due,
}

/// Walks one asset's bar from its open to its close.
pub fn walk(state: &mut State, asset: usize, range: Range, path: Path) -> Result<()> {
    let mut walk = Walk { asset, range, at: range.open, tried: Vec::new(), began: Vec::new() };
    let turns = if path == Path::OpenHighLowClose { [range.high, range.low] } else { [range.low, range.high] };
    for end in [turns[0], turns[1], range.close] {
        while let Some(step) = walk.next(state, end)? {
            walk.take(state, step)?;
        }
        walk.at = end;
    }
    Ok(())
}

impl Walk {
    /// The nearest thing that happens between here and the end of the leg.
    fn next(&self, state: &State, end: Price) -> Result<Option<Step>> {
        let mut nearest: Option<Step> = None;
        for &index in &state.working[self.asset] {
            let order = &state.orders[index];
            let is_present = state.is_live(order) || self.start(index).is_some();
            if !is_present || order.ask.terms.on.is_some() || self.tried.contains(&index) {
                continue;
            }
            if let Some(step) = self.step(state, index, order, end)?
                && nearest.as_ref().is_none_or(|best| self.comes_first(&step, best))
            {
                nearest = Some(step);
            }
        }
        Ok(nearest)
    }

    fn comes_first(&self, step: &Step, other: &Step) -> bool {
        let distance = |step: &Step| (step.price.raw() - self.at.raw()).abs();
        (distance(step), step.rank) < (distance(other), other.rank)
    }

    fn start(&self, index: usize) -> Option<Price> {
        self.began.iter().rev().find(|(began, _)| *began == index).map(|(_, price)| *price)
    }

    /// What happens to an order on this leg, and at which price.
    fn step(&self, state: &State, index: usize, order: &Order, end: Price) -> Result<Option<Step>> {
        let (side, through) = (order.ask.side, state.through(self.asset));
        let seen = |level: Price, is_there: bool, is_ahead: bool| {
            if is_there { Some(self.at) } else { is_ahead.then_some(level) }
        };
        let (price, what, is_limit) = if let Some(stop) = order.waiting_stop() {
            let Some(price) = seen(stop, side.reaches(self.at, stop), side.reaches(end, stop)) else { return Ok(None) };
            (price, stopped(order, price), false)
        } else if let Some(limit) = order.active_limit() {
            let level = beyond(side, limit, through)?;
            let is_there = side.satisfies(self.at, level);
            let Some(price) = seen(level, is_there, side.satisfies(end, level)) else { return Ok(None) };
            let start = self.start(index).unwrap_or(self.range.open);
            (price, self.limited(state, order, side.better(limit, start)), true)
        } else {
            // A market order, or a stop that is one by now, has had its chance at the open.
            return Ok(None);
        };
        Ok(Some(Step { price, rank: (is_limit, side, order.sequence), due: Due { index, what } }))
    }

    /// A limit that was a stop until this bar was reached fills in an order that only the assumption tells.
    fn limited(&self, state: &State, order: &Order, reference: Price) -> Move {
        let is_guess = order.triggered_ns == Some(state.now_ns);
        Move::Trade { reference, style: Style::Exact, is_guess }
    }

    fn take(&mut self, state: &mut State, step: Step) -> Result<()> {
        self.at = step.price;
        let (index, appeared) = (step.due.index, state.orders.len());
        if step.due.what == Move::Trigger {
            self.began.push((index, self.at));
        } else {
            self.tried.push(index);
        }
        happen(state, &step.due, Place::Inside(self.range))?;
        self.began.extend((appeared..state.orders.len()).map(|child| (child, self.at)));
        Ok(())
    }
}

/// What a stop does that is reached at this price.
fn stopped(order: &Order, price: Price) -> Move {
    let Kind::StopLimit { limit, .. } = order.ask.kind else { return trade(price, Style::Slips) };
    if order.ask.side.satisfies(price, limit) { trade(price, Style::Within(limit)) } else { Move::Trigger }
}
