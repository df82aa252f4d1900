//! A fill written down: order, lots, ledger, volume, reservations and linked orders in one step.

use workbench_market::Result;
use workbench_market::instrument::Kind;
use workbench_market::number::{Money, Price, Quantity, Rounding};

use super::{Place, links};
use crate::books::posting;
use crate::cost::Pricing;
use crate::event::{Event, Fill};
use crate::ledger::Account;
use crate::life::Change;
use crate::lots::LotRule;
use crate::order::{Origin, Side};
use crate::risk;
use crate::state::State;
use crate::variation;

/// What is to be written down.
pub struct Trade {
    pub pricing: Pricing,
    pub price: Price,
    pub quantity: Quantity,
    pub place: Place,
    pub is_ambiguous: bool,
}

/// Books a fill: order, lots, ledger, volume and reservation in one step.
pub fn book(state: &mut State, index: usize, trade: &Trade) -> Result<()> {
    let (reference, price, quantity) = (trade.pricing.reference, trade.price, trade.quantity);
    let order = &state.orders[index];
    let (value, charge) = trade.pricing.charge(state, order, quantity)?;
    let withheld = charge.withheld;
    let (asset, side) = (order.ask.asset, order.ask.side);
    let instrument = &state.instruments[asset];
    let kept = instrument.value(withheld, price)?;
    let fee = charge.amount.plus(kept)?;
    let slippage = instrument.lost(quantity, (reference, price), side == Side::Buy)?;
    let (moment, is_ambiguous) = (trade.place.moment(), trade.is_ambiguous);
    let (order, holding) = (order.id, state.holder(asset));
    let is_future = instrument.kind == Kind::Future;
    let fill = Fill {
        order,
        asset,
        holding,
        side,
        quantity,
        price,
        reference,
        value,
        fee,
        withheld,
        slippage,
        moment,
        is_ambiguous,
    };
    if is_future {
        variation::settle(state, asset, price)?;
    }
    let effect = Effect::of(state, &fill)?;
    // On margin a pair of two currencies borrows what it gives away, so that it is short of that.
    if state.rules.margin.is_none() || state.exchanged(asset).is_none() {
        state.provide(Some(asset), state.currency(asset), effect.brought.negative())?;
    }
    let sequence = state.record(Event::Filled(fill));
    let book = state.orders[index].book;
    let owners = [book, None].map(|owner| (owner, state.held(asset, owner)));
    post(state, sequence, &fill, &effect)?;
    if state.books.is_some() {
        posting::fill(state, sequence, book, &fill)?;
    }
    state.charge_elsewhere(order, asset, &charge.elsewhere)?;
    let order = &mut state.orders[index];
    order.filled = order.filled.plus(quantity)?;
    order.value = order.value.plus(value)?;
    order.fee_charged = order.fee_charged.plus(charge.amount)?;
    order.fee_sums = charge.sums;
    order.fees_elsewhere = charge.charged;
    order.fee_caps = charge.caps;
    state.bars[asset].taken = state.bars[asset].taken.plus(quantity)?;
    state.traded.add(state.now_ns, state.translated(asset, value)?)?;
    state.mark(asset)?;
    let spent = value.plus(charge.amount)?;
    settle(state, index, &trade.pricing, spent)?;
    // What belongs to the account goes by all that is held, even where no book has changed its side.
    for (owner, before) in owners {
        if before.raw().signum() * state.held(asset, owner).raw().signum() < 0 {
            links::end_reduce_only(state, asset, Some(state.orders[index].id), owner)?;
        }
    }
    links::after_fill(state, index, trade, spent)
}

/// What a fill does to a holding and to cash.
struct Effect {
    quantity: Quantity,
    cost: Money,
    /// Into cash, fees paid; less than nothing is paid out.
    brought: Money,
    /// What it realises in cash; of a future that has been settled before.
    gain: Money,
}

impl Effect {
    fn of(state: &mut State, fill: &Fill) -> Result<Self> {
        let instrument = &state.instruments[fill.asset];
        let (kind, kept) = (instrument.kind, fill.withheld_value(instrument)?);
        let worth = fill.worth_against(state.positions[fill.asset].quantity, instrument)?;
        let (quantity, cash) = match fill.side {
            Side::Buy => (fill.moved()?, worth.negative()),
            Side::Sell => (fill.quantity.negative(), worth),
        };
        let paid = fill.fee.minus(kept)?;
        let at_home = state.at_home(fill, cash.plus(kept)?.negative())?;
        let cost = change_of_cost(state, fill, quantity, at_home)?;
        let gain = match kind {
            Kind::Future => Money::ZERO,
            _ => cash.plus(cost)?.plus(kept)?,
        };
        let cash = if kind.is_unpaid() { gain } else { cash };
        Ok(Self { quantity, cost, brought: cash.minus(paid)?, gain })
    }
}

/// The legs of a fill, and what it does to the holding.
fn post(state: &mut State, sequence: u64, fill: &Fill, effect: &Effect) -> Result<()> {
    if let Some(base) = state.exchanged(fill.asset) {
        state.post_exchange(sequence, fill, base)?;
        return hold(state, fill.asset, effect.quantity, effect.cost);
    }
    if fill.holding != fill.asset {
        state.post_crossing(sequence, fill, effect.cost)?;
        return hold(state, fill.holding, effect.quantity, effect.cost);
    }
    let legs = [
        (Account::Position, effect.cost),
        (Account::Cash, effect.brought),
        (Account::Realised, effect.gain.negative()),
        (Account::Fees, fill.fee),
    ];
    // Nothing was paid for a contract: only its gains are booked.
    let unpaid = usize::from(state.instruments[fill.asset].kind.is_unpaid());
    state.post(sequence, fill.asset, &legs[unpaid..])?;
    hold(state, fill.holding, effect.quantity, effect.cost)
}

/// What comes into a holding or leaves it.
fn hold(state: &mut State, holding: usize, quantity: Quantity, cost: Money) -> Result<()> {
    let position = &mut state.positions[holding];
    position.quantity = position.quantity.plus(quantity)?;
    position.cost = position.cost.plus(cost)?;
    Ok(())
}

/// What a fill that moves a quantity for so much does to the cost of the holding: it opens, closes, or first closes all
/// and then opens on the other side.
fn change_of_cost(state: &mut State, fill: &Fill, moved: Quantity, paid: Money) -> Result<Money> {
    let held = state.positions[fill.holding].quantity;
    if !fill.side.reduces(held) {
        return opened(state, fill.holding, moved, paid);
    }
    let closed = moved.abs().min(held.abs());
    let gone = leaving_cost(state, fill.holding, closed)?;
    let rest = held.plus(moved)?;
    if held.raw().signum() * rest.raw().signum() >= 0 {
        return Ok(gone.negative());
    }
    let paid = state.at_home(fill, state.instruments[fill.asset].value(rest, fill.price)?)?;
    opened(state, fill.holding, rest, paid)?.minus(gone)
}

/// The cost of units that come into a holding; a sale to open costs what it brings, less than nothing.
fn opened(state: &mut State, asset: usize, quantity: Quantity, cost: Money) -> Result<Money> {
    if state.rules.lots != LotRule::Average {
        state.lots[asset].add(quantity, cost)?;
    }
    Ok(cost)
}

/// The cost that leaves with a part of a holding: its share of the average, or that of the lots whose turn it is.
pub fn leaving_cost(state: &mut State, asset: usize, closed: Quantity) -> Result<Money> {
    let position = &state.positions[asset];
    match state.rules.lots {
        LotRule::Average => position.cost.scaled(closed.raw(), position.quantity.abs().raw(), Rounding::COST_SHARE),
        rule => state.lots[asset].take(closed, rule),
    }
}

/// What comes after a fill that cost `spent`: the order is done, or works on with a smaller reservation. A stop that
/// filled beyond its price pays for that out of its own reservation, not out of what others have reserved.
pub fn settle(state: &mut State, index: usize, pricing: &Pricing, spent: Money) -> Result<()> {
    let order = &state.orders[index];
    let is_done = match order.ask.origin {
        Origin::AllIn => risk::affordable(state, order, pricing)?.is_zero(),
        _ => order.leaves().is_zero(),
    };
    if is_done {
        return state.change(index, Change::FillRest);
    }
    state.change(index, Change::FillPart)?;
    risk::shrink_reservation(state, index, spent)
}
