//! What working orders can make of a holding at worst: all of one side are filled, and none of the other.
//!
//! Of linked orders only the largest counts, and none that can only reduce. In a cash account sells end at zero, so that
//! the worst is what buys can add.

use std::collections::BTreeMap;

use workbench_market::Result;
use workbench_market::number::{Money, Quantity};

use crate::order::{Order, Side};
use crate::state::State;

/// Orders that work, or are approved and on their way to the venue, and could open a position.
pub fn openers(state: &State) -> impl Iterator<Item = &Order> {
    let all = state.working.iter().flatten().chain(&state.submitted).map(|&index| &state.orders[index]);
    all.filter(|order| opens(state, order))
}

/// Whether an order could add to what is held: sells do on margin only.
pub fn opens(state: &State, order: &Order) -> bool {
    !order.ask.terms.reduce_only && (order.ask.side == Side::Buy || state.rules.margin.is_some())
}

/// What orders of one side can open of an asset at most, with `asked` among them.
pub fn leaves(state: &State, asset: usize, side: Side, asked: Option<&Order>) -> Result<Quantity> {
    let working = state.working[asset].iter().chain(&state.submitted).map(|&index| &state.orders[index]);
    let of_side = working.chain(asked).filter(|order| order.ask.asset == asset && order.ask.side == side);
    let (mut sum, mut groups) = (Quantity::ZERO, BTreeMap::<u64, Quantity>::new());
    for order in of_side.filter(|order| opens(state, order)) {
        match order.ask.terms.oco {
            Some(group) => {
                let largest = groups.entry(group).or_default();
                *largest = order.leaves().max(*largest);
            }
            None => sum = sum.plus(order.leaves())?,
        }
    }
    groups.into_values().try_fold(sum, Quantity::plus)
}

/// The size of the largest position that an asset can come to.
pub fn size(state: &State, asset: usize, asked: Option<&Order>) -> Result<Quantity> {
    let held = state.positions[asset].quantity;
    let long = held.plus(leaves(state, asset, Side::Buy, asked)?)?;
    let short = held.minus(leaves(state, asset, Side::Sell, asked)?)?;
    Ok(long.abs().max(short.abs()))
}

/// Its value at the last close; without one, that of what is held.
pub fn value(state: &State, asset: usize, asked: Option<&Order>) -> Result<Money> {
    match state.positions[asset].last {
        Some(last) => state.instruments[asset].notional(size(state, asset, asked)?, last),
        None => Ok(state.worth(asset).abs()),
    }
}
