//! Funding: what longs of a perpetual pay to its shorts, or get from them, so that its price keeps to that of the coin.

use workbench_market::instrument::{Instrument, Kind};
use workbench_market::number::{Money, Price, Quantity, Rounding, mul_div};
use workbench_market::{Error, Result};

use crate::books::posting;
use crate::event::Event;
use crate::ledger::Account;
use crate::state::State;

/// Pays a rate on what is held now, at the mark or else at the last close; longs pay a positive rate.
pub fn pay(state: &mut State, asset: usize, rate: Price, mark: Option<Price>) -> Result<()> {
    let (quantity, mark) = (state.positions[asset].quantity, mark.unwrap_or(state.mark_price(asset)));
    if state.books.is_some() {
        share(state, asset, (rate, mark))?;
    }
    if quantity.is_zero() {
        return Ok(());
    }
    let amount = owed(&state.instruments[asset], quantity, mark, rate)?.negative();
    if amount.is_zero() {
        return Ok(());
    }
    state.provide(Some(asset), state.currency(asset), amount.negative())?;
    let sequence = state.record(Event::Funding { asset, quantity, rate, mark, amount });
    state.post(sequence, asset, &[(Account::Cash, amount), (Account::Funding, amount.negative())])
}

/// To each book what its own quantity gets.
fn share(state: &mut State, asset: usize, (rate, mark): (Price, Price)) -> Result<()> {
    let instruments = std::sync::Arc::clone(&state.instruments);
    let own = |held| Ok(owed(&instruments[asset], held, mark, rate)?.negative());
    let total = own(state.positions[asset].quantity)?;
    posting::funding(state, asset, total, own)
}

/// Worth x rate, rounded once: q x m x mark x rate, or q x m / mark x rate in the coin of an inverse one.
fn owed(instrument: &Instrument, quantity: Quantity, mark: Price, rate: Price) -> Result<Money> {
    if instrument.kind != Kind::Inverse {
        return instrument.value(quantity, mark)?.scaled(rate.raw(), Price::ONE.raw(), Rounding::FUNDING);
    }
    let too_large = || Error::Range("a rate of funding leaves the exact range".into());
    let rate = rate.raw().checked_mul(Price::ONE.raw()).ok_or_else(too_large)?;
    Money::new(mul_div(instrument.units(quantity)?.raw(), rate, mark.raw(), Rounding::FUNDING)?)
}
