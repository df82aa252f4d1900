//! Positions that were never paid for: what of their gains is in cash already, and what is not.
//!
//! A future is settled: at the end of each session, before a fill joins it and when it expires, what it has gained since
//! the last time moves in cash. A perpetual moves in cash what a reduction gains. What has not moved yet counts in equity.

use workbench_market::Result;
use workbench_market::instrument::Kind;
use workbench_market::number::{Money, Price};

use crate::event::Event;
use crate::ledger::Account;
use crate::state::State;

impl State {
    /// What a holding would bring at its mark; of one that was never paid for that is more than it is worth to the account.
    pub fn worth(&self, asset: usize) -> Money {
        let position = &self.positions[asset];
        if self.instruments[asset].kind.is_unpaid() { position.worth } else { position.value }
    }

    /// The price that a holding is valued at: the last close, before the first one the open it was bought at.
    pub fn mark_price(&self, asset: usize) -> Price {
        self.positions[asset].last.unwrap_or(self.bars[asset].open)
    }

    /// What contracts that are held would have cost in full, less than nothing of those sold short; in the currency of
    /// the asset that an order is for.
    pub fn unpaid(&self, asked: usize) -> Result<Money> {
        let mut sum = Money::ZERO;
        for (asset, instrument) in self.instruments.iter().enumerate() {
            if instrument.kind.is_unpaid() {
                let basis = self.converted(self.basis(asset)?, asset, asked)?;
                sum = if instrument.kind == Kind::Inverse { sum.minus(basis)? } else { sum.plus(basis)? };
            }
        }
        Ok(sum)
    }

    /// The worth from which on gains are not in cash yet.
    pub fn basis(&self, asset: usize) -> Result<Money> {
        let (instrument, position) = (&self.instruments[asset], &self.positions[asset]);
        match instrument.kind {
            Kind::Future => instrument.value(position.quantity, self.settled[asset]),
            Kind::Perpetual | Kind::Inverse => Ok(position.cost),
            Kind::Spot | Kind::Reference => Ok(Money::ZERO),
        }
    }
}

/// Moves what a future has gained up to a price; from there on its gains count anew.
pub fn settle(state: &mut State, asset: usize, price: Price) -> Result<()> {
    let quantity = state.positions[asset].quantity;
    let amount = state.instruments[asset].value(quantity, price)?.minus(state.basis(asset)?)?;
    let from = std::mem::replace(&mut state.settled[asset], price);
    if amount.is_zero() {
        return Ok(());
    }
    state.provide(Some(asset), state.currency(asset), amount.negative())?;
    let sequence = state.record(Event::Variation { asset, quantity, from, price, amount });
    state.post(sequence, asset, &[(Account::Cash, amount), (Account::Realised, amount.negative())])?;
    state.mark(asset)
}

/// The end of a session: at the settlement that was given, else at the last close.
pub fn settle_session(state: &mut State, asset: usize, price: Option<Price>) -> Result<()> {
    let Some(price) = price.or(state.positions[asset].last) else { return Ok(()) };
    if state.positions[asset].quantity.is_zero() { Ok(()) } else { settle(state, asset, price) }
}
