//! Matching: which working orders trade at a moment, at what price, and in what order.
//!
//! A moment is walked in stages; in each, sells come before buys, then the asset's index, then the sequence.

use workbench_market::Result;
use workbench_market::number::{Money, Price, Quantity, Rounding};

use crate::event::{Event, Fill, Moment};
use crate::ledger::Account;
use crate::order::{Change, Kind, Order, Origin, Reason, Side};
use crate::risk;
use crate::state::{FillRule, State};
use crate::step::Closing;

/// An order that trades, at a reference price, with or without slippage.
struct Trade {
    index: usize,
    reference: Price,
    slips: bool,
}

/// The Open: market orders, triggered stops, and whatever the open price reaches.
pub fn open(state: &mut State, assets: &[usize]) -> Result<()> {
    if state.working_count == 0 || state.rules.fill == FillRule::NextClose {
        return Ok(());
    }
    let trades = gather(state, assets, |order, bar_open| {
        if order.is_marketable() {
            return Some((bar_open, true));
        }
        match (order.kind, order.ask.side) {
            (Kind::Limit(limit), Side::Buy) => (bar_open <= limit).then_some((bar_open, false)),
            (Kind::Limit(limit), Side::Sell) => (bar_open >= limit).then_some((bar_open, false)),
            (Kind::Stop(stop), Side::Buy) => (bar_open >= stop).then_some((bar_open, true)),
            (Kind::Stop(stop), Side::Sell) => (bar_open <= stop).then_some((bar_open, true)),
            (Kind::Market, _) => None,
        }
    });
    execute(state, trades, Moment::Open)
}

/// The Close: stops, then limits, inside the bar; or, under next_close, everything at the close price.
pub fn close(state: &mut State, closings: &[Closing]) -> Result<()> {
    if state.working_count == 0 {
        return Ok(());
    }
    if state.rules.fill == FillRule::NextClose {
        return at_close_price(state, closings);
    }
    let assets: Vec<usize> = closings.iter().map(|c| c.asset).collect();
    let range = ranges(state, closings);
    let stops = gather(state, &assets, |order, _| stop_inside(order, range(order.ask.asset)));
    execute(state, stops, Moment::Close)?;
    let limits = gather(state, &assets, |order, bar_open| limit_inside(order, bar_open, range(order.ask.asset)));
    execute(state, limits, Moment::Close)
}

/// The high, low and close of the assets that close now, as prices.
fn ranges(state: &State, closings: &[Closing]) -> impl Fn(usize) -> (Price, Price, Price) + use<> {
    let of = |c: &Closing| {
        let instrument = &state.instruments[c.asset];
        (c.asset, (instrument.price(c.high), instrument.price(c.low), instrument.price(c.close)))
    };
    let table: Vec<_> = closings.iter().map(of).collect();
    move |asset| {
        let at = table.partition_point(|(a, _)| *a < asset);
        table[at].1
    }
}

fn stop_inside(order: &Order, (high, low, _): (Price, Price, Price)) -> Option<(Price, bool)> {
    let Kind::Stop(stop) = order.kind else { return None };
    let reached = match order.ask.side {
        Side::Buy => high >= stop,
        Side::Sell => low <= stop,
    };
    (reached && !order.triggered).then_some((stop, true))
}

fn limit_inside(order: &Order, bar_open: Price, (high, low, _): (Price, Price, Price)) -> Option<(Price, bool)> {
    let Kind::Limit(limit) = order.kind else { return None };
    match order.ask.side {
        Side::Buy => (low <= limit).then_some((limit.min(bar_open), false)),
        Side::Sell => (high >= limit).then_some((limit.max(bar_open), false)),
    }
}

fn at_close_price(state: &mut State, closings: &[Closing]) -> Result<()> {
    let assets: Vec<usize> = closings.iter().map(|c| c.asset).collect();
    let range = ranges(state, closings);
    let trades = gather(state, &assets, |order, _| {
        let (_, _, close) = range(order.ask.asset);
        if order.is_marketable() {
            return Some((close, true));
        }
        match (order.kind, order.ask.side) {
            (Kind::Limit(limit), Side::Buy) => (close <= limit).then_some((close, false)),
            (Kind::Limit(limit), Side::Sell) => (close >= limit).then_some((close, false)),
            (Kind::Stop(stop), Side::Buy) => (close >= stop).then_some((close, true)),
            (Kind::Stop(stop), Side::Sell) => (close <= stop).then_some((close, true)),
            (Kind::Market, _) => None,
        }
    });
    execute(state, trades, Moment::Close)
}

/// The close that market orders were asked on: only under same_close, after all commands of the slice.
pub fn same_close(state: &mut State) -> Result<()> {
    if state.working_count == 0 || state.rules.fill != FillRule::SameClose {
        return Ok(());
    }
    let now_ns = state.now_ns;
    let mut trades = Vec::new();
    for (asset, working) in state.working.iter().enumerate() {
        let Some(close) = state.positions[asset].last.filter(|_| state.bars[asset].closed_ns == now_ns) else {
            continue;
        };
        let asked_now = working.iter().filter(|&&i| state.orders[i].asked_ns == now_ns);
        let market = asked_now.filter(|&&i| state.orders[i].kind == Kind::Market);
        trades.extend(market.map(|&index| Trade { index, reference: close, slips: true }));
    }
    sort(state, &mut trades);
    execute(state, trades, Moment::Close)
}

/// The live orders of these assets that `price` finds a trade for, in the order of matching.
fn gather(state: &State, assets: &[usize], price: impl Fn(&Order, Price) -> Option<(Price, bool)>) -> Vec<Trade> {
    let mut trades = Vec::new();
    for &asset in assets {
        let bar = &state.bars[asset];
        for &index in &state.working[asset] {
            let order = &state.orders[index];
            if order.asked_ns > bar.open_ns {
                continue;
            }
            if let Some((reference, slips)) = price(order, bar.open) {
                trades.push(Trade { index, reference, slips });
            }
        }
    }
    sort(state, &mut trades);
    trades
}

fn sort(state: &State, trades: &mut [Trade]) {
    trades.sort_by_key(|t| {
        let order = &state.orders[t.index];
        (order.ask.side, order.ask.asset, order.sequence)
    });
}

fn execute(state: &mut State, trades: Vec<Trade>, moment: Moment) -> Result<()> {
    for trade in trades {
        if state.orders[trade.index].status.is_final() {
            continue;
        }
        trigger(state, trade.index)?;
        let side = state.orders[trade.index].ask.side;
        let price = if trade.slips { state.rules.slippage.price(trade.reference, side)? } else { trade.reference };
        if let Some(quantity) = fillable(state, trade.index, price)? {
            book(state, &trade, price, quantity, moment)?;
        }
    }
    Ok(())
}

/// A stop whose price was reached is a market order from now on.
fn trigger(state: &mut State, index: usize) -> Result<()> {
    let order = &mut state.orders[index];
    if matches!(order.kind, Kind::Stop(_)) && !order.triggered {
        order.triggered = true;
        let id = order.id;
        state.record(Event::Triggered { order: id });
        state.change(index, Change::Trigger)?;
    }
    Ok(())
}

/// How much of an order fills now; None when it rests or has ended.
fn fillable(state: &mut State, index: usize, price: Price) -> Result<Option<Quantity>> {
    let asset = state.orders[index].ask.asset;
    let room = volume_left(state, asset)?;
    if room.is_some_and(|room| room < state.orders[index].leaves()) {
        state.capped[asset] += 1;
    }
    match state.orders[index].ask.side {
        Side::Sell => sellable(state, index, room),
        Side::Buy => payable(state, index, room, price),
    }
}

/// What the volume cap leaves of this bar; None where there is no cap.
fn volume_left(state: &State, asset: usize) -> Result<Option<Quantity>> {
    let (bar, instrument) = (&state.bars[asset], &state.instruments[asset]);
    let volume = bar.volume.filter(|_| instrument.has_volume);
    let (Some(volume), Some(part)) = (volume, state.rules.volume_cap) else { return Ok(None) };
    let cap = volume
        .scaled(part.raw(), Price::ONE.raw(), Rounding::SIZE)?
        .on_step(instrument.quantity_step, Rounding::SIZE)?;
    Ok(Some(cap.minus(bar.taken)?))
}

fn capped(quantity: Quantity, room: Option<Quantity>) -> Quantity {
    room.map_or(quantity, |room| quantity.min(room))
}

/// A sell is reduced to the holding before the cap; with nothing held it is canceled.
fn sellable(state: &mut State, index: usize, room: Option<Quantity>) -> Result<Option<Quantity>> {
    let order = &state.orders[index];
    let holding = state.positions[order.ask.asset].quantity;
    if holding.is_zero() {
        state.cancel(index, Reason::NothingHeld)?;
        return Ok(None);
    }
    if holding < order.leaves() {
        let quantity = order.filled.plus(holding)?;
        state.reduce(index, quantity, Reason::Holding);
    }
    Ok(positive(capped(state.orders[index].leaves(), room)))
}

/// None instead of nothing: the order rests.
fn positive(quantity: Quantity) -> Option<Quantity> {
    (!quantity.is_zero()).then_some(quantity)
}

/// A buy is paid in cash: explicit quantities in full or not at all, targets as far as cash goes.
fn payable(state: &mut State, index: usize, room: Option<Quantity>, price: Price) -> Result<Option<Quantity>> {
    let order = &state.orders[index];
    if room.is_some_and(Quantity::is_zero) {
        return Ok(None);
    }
    if order.ask.origin == Origin::AllIn {
        let quantity = risk::affordable(state, order, price)?;
        return if quantity.is_zero() {
            unaffordable(state, index, price)
        } else {
            grown(state, index, quantity, room)
        };
    }
    let wanted = capped(order.leaves(), room);
    let (actual, allowed) = (risk::cost(state, order, wanted, price)?, risk::available(state, order)?);
    if actual <= allowed {
        return Ok(Some(wanted));
    }
    if order.ask.origin == Origin::Target {
        let quantity = risk::affordable(state, order, price)?;
        if quantity.is_zero() {
            return unaffordable(state, index, price);
        }
        state.reduce(index, order.filled.plus(quantity)?, Reason::Cash { allowed, actual });
        return Ok(Some(quantity));
    }
    end_unpaid(state, index, Reason::Cash { allowed, actual })?;
    Ok(None)
}

/// An all-in order takes the size of all that cash buys now, and fills of it what the cap leaves.
fn grown(state: &mut State, index: usize, quantity: Quantity, room: Option<Quantity>) -> Result<Option<Quantity>> {
    let order = &mut state.orders[index];
    order.quantity = order.filled.plus(quantity)?;
    Ok(Some(capped(quantity, room)))
}

/// Ends an order of which cash cannot pay a single step; one that has filled a part is complete as it is.
fn unaffordable(state: &mut State, index: usize, price: Price) -> Result<Option<Quantity>> {
    let order = &state.orders[index];
    let step = state.instruments[order.ask.asset].quantity_step;
    let (actual, allowed) = (risk::cost(state, order, step, price)?, risk::available(state, order)?);
    if order.filled.is_zero() {
        state.deny(index, Reason::Cash { allowed, actual })?;
    } else {
        let filled = order.filled;
        state.reduce(index, filled, Reason::Cash { allowed, actual });
        state.change(index, Change::FillRest)?;
    }
    Ok(None)
}

/// Denied if nothing has filled; else the rest is canceled.
fn end_unpaid(state: &mut State, index: usize, reason: Reason) -> Result<()> {
    if state.orders[index].filled.is_zero() { state.deny(index, reason) } else { state.cancel(index, reason) }
}

/// Books a fill: order, lots, ledger, volume and reservation in one step.
fn book(state: &mut State, trade: &Trade, price: Price, quantity: Quantity, moment: Moment) -> Result<()> {
    let value = price.times(quantity)?;
    let order = &state.orders[trade.index];
    let fee = state.rules.fee.charge(order, quantity, value)?;
    let distance =
        if order.ask.side == Side::Buy { price.minus(trade.reference)? } else { trade.reference.minus(price)? };
    let (asset, side, slippage) = (order.ask.asset, order.ask.side, distance.times(quantity)?);
    let fill = Fill {
        order: order.id,
        asset,
        side,
        quantity,
        price,
        reference: trade.reference,
        value,
        fee,
        slippage,
        moment,
    };
    let sequence = state.record(Event::Filled(fill));
    post(state, sequence, &fill)?;
    let order = &mut state.orders[trade.index];
    order.filled = order.filled.plus(quantity)?;
    order.value = order.value.plus(value)?;
    order.fee_charged = order.fee_charged.plus(fee)?;
    state.bars[asset].taken = state.bars[asset].taken.plus(quantity)?;
    state.mark(asset)?;
    settle(state, trade.index, price, value.plus(fee)?)
}

/// The legs of a fill, and what it does to the holding.
fn post(state: &mut State, sequence: u64, fill: &Fill) -> Result<()> {
    let position = &mut state.positions[fill.asset];
    let (quantity, cost) = match fill.side {
        Side::Buy => (fill.quantity, fill.value),
        Side::Sell => {
            let share = position.cost.scaled(fill.quantity.raw(), position.quantity.raw(), Rounding::COST_SHARE)?;
            (fill.quantity.negative(), share.negative())
        }
    };
    let cash = if fill.side == Side::Buy { fill.value.negative() } else { fill.value };
    let realised = cash.plus(cost)?.negative();
    let legs = [
        (Account::Position, cost),
        (Account::Cash, cash.minus(fill.fee)?),
        (Account::Realised, realised),
        (Account::Fees, fill.fee),
    ];
    state.ledger.post(sequence, Some(fill.asset), &legs)?;
    position.quantity = position.quantity.plus(quantity)?;
    position.cost = position.cost.plus(cost)?;
    Ok(())
}

/// What comes after a fill that cost `spent`: the order is done, or works on with a smaller reservation. A stop that
/// filled beyond its price pays for that out of its own reservation, not out of what others have reserved.
fn settle(state: &mut State, index: usize, price: Price, spent: Money) -> Result<()> {
    let order = &state.orders[index];
    let is_done = match order.ask.origin {
        Origin::AllIn => risk::affordable(state, order, price)?.is_zero(),
        _ => order.leaves().is_zero(),
    };
    if is_done {
        return state.change(index, Change::FillRest);
    }
    let rest = order.reserved.minus(spent)?.max(Money::ZERO);
    state.change(index, Change::FillPart)?;
    let amount = risk::reservation(state, &state.orders[index])?.min(rest);
    state.reserve(index, amount)
}
