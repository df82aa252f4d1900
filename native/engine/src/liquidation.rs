//! The price of an asset at which a margin call comes, while everything else stays as it is.
//!
//! With units u, last close L, equity E and maintenance K of all, m of it the part of this asset's worth: equity and
//! maintenance are lines in the price (of an inverse contract in 1 / price), and they meet there. E and K are those of
//! the whole account, so that they are added up once for any number of assets. The price of a pair of two currencies is
//! a rate: with it goes all that there is in its base, or in its quote where the base is the account's.

use workbench_market::instrument::{Instrument, Kind};
use workbench_market::number::{Money, Price, Quantity, Rounding, mul_div};
use workbench_market::{Error, Result};

use crate::command::Weight;
use crate::margin::{self, Margin};
use crate::state::State;

/// Equity of an account less what must be kept of all that it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cushion(Money);

impl Cushion {
    pub fn of(state: &State, margin: &Margin) -> Result<Self> {
        state.equity()?.minus(margin::kept_of_all(state, margin)?).map(Self)
    }
}

/// What a price of liquidation is made of: the lines meet at `over / under`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    over: i128,
    under: i128,
}

impl Line {
    /// None where nothing is held, or what is left cannot be counted in the currency of the price.
    pub fn of(state: &State, margin: &Margin, cushion: Cushion, asset: usize) -> Result<Option<Self>> {
        if state.positions[asset].quantity.is_zero() {
            return Ok(None);
        }
        countable(match state.exchanged(asset) {
            Some(0) => Self::of_a_rate(state, cushion, asset),
            base => Self::of_a_price(state, margin, cushion, asset, base),
        })
    }

    fn of_a_price(state: &State, margin: &Margin, cushion: Cushion, asset: usize, base: Option<usize>) -> Result<Self> {
        let (instrument, quantity) = (&state.instruments[asset], state.positions[asset].quantity);
        let own = margin::kept_of_one(state, margin, asset)?;
        let part = margin.kept_of(instrument, quantity).raw();
        // What equity would be if the asset were worth nothing, less what others require, in the currency of its price.
        let rest = state.from_home(cushion.0.plus(own)?, asset)?;
        let (rest, slope) = match base {
            Some(base) => moved(state, asset, state.net_of(base)?, rest, part)?,
            None => (rest.minus(state.worth(asset))?, steepness(instrument, quantity, part)?),
        };
        Ok(match instrument.kind {
            Kind::Inverse => Self { over: slope, under: rest.raw() },
            _ => Self { over: -rest.raw(), under: slope },
        })
    }

    /// Of a pair whose base is the account's currency: its requirement stays, and what there is in its quote is worth
    /// 1 / price.
    fn of_a_rate(state: &State, cushion: Cushion, asset: usize) -> Result<Self> {
        let net = state.net_of(state.currency(asset))?;
        Ok(Self { over: net.raw(), under: state.translated(asset, net)?.minus(cushion.0)?.raw() })
    }

    /// None where no price above zero that can be counted leads to a call.
    pub fn price(&self) -> Result<Option<Price>> {
        if self.under == 0 || self.over.signum() != self.under.signum() {
            return Ok(None);
        }
        let met = mul_div(self.over, Price::ONE.raw(), self.under, Rounding::AVERAGE_PRICE);
        countable(met.and_then(Price::new))
    }
}

/// Units x (1 - m) of a long position, units x (1 + m) of a short one; of an inverse one the other way round.
fn steepness(instrument: &Instrument, quantity: Quantity, part: i128) -> Result<i128> {
    let units = instrument.units(quantity)?.raw();
    let less = units.signum() * if instrument.kind == Kind::Inverse { -part } else { part };
    mul_div(units, Weight::ONE.raw() - less, Quantity::ONE.raw(), Rounding::AVERAGE_PRICE)
}

/// What equity would be without the base of a pair, and what a price of one more adds to it less what it requires more:
/// all that there is in the base, not only what the pair itself has bought.
fn moved(state: &State, asset: usize, net: Money, rest: Money, part: i128) -> Result<(Money, i128)> {
    let last = state.mark_price(asset);
    let worth = net.scaled(last.raw(), Price::ONE.raw(), Rounding::TRANSLATION)?;
    let size = state.positions[asset].quantity.raw().abs();
    let kept = mul_div(size, part, Quantity::ONE.raw(), Rounding::AVERAGE_PRICE)?;
    Ok((rest.minus(worth)?, net.raw() - kept))
}

/// What is too large to be counted is beyond every price.
fn countable<T>(found: Result<T>) -> Result<Option<T>> {
    match found {
        Err(Error::Range(_)) => Ok(None),
        other => other.map(Some),
    }
}
