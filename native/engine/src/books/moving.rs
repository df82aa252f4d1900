//! Cash that goes from one book to another, so that each has its part of the account again.

use workbench_market::Result;
use workbench_market::number::{Money, Rounding};

use super::sharing::in_proportion;
use crate::command::Weight;
use crate::event::Event;
use crate::state::State;

/// Parts of an amount by weights, each rounded; the last takes the rest.
pub fn shared_out(amount: Money, weights: &[Weight]) -> Result<Vec<Money>> {
    let (mut parts, mut rest) = (Vec::with_capacity(weights.len()), amount);
    for weight in &weights[..weights.len().saturating_sub(1)] {
        let part = amount.scaled(weight.raw(), Weight::ONE.raw(), Rounding::TRANSLATION)?;
        rest = rest.minus(part)?;
        parts.push(part);
    }
    parts.push(rest);
    Ok(parts)
}

/// Moves cash so that each book has its part of the account's equity. In a cash account a book gives no more than what is
/// free; what is missing by that is missing from those who take, in proportion.
pub fn allocate(state: &mut State, weights: &[Weight]) -> Result<()> {
    let targets = shared_out(state.equity()?, weights)?;
    let (mut gives, mut wants) = (Vec::new(), Vec::new());
    for (number, target) in targets.into_iter().enumerate() {
        let missing = target.minus(state.equity_of(Some(number))?)?;
        if missing.raw() > 0 {
            wants.push((number, missing.raw()));
        } else {
            gives.push((number, given(state, number, missing.negative())?.raw()));
        }
    }
    let (given, wanted): (i128, i128) = (total(&gives), total(&wants));
    let takes = if given < wanted { in_proportion(given, &wants)? } else { wants };
    send(state, &gives, &takes)
}

fn total(parts: &[(usize, i128)]) -> i128 {
    parts.iter().map(|(_, part)| part).sum()
}

/// How much of what a book has too much it can give.
fn given(state: &State, number: usize, surplus: Money) -> Result<Money> {
    if state.rules.margin.is_some() {
        return Ok(surplus);
    }
    state.free_within(surplus, Some(number), Money::ZERO).map(|given| given.max(Money::ZERO))
}

/// The first who gives fills up the first who takes, and so on.
fn send(state: &mut State, gives: &[(usize, i128)], takes: &[(usize, i128)]) -> Result<()> {
    let mut takes = takes.iter().copied().filter(|(_, amount)| *amount > 0);
    let mut taker = takes.next();
    for &(from, mut left) in gives {
        while let Some((to, wanted)) = taker.filter(|_| left > 0) {
            let amount = left.min(wanted);
            transfer(state, from, to, Money::from_raw(amount))?;
            left -= amount;
            taker = if wanted > amount { Some((to, wanted - amount)) } else { takes.next() };
        }
    }
    Ok(())
}

fn transfer(state: &mut State, from: usize, to: usize, amount: Money) -> Result<()> {
    state.record(Event::Transfer { from, to, amount });
    let Some(books) = &mut state.books else { return Ok(()) };
    for (number, moved) in [(from, amount.negative()), (to, amount)] {
        let book = &mut books.all[number];
        book.memo = book.memo.plus(moved)?;
        book.received = book.received.plus(moved)?;
    }
    Ok(())
}

/// What each book has gained at each of the last closes, as a part of what it had before, net of what it was given; the
/// close that is decided on is the last one.
pub fn returns(state: &State, lookback: usize) -> Result<Vec<Vec<f64>>> {
    let Some(books) = &state.books else { return Ok(Vec::new()) };
    let rows = books.rows.len() / books.all.len().max(1);
    let first = (rows + 1).saturating_sub(lookback).max(1);
    let gain = |number: usize, row: usize| {
        let before = books.rows_at(row - 1)[number].equity;
        let (equity, received) = match row == rows {
            true => (state.equity_of(Some(number))?, books.all[number].received),
            false => (books.rows_at(row)[number].equity, books.rows_at(row)[number].received),
        };
        let gained = equity.minus(received)?.minus(before)?;
        Ok(if before.raw() <= 0 { 0.0 } else { gained.to_f64() / before.to_f64() })
    };
    let of = |number: usize| (first..=rows).map(|row| gain(number, row)).collect();
    (0..books.all.len()).map(of).collect()
}
