//! What a price, or the range of a bar, means for an order: pure questions without consequences.

use workbench_market::Result;
use workbench_market::number::Price;

use crate::order::{Order, Side};
use crate::terms::Kind;

/// How the price of a trade follows from its reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Slips,
    Exact,
    /// It slips, but never beyond this limit.
    Within(Price),
}

/// What happens to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    Trade {
        reference: Price,
        style: Style,
        /// Triggered and filled inside one bar, in an order that the bar does not tell.
        is_guess: bool,
    },
    /// A stop-limit becomes a limit and trades nothing yet.
    Trigger,
}

/// The prices of a bar, as they are known at its Close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub open: Price,
    pub high: Price,
    pub low: Price,
    pub close: Price,
}

impl Range {
    /// The price of the bar that is best for a limit of this side.
    pub const fn best(&self, side: Side) -> Price {
        match side {
            Side::Buy => self.low,
            Side::Sell => self.high,
        }
    }

    /// The price of the bar that is the first to reach a stop of this side.
    pub const fn worst(&self, side: Side) -> Price {
        self.best(side.opposite())
    }
}

pub const fn trade(reference: Price, style: Style) -> Move {
    Move::Trade { reference, style, is_guess: false }
}

/// The price that must be seen for a limit to fill: `through` beyond it.
pub fn beyond(side: Side, limit: Price, through: Price) -> Result<Price> {
    if side == Side::Buy { limit.minus(through) } else { limit.plus(through) }
}

/// What one price, at an Open or a close, does to an order.
pub fn at_price(order: &Order, price: Price, through: Price) -> Result<Option<Move>> {
    let side = order.ask.side;
    if order.is_marketable() {
        return Ok(Some(trade(price, Style::Slips)));
    }
    if let Some(limit) = order.active_limit() {
        return Ok(side.satisfies(price, beyond(side, limit, through)?).then_some(trade(price, Style::Exact)));
    }
    if !order.waiting_stop().is_some_and(|stop| side.reaches(price, stop)) {
        return Ok(None);
    }
    let Kind::StopLimit { limit, .. } = order.ask.kind else { return Ok(Some(trade(price, Style::Slips))) };
    let fills = side.satisfies(price, beyond(side, limit, through)?);
    Ok(Some(if fills { trade(price, Style::Exact) } else { Move::Trigger }))
}

/// A stop that the bar's range reaches.
pub fn stop_inside(order: &Order, range: &Range, through: Price) -> Result<Option<Move>> {
    let side = order.ask.side;
    let Some(stop) = order.waiting_stop().filter(|&stop| side.reaches(range.worst(side), stop)) else {
        return Ok(None);
    };
    let Kind::StopLimit { limit, .. } = order.ask.kind else { return Ok(Some(trade(stop, Style::Slips))) };
    if side.satisfies(stop, limit) {
        return Ok(Some(trade(stop, Style::Within(limit))));
    }
    let fills = side.satisfies(range.close, beyond(side, limit, through)?);
    let guess = Move::Trade { reference: limit, style: Style::Exact, is_guess: true };
    Ok(Some(if fills { guess } else { Move::Trigger }))
}

/// A limit that the bar's range reaches, at the better of limit and open.
pub fn limit_inside(order: &Order, range: &Range, through: Price) -> Result<Option<Move>> {
    let side = order.ask.side;
    let Some(limit) = order.active_limit() else { return Ok(None) };
    let fills = side.satisfies(range.best(side), beyond(side, limit, through)?);
    Ok(fills.then_some(trade(side.better(limit, range.open), Style::Exact)))
}

/// Whether the bar's range reaches an order that is not an auction's.
pub fn is_inside(order: &Order, range: &Range, through: Price) -> Result<bool> {
    let side = order.ask.side;
    if let Some(stop) = order.waiting_stop() {
        return Ok(side.reaches(range.worst(side), stop));
    }
    let Some(limit) = order.active_limit() else { return Ok(false) };
    Ok(side.satisfies(range.best(side), beyond(side, limit, through)?))
}
