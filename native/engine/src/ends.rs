//! How an asset ends: it is merged into another, goes on under another name, is delisted, or has expired.
//!
//! Units of the other asset take over the cost of what they came for, the oldest lots first. Cash for a part of the
//! holding takes the share of every lot's cost that it has in all that was received, valued at the other's Open.

use workbench_market::instrument::Instrument;
use workbench_market::number::{Money, Price, Quantity, Rounding};
use workbench_market::{Error, Result};

use crate::action::{self, Converted};
use crate::books::posting;
use crate::event::{AssetEnd, Event};
use crate::ledger::Account;
use crate::life::Reason;
use crate::lots::{LotRule, Lots, divisor};
use crate::matching;
use crate::state::State;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndKind {
    SymbolChange,
    Merger,
    Delisting,
    Expiry,
}

impl EndKind {
    pub const fn name(self) -> &'static str {
        self.reason().name()
    }

    /// Why orders of the asset end with it, and are denied from then on.
    pub const fn reason(self) -> Reason {
        match self {
            Self::SymbolChange => Reason::SymbolChange,
            Self::Merger => Reason::Merger,
            Self::Delisting => Reason::Delisting,
            Self::Expiry => Reason::Expiry,
        }
    }
}

/// The asset whose units take the place of those held: `numerator` for `denominator`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Successor {
    pub asset: usize,
    pub numerator: i64,
    pub denominator: i64,
}

/// The terms on which an asset ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    pub kind: EndKind,
    /// When the session of its ex-date opens; it does not act before.
    pub open_ns: i64,
    pub into: Option<Successor>,
    /// Cash for each unit held; a delisting without one pays the last close.
    pub amount: Option<Price>,
    pub pay_ns: Option<i64>,
}

/// What a holding becomes when its asset ends.
#[derive(Default)]
struct Outcome {
    /// What was held was worth at the last close, or at its own end where it was never paid for.
    worth: Money,
    cash: Money,
    /// The cost that leaves with the cash.
    sold: Money,
    units: Converted,
    /// The cost that goes over to the units received.
    moved: Money,
    /// The cost that leaves on both sides where these units close what is held of the other asset.
    netted: Money,
}

/// Ends an asset; `open` is the price at which the other one opens.
pub fn end(state: &mut State, asset: usize, end: &End, open: Option<Price>) -> Result<()> {
    state.ended[asset] = Some(end.kind.reason());
    if state.positions[asset].quantity.is_zero() && state.working[asset].is_empty() && !state.is_in_books(asset) {
        return Ok(());
    }
    if end.kind != EndKind::SymbolChange {
        for index in state.working[asset].clone() {
            state.cancel(index, end.kind.reason())?;
        }
    }
    hand_over(state, asset, end, open.unwrap_or(Price::ZERO))?;
    match end.into {
        Some(into) => {
            move_orders(state, asset, into)?;
            matching::end_reducers(state, into.asset)
        }
        None => Ok(()),
    }
}

/// The whole holding becomes cash, units of the other asset, or both.
fn hand_over(state: &mut State, asset: usize, end: &End, open: Price) -> Result<()> {
    carry(state, asset, end);
    let (held, instrument) = (state.positions[asset], end.into.map(|into| into.asset));
    let outcome = outcome(state, asset, end, open)?;
    let price = instrument.map_or(Price::ZERO, |other| state.positions[other].last.unwrap_or(open));
    let taken =
        instrument.map_or(Ok(Money::ZERO), |other| state.instruments[other].value(outcome.units.after, price))?;
    let record = AssetEnd {
        kind: end.kind,
        asset,
        other: instrument,
        numerator: end.into.map_or(0, |into| into.numerator),
        denominator: end.into.map_or(1, |into| into.denominator),
        before: held.quantity,
        value: outcome.worth,
        after: outcome.units.after,
        open,
        taken,
        cash: outcome.cash,
        in_lieu: outcome.units.cash,
        sold: outcome.sold,
        lieu_cost: outcome.units.cost,
        moved: outcome.moved,
    };
    let due = end.pay_ns.is_some_and(|pay_ns| pay_ns > state.now_ns && !record.cash.is_zero());
    let now = record.in_lieu.plus(if due { Money::ZERO } else { record.cash })?;
    state.provide(Some(asset), state.currency(asset), now.negative())?;
    let sequence = state.record(Event::AssetEnd(record));
    post(state, sequence, &record, outcome.netted, end.pay_ns)?;
    let sides = instrument.map_or_else(Vec::new, |other| sides(state, other));
    if state.books.is_some() {
        // What was never paid for brings a book all that it was worth, as the book has paid for it.
        let full = if state.instruments[asset].kind.is_unpaid() { record.value } else { record.cash };
        posting::end(state, &record, end, full)?;
    }
    (state.positions[asset].quantity, state.positions[asset].cost) = (Quantity::ZERO, Money::ZERO);
    state.mark(asset)?;
    instrument.map_or(Ok(()), |other| receive(state, other, &record, outcome.netted, &sides))
}

/// Another name is the same asset: until its first close it is worth what it was at the last close under the old name.
fn carry(state: &mut State, asset: usize, end: &End) {
    let Some(other) = end.into.map(|into| into.asset).filter(|_| end.kind == EndKind::SymbolChange) else { return };
    if state.instruments[other].multiplier == state.instruments[asset].multiplier {
        state.positions[other].last = state.positions[other].last.or(state.positions[asset].last);
    }
}

fn outcome(state: &mut State, asset: usize, end: &End, open: Price) -> Result<Outcome> {
    let held = state.positions[asset];
    let amount =
        end.amount.unwrap_or(if end.kind == EndKind::Delisting { state.mark_price(asset) } else { Price::ZERO });
    let (cash, rule) = (state.instruments[asset].value(held.quantity, amount)?, state.rules.lots);
    let mut lots = std::mem::take(&mut state.lots[asset]);
    if state.instruments[asset].kind.is_unpaid() {
        let gain = cash.minus(state.basis(asset)?)?;
        return Ok(Outcome { worth: cash, cash: gain, ..Outcome::default() });
    }
    let Some(into) = end.into.filter(|_| !held.quantity.is_zero()) else {
        return Ok(Outcome { worth: held.value, cash, sold: held.cost, ..Outcome::default() });
    };
    let (part, whole) = gone_with_cash(state, asset, end, open)?;
    let sold = match rule {
        LotRule::Average => held.cost.scaled(part, whole, Rounding::COST_SHARE)?,
        _ => lots.relieve(part, whole)?,
    };
    let (rest, instrument) = (held.cost.minus(sold)?, &state.instruments[into.asset]);
    let (before, ratio) = (held.quantity, (into.numerator, into.denominator));
    let units = match end.kind {
        // Another name changes no quantity, whatever the steps are.
        EndKind::SymbolChange => Converted { after: before, ..Converted::default() },
        _ => action::convert(&mut lots, rule, (before, rest), ratio, instrument, open)?,
    };
    let moved = rest.minus(units.cost)?;
    let netted = net(state, into.asset, (units.after, moved), &mut lots)?;
    state.lots[into.asset].absorb(lots)?;
    Ok(Outcome { worth: held.value, cash, sold, units, moved, netted })
}

/// Units that come to a holding of the other side close it first, or as much of it as they are: the cost that leaves.
fn net(state: &mut State, other: usize, (units, cost): (Quantity, Money), lots: &mut Lots) -> Result<Money> {
    let held = state.positions[other].quantity;
    if held.raw().signum() * units.raw().signum() >= 0 {
        return Ok(Money::ZERO);
    }
    let closed = held.abs().min(units.abs());
    let gone = match state.rules.lots {
        LotRule::Average => cost.scaled(closed.raw(), units.abs().raw(), Rounding::COST_SHARE)?,
        rule => lots.take(closed, rule)?,
    };
    matching::leaving_cost(state, other, closed)?.plus(gone)
}

/// The part of every cost that leaves with cash, which is what cash has in what a unit brings, as two integers: amount x
/// old to amount x old + new x open, each x its multiplier.
pub(crate) fn gone_with_cash(state: &State, asset: usize, end: &End, open: Price) -> Result<(i128, i128)> {
    let Some(into) = end.into else { return Ok((1, 1)) };
    let (old, new) = (&state.instruments[asset], &state.instruments[into.asset]);
    let too_large = || Error::Range("a merger's cash and units cannot be weighed against each other".into());
    let common = divisor(old.multiplier.raw(), new.multiplier.raw());
    let weight = |price: Price, count: i64, of: &Instrument| {
        let units = (of.multiplier.raw() / common).checked_mul(i128::from(count)).ok_or_else(too_large)?;
        price.raw().checked_mul(units).ok_or_else(too_large)
    };
    let cash = weight(end.amount.unwrap_or(Price::ZERO), into.denominator, old)?;
    let units = weight(open, into.numerator, new)?;
    Ok((cash, cash.checked_add(units).ok_or_else(too_large)?))
}

/// The legs of an asset's end; cash that is to be paid later is a receivable of the ended asset.
fn post(state: &mut State, sequence: u64, record: &AssetEnd, netted: Money, pay_ns: Option<i64>) -> Result<()> {
    let due = pay_ns.filter(|&pay_ns| pay_ns > state.now_ns && !record.cash.is_zero());
    let account = if due.is_some() { Account::later(record.cash) } else { Account::Cash };
    let (asset, gone) = (Some(record.asset), record.sold.plus(record.lieu_cost)?);
    let legs = [
        (account, asset, record.cash),
        (Account::Cash, asset, record.in_lieu),
        (Account::Position, asset, gone.plus(record.moved)?.negative()),
        (Account::Position, record.other, record.moved.minus(netted)?),
        (Account::Realised, record.other, netted),
        (Account::Realised, asset, gone.minus(record.cash)?.minus(record.in_lieu)?),
    ];
    let currency = state.currency(record.asset);
    state.ledger.post_each_in(sequence, currency, &legs)?;
    if let Some(pay_ns) = due {
        state.receivables.insert((pay_ns, sequence), (record.asset, record.cash));
    }
    Ok(())
}

/// What is held of an asset before units come to it: by book, or by the account as a whole.
fn sides(state: &State, asset: usize) -> Vec<(Option<usize>, Quantity)> {
    state.owners().map(|book| (book, state.held(asset, book))).collect()
}

/// The units come into the other holding, valued at its last close or, before the first one, at this Open.
fn receive(
    state: &mut State,
    other: usize,
    record: &AssetEnd,
    netted: Money,
    sides: &[(Option<usize>, Quantity)],
) -> Result<()> {
    let position = &mut state.positions[other];
    position.quantity = position.quantity.plus(record.after)?;
    position.cost = position.cost.plus(record.moved)?.minus(netted)?;
    if position.last.is_none() {
        state.bars[other].open = record.open;
    }
    for &(book, before) in sides {
        if before.raw().signum() * state.held(other, book).raw().signum() < 0 {
            matching::end_reduce_only(state, other, None, book)?;
        }
    }
    state.mark(other)
}

/// Working orders go on under the other name, in its units and on its steps.
fn move_orders(state: &mut State, asset: usize, into: Successor) -> Result<()> {
    let moved = std::mem::take(&mut state.working[asset]);
    for &index in &moved {
        state.orders[index].ask.asset = into.asset;
    }
    state.working[into.asset].extend(&moved);
    state.working[into.asset].sort_unstable();
    let (from, step) = (state.instruments[asset].quantity_step, state.instruments[into.asset].quantity_step);
    // Where the steps are the same, an order that lets go of a holding off the step keeps its size.
    let step = if from == step { Quantity::from_raw(1) } else { step };
    let ratio = (into.numerator, into.denominator);
    moved.into_iter().try_for_each(|index| action::split_order(state, index, ratio, step, Reason::SymbolChange))
}
