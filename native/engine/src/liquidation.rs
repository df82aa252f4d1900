//! The price of an asset at which a margin call comes, while everything else stays as it is.
//!
//! With units u, last close L, equity E and maintenance K of all, m of it the part of this asset's worth: equity and
//! maintenance are lines in the price (of an inverse contract in 1 / price), and they meet there.

use workbench_market::Result;
use workbench_market::instrument::{Instrument, Kind};
use workbench_market::number::{Money, Price, Quantity, Rounding, mul_div};

use crate::command::Weight;
use crate::margin::{self, Margin};
use crate::state::State;

/// What the price of a call follows from: it is asked for at few of the closes at which a position is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    quantity: Quantity,
    /// The part of the worth that must be kept.
    part: Weight,
    /// What equity would be if the asset were worth nothing, less what others require, in the currency of its price.
    rest: Money,
}

impl Call {
    /// None where nothing is held.
    pub fn of(state: &State, margin: &Margin, asset: usize) -> Result<Option<Self>> {
        let quantity = state.positions[asset].quantity;
        if quantity.is_zero() {
            return Ok(None);
        }
        let others = 0..state.positions.len();
        let kept = others
            .filter(|&other| other != asset)
            .try_fold(Money::ZERO, |sum, other| sum.plus(margin::kept_of_one(state, margin, other)?))?;
        let rest = state.from_home(state.equity()?.minus(kept)?, asset)?.minus(state.worth(asset))?;
        Ok(Some(Self { quantity, part: margin.kept_of(&state.instruments[asset], quantity), rest }))
    }

    /// None where no price above zero leads to a call.
    pub fn price(self, instrument: &Instrument) -> Result<Option<Price>> {
        let (units, part) = (instrument.units(self.quantity)?.raw(), self.part.raw());
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
        Price::new(mul_div(over, Price::ONE.raw(), under, Rounding::AVERAGE_PRICE)?).map(Some)
    }
}
