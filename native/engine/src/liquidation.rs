//! The price of an asset at which a margin call comes, while everything else stays as it is.
//!
//! With units u, last close L, equity E and maintenance K of all, m of it the part of this asset's worth: equity and
//! maintenance are lines in the price (of an inverse contract in 1 / price), and they meet there. The price of a pair of
//! two currencies is a rate: with it goes all that there is in its base, or in its quote where the base is the account's.

use workbench_market::Result;
use workbench_market::instrument::Kind;
use workbench_market::number::{Money, Price, Quantity, Rounding, mul_div};

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
    if state.exchanged(asset) == Some(0) {
        return rate(state, margin, asset);
    }
    let others = margin::kept_of_all(state, margin)?.minus(margin::kept_of_one(state, margin, asset)?)?;
    // What equity would be if the asset were worth nothing, less what others require, in the currency of its price.
    let rest = state.from_home(state.equity()?.minus(others)?, asset)?;
    let (rest, slope) = match state.exchanged(asset) {
        Some(base) => moved(state, asset, state.net_of(base)?, rest, part)?,
        None => {
            // Units x (1 - m) of a long position, units x (1 + m) of a short one; of an inverse one the other way round.
            let less = units.signum() * if instrument.kind == Kind::Inverse { -part } else { part };
            let slope = mul_div(units, Weight::ONE.raw() - less, Quantity::ONE.raw(), Rounding::AVERAGE_PRICE)?;
            (rest.minus(state.worth(asset))?, slope)
        }
    };
    let (over, under) = match instrument.kind {
        Kind::Inverse => (slope, rest.raw()),
        _ => (-rest.raw(), slope),
    };
    meeting(over, under)
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

/// Of a pair whose base is the account's currency: its requirement stays, and what there is in its quote is worth 1 / price.
fn rate(state: &State, margin: &Margin, asset: usize) -> Result<Option<Price>> {
    let net = state.net_of(state.currency(asset))?;
    let rest = state.equity()?.minus(state.translated(asset, net)?)?;
    meeting(net.raw(), margin::kept_of_all(state, margin)?.minus(rest)?.raw())
}

fn meeting(over: i128, under: i128) -> Result<Option<Price>> {
    if under == 0 || over.signum() != under.signum() {
        return Ok(None);
    }
    Price::new(mul_div(over, Price::ONE.raw(), under, Rounding::AVERAGE_PRICE)?).map(Some)
}
