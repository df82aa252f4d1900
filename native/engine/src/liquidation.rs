//! The price of an asset at which a margin call comes, while everything else stays as it is.
//!
//! With units u, last close L, equity E and maintenance K of all, m of it the part of this asset's worth: equity and
//! maintenance are lines in the price (of an inverse contract in 1 / price), and they meet there. E and K are those of
//! the whole account, so that they are added up once for any number of assets.

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

/// What a price of liquidation is made of beside the holding itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// What equity would be if the asset were worth nothing, less what others require, in the currency of its price.
    rest: Money,
    part: Weight,
}

impl Line {
    /// None where nothing is held, or what is left cannot be counted in the currency of the price.
    pub fn of(state: &State, margin: &Margin, cushion: Cushion, asset: usize) -> Result<Option<Self>> {
        let quantity = state.positions[asset].quantity;
        if quantity.is_zero() {
            return Ok(None);
        }
        let own = margin::kept_of_one(state, margin, asset)?;
        let rest = cushion.0.plus(own).and_then(|rest| state.from_home(rest, asset)?.minus(state.worth(asset)));
        let part = margin.kept_of(&state.instruments[asset], quantity);
        Ok(countable(rest)?.map(|rest| Self { rest, part }))
    }

    /// None where no price above zero that can be counted leads to a call.
    pub fn price(&self, instrument: &Instrument, quantity: Quantity) -> Result<Option<Price>> {
        let (units, part) = (instrument.units(quantity)?.raw(), self.part.raw());
        // Units x (1 - m) of a long position, units x (1 + m) of a short one; of an inverse one the other way round.
        let less = units.signum() * if instrument.kind == Kind::Inverse { -part } else { part };
        let slope = mul_div(units, Weight::ONE.raw() - less, Quantity::ONE.raw(), Rounding::AVERAGE_PRICE)?;
        let (over, under) = match instrument.kind {
            Kind::Inverse => (slope, self.rest.raw()),
            _ => (-self.rest.raw(), slope),
        };
        if under == 0 || over.signum() != under.signum() {
            return Ok(None);
        }
        countable(mul_div(over, Price::ONE.raw(), under, Rounding::AVERAGE_PRICE).and_then(Price::new))
    }
}

/// What is too large to be counted is beyond every price.
fn countable<T>(found: Result<T>) -> Result<Option<T>> {
    match found {
        Err(Error::Range(_)) => Ok(None),
        other => other.map(Some),
    }
}
