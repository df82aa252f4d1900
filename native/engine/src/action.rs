//! Corporate actions that leave an asset what it is: splits and cash dividends, before the first Open on or after the
//! ex-date. How an asset ends is told in [`crate::ends`].

use workbench_market::Result;
use workbench_market::instrument::Instrument;
use workbench_market::number::{Money, Price, Quantity, Rounding, mul_div};

use crate::books::posting;
use crate::event::{self, Event};
use crate::ledger::Account;
use crate::life::Reason;
use crate::lots::{LotRule, Lots};
use crate::matching;
use crate::order::Origin;
use crate::risk;
use crate::state::State;

/// A split of `numerator` new units for `denominator` old ones; the fraction is paid at this Open's price. An asset that
/// ends without another Open pays it at the last close, in new units.
pub fn split(state: &mut State, asset: usize, numerator: i64, denominator: i64, open: Option<Price>) -> Result<()> {
    rescale_last(state, asset, numerator, denominator)?;
    let open = open.or(state.positions[asset].last).unwrap_or(Price::ZERO);
    if !state.positions[asset].quantity.is_zero() {
        split_holding(state, asset, numerator, denominator, open)?;
    } else if state.books.is_some() {
        posting::split(state, asset, (numerator, denominator), open, (Quantity::ZERO, Money::ZERO))?;
    }
    state.mark(asset)?;
    let step = state.instruments[asset].quantity_step;
    for index in state.working[asset].clone() {
        split_order(state, index, (numerator, denominator), step, Reason::Split)?;
    }
    matching::end_reducers(state, asset)
}

fn rescale_last(state: &mut State, asset: usize, numerator: i64, denominator: i64) -> Result<()> {
    if let Some(last) = state.positions[asset].last {
        let scaled = last.scaled(i128::from(denominator), i128::from(numerator), Rounding::MARK)?;
        state.positions[asset].last = Some(scaled);
    }
    Ok(())
}

/// What a holding becomes by a ratio: whole steps, and cash for the fraction with the cost that leaves with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Converted {
    pub after: Quantity,
    pub cash: Money,
    pub cost: Money,
}

/// Turns a quantity and its cost, with its lots, into units by a ratio; the fraction of a step is paid at `price`.
pub fn convert(
    lots: &mut Lots,
    rule: LotRule,
    (before, total): (Quantity, Money),
    (numerator, denominator): (i64, i64),
    instrument: &Instrument,
    price: Price,
) -> Result<Converted> {
    let after = whole_steps(before, numerator, denominator, instrument.quantity_step)?;
    // The fraction in units of 1 / denominator, so that thirds stay exact until they are paid.
    let wide = before.scaled(i128::from(numerator), 1, Rounding::SIZE)?;
    let fraction = wide.minus(after.scaled(i128::from(denominator), 1, Rounding::SIZE)?)?.raw();
    let paid = instrument.units(Quantity::from_raw(fraction))?.raw();
    let cash = Money::new(mul_div(paid, price.raw(), i128::from(denominator), Rounding::CASH_IN_LIEU)?)?;
    let cost = match rule {
        LotRule::Average => total.scaled(fraction, wide.raw(), Rounding::COST_SHARE)?,
        rule => lots.split(numerator, denominator, after, rule)?,
    };
    Ok(Converted { after, cash, cost })
}

/// Whole steps stay; the fraction leaves with its share of cost and is paid in cash.
fn split_holding(state: &mut State, asset: usize, numerator: i64, denominator: i64, open: Price) -> Result<()> {
    let (before, total) = (state.positions[asset].quantity, state.positions[asset].cost);
    let (rule, instrument) = (state.rules.lots, &state.instruments[asset]);
    let (lots, ratio) = (&mut state.lots[asset], (numerator, denominator));
    let Converted { after, cash, cost } = convert(lots, rule, (before, total), ratio, instrument, open)?;
    let record = event::Split { asset, numerator, denominator, before, after, cash, cost };
    state.provide(Some(asset), state.currency(asset), cash.negative())?;
    let sequence = state.record(Event::Split(record));
    let legs = [(Account::Cash, cash), (Account::Position, cost.negative()), (Account::Realised, cost.minus(cash)?)];
    state.post(sequence, asset, &legs)?;
    state.positions[asset].quantity = after;
    state.positions[asset].cost = total.minus(cost)?;
    if state.books.is_some() {
        posting::split(state, asset, ratio, open, (after, cash))?;
    }
    Ok(())
}

/// A quantity after a split, in whole steps.
pub(crate) fn whole_steps(quantity: Quantity, numerator: i64, denominator: i64, step: Quantity) -> Result<Quantity> {
    quantity.scaled(i128::from(numerator), i128::from(denominator), Rounding::SIZE)?.on_step(step, Rounding::SIZE)
}

/// Leaves x ratio toward zero, prices / ratio to the safe side; what becomes zero is canceled.
pub fn split_order(
    state: &mut State,
    index: usize,
    (numerator, denominator): (i64, i64),
    step: Quantity,
    reason: Reason,
) -> Result<()> {
    let order = &state.orders[index];
    if order.ask.origin == Origin::AllIn {
        return Ok(()); // It is sized at each fill and has nothing to scale.
    }
    let (side, instrument) = (order.ask.side, &state.instruments[order.ask.asset]);
    let leaves = whole_steps(order.leaves(), numerator, denominator, step)?;
    let kind = order.ask.kind.split(side, instrument.price_step, numerator, denominator)?;
    let exits = order
        .ask
        .terms
        .exits
        .as_ref()
        .map(|exits| exits.split(side.opposite(), instrument.price_step, numerator, denominator).map(Box::new));
    let exits = exits.transpose()?;
    if leaves.is_zero() || kind.is_worthless() {
        return state.cancel(index, reason);
    }
    let quantity = order.filled.plus(leaves)?;
    let order = &mut state.orders[index];
    (order.quantity, order.ask.kind) = (quantity, kind);
    order.ask.terms.exits = exits;
    if let Some(even) = &mut order.guard.even {
        even.split(numerator, denominator)?;
    }
    let id = order.id;
    state.record(Event::Adjusted { order: id, quantity });
    let order = &state.orders[index];
    let amount = risk::reservation(state, order)?.min(order.reserved);
    state.reserve(index, amount)
}

/// A dividend per unit held now: due at once where no pay date is known, else a receivable until then. Who is short pays
/// it.
pub fn dividend(state: &mut State, asset: usize, amount: Price, pay_ns: Option<i64>) -> Result<()> {
    let quantity = state.positions[asset].quantity;
    let total = amount.times(quantity)?;
    if state.books.is_some() {
        posting::dividend(state, asset, amount, total, pay_ns.filter(|&pay_ns| pay_ns > state.now_ns))?;
    }
    if quantity.is_zero() {
        return Ok(());
    }
    let is_paid_now = pay_ns.is_none_or(|pay_ns| pay_ns <= state.now_ns);
    state.provide(Some(asset), state.currency(asset), if is_paid_now { total.negative() } else { Money::ZERO })?;
    let sequence = state.record(Event::Dividend { asset, quantity, amount: total });
    let due = pay_ns.filter(|&pay_ns| pay_ns > state.now_ns);
    let account = if due.is_some() { Account::later(total) } else { Account::Cash };
    state.post(sequence, asset, &[(account, total), (Account::Dividends, total.negative())])?;
    if let Some(pay_ns) = due {
        state.receivables.insert((pay_ns, sequence), (asset, total));
    }
    Ok(())
}

/// Pays whatever is due before `until_ns`, or at it when an Open is next, each at its own time.
pub fn payments(state: &mut State, until_ns: i64, is_open: bool) -> Result<()> {
    if state.books.is_some() {
        posting::payments(state, until_ns, is_open)?;
    }
    while let Some((&(pay_ns, number), &(asset, amount))) = state.receivables.first_key_value() {
        if pay_ns > until_ns || (pay_ns == until_ns && !is_open) {
            break;
        }
        state.receivables.remove(&(pay_ns, number));
        state.come_to(pay_ns);
        state.provide(Some(asset), state.currency(asset), amount.negative())?;
        let sequence = state.record(Event::Payment { asset, amount });
        state.post(sequence, asset, &[(Account::Cash, amount), (Account::later(amount), amount.negative())])?;
    }
    Ok(())
}
