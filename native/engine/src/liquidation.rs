//! The price of an asset at which a margin call comes, while everything else stays as it is.
//!
//! With units u, last close L, equity E and maintenance K of all, m of it the part of this asset's worth: equity and
//! maintenance are lines in the price (of an inverse contract in 1 / price), and they meet there.

use workbench_market::Result;
use workbench_market::instrument::Kind;
use workbench_market::number::{Price, Quantity, Rounding, mul_div};

use crate::command::Weight;
use crate::margin::{self, Margin};
use crate::state::State;

/// None where nothing is held or no price above zero leads to a call.
pub fn price(state: &State, margin: &Margin, asset: usize) -> Result<Option<Price>> {
    let (instrument, position) = (&state.instruments[asset], &state.positions[asset]);
    if position.quantity.is_zero() {
        return Ok(None);
    }
    let units = instrument.units(position.quantity)?.raw();
    let part = margin.kept_of(instrument, position.quantity).raw();
    let others = margin::kept_of_all(state, margin)?.minus(margin::kept_of_one(state, margin, asset)?)?;
    // What equity would be if the asset were worth nothing, less what others require, in the currency of its price.
    let rest = state.from_home(state.equity()?.minus(others)?, asset)?.minus(state.worth(asset))?;
    // Units x (1 - m) of a long position, units x (1 + m) of a short one; of an inverse one the other way round.
    let less = units.signum() * if instrument.kind == Kind::Inverse { -part } else { part };
    let slope = mul_div(units, Weight::ONE.raw() - less, Quantity::ONE.raw(), Rounding::AVERAGE_PRICE)?;
    let (over, under) = match instrument.kind {
        Kind::Inverse => (slope, rest.raw()),
        _ => (-rest.raw(), slope),
    };
    if under == 0 || over.signum() != under.signum() {
        return Ok(None);
    }
    Price::new(mul_div(over, Price::ONE.raw(), under, Rounding::AVERAGE_PRICE)?).map(Some)
}
