//! The walk along finer bars: each is an Open and a range of its own, and between them nothing is a guess.

use workbench_market::Result;

use super::quote::{Range, at_price};
use super::{Place, inside, rounds};
use crate::state::State;

/// Walks the finer bars that lie inside one asset's bar; where there are none only its range is known.
pub fn walk(state: &mut State, asset: usize, range: Range) -> Result<()> {
    let (open_ns, close_ns) = (state.bars[asset].open_ns, state.now_ns);
    let rows = state.finer[asset].rows_until(open_ns)..state.finer[asset].rows_until(close_ns);
    if rows.is_empty() {
        return inside(state, &[asset], usize::MAX, |_| range, Place::Inside);
    }
    let present = state.orders.len();
    for row in rows {
        let fine = finer(state, asset, row);
        // The bar's own Open was the first of them.
        if state.finer[asset].span(row).open_ns > open_ns {
            rounds(
                state,
                &[asset],
                present,
                |state, order| match order.ask.terms.on {
                    None if !order.is_marketable() => at_price(order, fine.open, state.through(asset)),
                    _ => Ok(None),
                },
                Place::Finer,
            )?;
        }
        inside(state, &[asset], present, |_| fine, |_| Place::Finer)?;
    }
    Ok(())
}

fn finer(state: &State, asset: usize, row: usize) -> Range {
    let instrument = &state.instruments[asset];
    let ticks = state.finer[asset].ticks(row, instrument);
    Range {
        open: instrument.price(ticks.open),
        high: instrument.price(ticks.high),
        low: instrument.price(ticks.low),
        close: instrument.price(ticks.close),
    }
}
