//! A margin account: what may be sold short or bought on credit, what that costs, and what happens when too little is
//! left of one's own.
//!
//! Everything is measured on marked values: a part of them must be one's own when an order is asked for, a smaller part
//! at every close. Below that, market orders let go of the largest loss first.

use workbench_market::Result;
use workbench_market::instrument::Instrument;
use workbench_market::number::{Money, Price, Quantity, Rounding};

use crate::action;
use crate::agenda::{self, Upto};
use crate::books::posting;
use crate::command::{self, Weight};
use crate::cost::Deal;
use crate::event::Event;
use crate::ledger::Account;
use crate::life::Reason;
use crate::order::{Ask, Order, Origin, Side};
use crate::risk::{self, countable};
use crate::state::State;
use crate::terms::{Kind, Terms};
use crate::worst;

/// The terms of an account: parts of market value, and rates per year in parts in ten thousand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Margin {
    pub initial: Weight,
    pub maintenance: Weight,
    pub maintenance_short: Weight,
    pub borrow_bps: Price,
    pub interest_bps: Price,
    pub credit_bps: Price,
}

const DAY_NS: i64 = 86_400_000_000_000;
/// Basis points at Price's scale x the days of a year as lenders count it.
const PER_YEAR: i128 = 10_000 * Price::ONE.raw() * 360;

impl Margin {
    /// The part of an asset that must be one's own when it is opened: its own, else the account's.
    fn initial_of(&self, instrument: &Instrument) -> Weight {
        instrument.margins.map_or(self.initial, |own| own.initial)
    }

    /// The part that must stay one's own of a holding at every close.
    pub(crate) fn kept_of(&self, instrument: &Instrument, held: Quantity) -> Weight {
        let usual = if held.raw() < 0 { self.maintenance_short } else { self.maintenance };
        instrument.margins.map_or(usual, |own| own.maintenance)
    }

    /// The same as money of the account, if the holding were worth this.
    fn kept(&self, state: &State, asset: usize, worth: Money) -> Result<Money> {
        let part = self.kept_of(&state.instruments[asset], state.positions[asset].quantity);
        state.part_of(asset, worth.abs(), part)
    }
}

/// What an asset requires of one's own if what works and `asked` are filled at worst.
fn required(state: &State, margin: &Margin, asset: usize, asked: Option<&Order>) -> Result<Money> {
    let value = countable(worst::value(state, asset, asked))?;
    if value.is_zero() {
        return Ok(value);
    }
    let part = margin.initial_of(&state.instruments[asset]);
    countable(state.part_of(asset, value, part))
}

/// Why an order is not within the account's means; what does not raise the requirement always is.
pub fn refusal(state: &State, margin: &Margin, order: &Order) -> Result<Option<Reason>> {
    let asset = order.ask.asset;
    if order.ask.terms.reduce_only || worst::size(state, asset, Some(order))? <= worst::size(state, asset, None)? {
        return Ok((order.ask.origin == Origin::AllIn).then(|| unsized_order(state, order)).transpose()?.flatten());
    }
    if state.positions[asset].last.is_none() {
        return Ok(Some(Reason::Unpriced));
    }
    let mut actual = Money::ZERO;
    for other in 0..state.positions.len() {
        let asked = (other == asset).then_some(order);
        actual = countable(actual.plus(required(state, margin, other, asked)?))?;
    }
    let allowed = state.equity()?.minus(estimated_fees(state, order)?)?;
    Ok((actual > allowed).then_some(Reason::Margin { allowed, actual }))
}

/// An order for all that cash pays, where that is nothing or not known.
fn unsized_order(state: &State, order: &Order) -> Result<Option<Reason>> {
    let asset = order.ask.asset;
    let Some(last) = state.positions[asset].last else { return Ok(Some(Reason::Unpriced)) };
    let allowed = risk::cash_soon(state, order)?;
    let actual = state.instruments[asset].notional(state.instruments[asset].quantity_step, last)?;
    Ok((order.quantity.is_zero() && allowed.raw() <= 0).then_some(Reason::Cash { allowed, actual }))
}

/// What an order will cost beside its price, at its limit, else its stop, else the last close.
fn estimated_fees(state: &State, order: &Order) -> Result<Money> {
    let (asset, quantity) = (order.ask.asset, order.leaves());
    let Some(price) = order.ask.kind.price().or(state.positions[asset].last) else { return Ok(Money::ZERO) };
    let value = countable(state.instruments[asset].notional(quantity, price))?;
    let deal = Deal { state, order, quantity, price, value, volume: None, is_maker: None };
    let charge = state.rules.fees.charge(&deal)?;
    state.translated(asset, charge.amount.plus(state.lacking(asset, &charge.elsewhere)?)?)
}

/// The first day of the account: days of credit are counted from the one on which the first of its bars opened.
pub fn begin(state: &mut State) {
    let now_ns = state.now_ns;
    let bars = state.bars.iter().filter(|bar| bar.is_open || bar.closed_ns == now_ns);
    state.accrued_day = bars.map(|bar| bar.open_ns.div_euclid(DAY_NS)).min();
    let margin = state.rules.margin.iter();
    let usual = margin.map(|margin| margin.maintenance.max(margin.maintenance_short));
    let own = state.instruments.iter().filter_map(|instrument| instrument.margins).map(|own| own.maintenance);
    state.calm = usual.chain(own).max().map_or(0, |part| Weight::ONE.raw() / part.raw().max(1));
}

/// Whether equity is so much that no sum of maintenance can be above it: seen without a division, at most closes.
fn is_calm(state: &State, equity: Money) -> bool {
    if state.currencies.is_some() {
        return false;
    }
    let mut worth = (0..state.positions.len()).map(|asset| state.worth(asset).abs().raw());
    // Each part is rounded up by less than one.
    let least = worth.try_fold(state.positions.len() as i128 * state.calm, i128::checked_add);
    least.zip(equity.raw().checked_mul(state.calm)).is_some_and(|(least, most)| least <= most)
}

/// Pays for credit before a moment: what has run up at the midnight of the last one, and at the last midnight since.
/// At a midnight that comes after closes, corporate actions and payments, and before an Open.
pub fn accrue(state: &mut State, margin: &Margin, from_ns: i64, until_ns: i64, is_open: bool) -> Result<()> {
    // Most moments lie on the day that is paid for, and none of the divisions below is needed to see that.
    if state.accrued_day.is_none_or(|day| until_ns < (day + 1).saturating_mul(DAY_NS)) {
        return Ok(());
    }
    let is_past = from_ns < until_ns || is_open;
    if from_ns.rem_euclid(DAY_NS) == 0 && is_past {
        accrue_at(state, margin, from_ns)?;
    }
    let midnight_ns = until_ns - until_ns.rem_euclid(DAY_NS);
    if midnight_ns < until_ns || is_open { accrue_at(state, margin, midnight_ns) } else { Ok(()) }
}

/// Interest on cash first, then what is paid for each asset that is borrowed.
fn accrue_at(state: &mut State, margin: &Margin, midnight_ns: i64) -> Result<()> {
    let day = midnight_ns.div_euclid(DAY_NS);
    let Some(days) = state.accrued_day.map(|since| day - since).filter(|&days| days > 0) else { return Ok(()) };
    agenda::work(state, midnight_ns, Upto::Funding)?;
    action::payments(state, midnight_ns, true)?;
    command::arrivals(state, midnight_ns, true)?;
    state.accrued_day = Some(day);
    state.come_to(midnight_ns);
    for currency in 0..state.currencies.as_ref().map_or(1, |all| all.names.len()) {
        let cash = state.ledger.balance_in(Account::Cash, currency);
        let rate = if cash.raw() < 0 { margin.interest_bps } else { margin.credit_bps };
        pay(state, None, currency, run_up(cash, rate, days)?)?;
    }
    for asset in 0..state.positions.len() {
        let is_borrowed = state.positions[asset].quantity.raw() < 0 && !state.instruments[asset].kind.is_unpaid();
        // What a pair of two currencies is short of is a balance, on which there is interest.
        if is_borrowed && state.exchanged(asset).is_none() {
            let (currency, value) = (state.currency(asset), state.positions[asset].value);
            pay(state, Some(asset), currency, run_up(value, margin.borrow_bps, days)?)?;
        }
    }
    Ok(())
}

/// What runs up on an amount in so many days, with the sign of the amount.
fn run_up(amount: Money, rate_bps: Price, days: i64) -> Result<Money> {
    amount.scaled(rate_bps.raw() * i128::from(days), PER_YEAR, Rounding::ACCRUAL)
}

fn pay(state: &mut State, asset: Option<usize>, currency: usize, amount: Money) -> Result<()> {
    if amount.is_zero() {
        return Ok(());
    }
    let (event, account) = match asset {
        Some(asset) => (Event::Borrow { asset, amount }, Account::Borrow),
        None => (Event::Interest { currency, amount }, Account::Interest),
    };
    state.provide(asset, currency, amount.negative())?;
    let sequence = state.record(event);
    state.ledger.post_in(sequence, asset, currency, &[(Account::Cash, amount), (account, amount.negative())])?;
    if state.books.is_some() { posting::lending(state, asset, amount, amount.raw() < 0) } else { Ok(()) }
}

/// Looks at the account when a slice has been marked: calls for margin, or ends a run that has nothing left.
pub fn watch(state: &mut State, margin: &Margin) -> Result<()> {
    if state.accrued_day.is_none() {
        return Ok(()); // Nothing has been paid in yet.
    }
    let equity = state.equity()?;
    if state.positions.iter().all(|position| position.quantity.is_zero()) {
        state.is_bankrupt = equity.raw() <= 0;
        if state.is_bankrupt {
            state.record(Event::Bankrupt { equity });
        }
        return Ok(());
    }
    if is_calm(state, equity) {
        return Ok(());
    }
    let maintenance = kept_of_all(state, margin)?;
    if equity >= maintenance {
        return Ok(());
    }
    state.record(Event::MarginCall { equity, maintenance });
    for index in state.working.concat() {
        state.cancel(index, Reason::MarginCall)?;
    }
    liquidate(state, margin, equity, maintenance)
}

pub(crate) fn kept_of_all(state: &State, margin: &Margin) -> Result<Money> {
    (0..state.positions.len()).try_fold(Money::ZERO, |sum, asset| sum.plus(kept_of_one(state, margin, asset)?))
}

pub(crate) fn kept_of_one(state: &State, margin: &Margin, asset: usize) -> Result<Money> {
    if state.positions[asset].quantity.is_zero() {
        return Ok(Money::ZERO);
    }
    margin.kept(state, asset, state.worth(asset))
}

/// Orders that reduce the largest loss, then the next, until what must be kept is there.
fn liquidate(state: &mut State, margin: &Margin, equity: Money, maintenance: Money) -> Result<()> {
    let mut held = Vec::new();
    for (asset, position) in state.positions.iter().enumerate().filter(|(_, held)| !held.quantity.is_zero()) {
        held.push((state.translated(asset, state.worth(asset).minus(position.cost)?)?, asset));
    }
    held.sort_unstable();
    let mut missing = maintenance.minus(equity)?;
    for (_, asset) in held {
        if missing.raw() <= 0 {
            break;
        }
        let (quantity, freed) = enough(state, margin, asset, missing)?;
        missing = missing.minus(freed)?;
        let side = Side::closing(state.positions[asset].quantity);
        let terms = Terms { reduce_only: true, ..Terms::default() };
        let ask = Ask { asset, side, kind: Kind::Market, quantity, origin: Origin::Liquidation, terms };
        risk::liquidate(state, ask)?;
    }
    Ok(())
}

/// The fewest steps of a holding, at most all of it, without which so much less must be kept; and how much that is.
fn enough(state: &State, margin: &Margin, asset: usize, missing: Money) -> Result<(Quantity, Money)> {
    let (position, instrument) = (&state.positions[asset], &state.instruments[asset]);
    let (step, mark) = (instrument.quantity_step, state.mark_price(asset));
    let held = position.quantity.abs();
    let kept = kept_of_one(state, margin, asset)?;
    let freed = |count: i128| {
        let gone = Quantity::from_raw((count * step.raw()).min(held.raw()));
        let rest = instrument.value(held.minus(gone)?, mark)?;
        Ok::<_, workbench_market::Error>((gone, kept.minus(margin.kept(state, asset, rest)?)?))
    };
    let (mut low, mut high) = (1, (held.raw() + step.raw() - 1) / step.raw());
    while low < high {
        let middle = low + (high - low) / 2;
        if freed(middle)?.1 >= missing {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    freed(low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{Position, Rules};
    use std::sync::Arc;
    use workbench_market::instrument::Instrument;

    fn money(text: &str) -> Money {
        Money::parse(text).unwrap()
    }

    fn margin() -> Margin {
        let (part, rate) = (|text| Weight::parse(text).unwrap(), |text| Price::parse(text).unwrap());
        Margin {
            initial: part("0.5"),
            maintenance: part("0.25"),
            maintenance_short: part("0.3"),
            borrow_bps: rate("100"),
            interest_bps: rate("650"),
            credit_bps: rate("0"),
        }
    }

    /// An account that holds so much of each asset at these marks, in steps of 10.
    fn state(held: &[(&str, &str, &str)]) -> State {
        let step = Quantity::parse("10").unwrap();
        let instrument = |name: usize| Instrument { quantity_step: step, ..Instrument::new(name.to_string(), 2, 0) };
        let rules = Rules { margin: Some(margin()), ..Rules::default() };
        let mut state = State::new((0..held.len()).map(instrument).collect::<Arc<[_]>>(), rules);
        for (asset, (quantity, cost, last)) in held.iter().enumerate() {
            let (quantity, last) = (Quantity::parse(quantity).unwrap(), Some(Price::parse(last).unwrap()));
            state.positions[asset] = Position { quantity, cost: money(cost), last, ..Position::default() };
            state.mark(asset).unwrap();
        }
        state
    }

    #[test]
    fn what_runs_up_is_rounded_once() {
        // 1,000 x 1% x 3 / 360 = 0.08333...; half of a last digit goes to the even one.
        let table = [
            ("1000", "100", 3, "0.08333333333333333333"),
            ("-0.00000000000000000003", "10000", 180, "-0.00000000000000000002"),
            ("-0.00000000000000000005", "10000", 180, "-0.00000000000000000002"),
        ];
        for (amount, rate, days, expected) in table {
            let found = run_up(money(amount), Price::parse(rate).unwrap(), days).unwrap();
            assert_eq!(found, money(expected), "{amount} {rate} {days}");
        }
    }

    #[test]
    fn a_day_passes_at_a_midnight_that_is_behind() {
        let table = [
            // from, until, whether an Open is next, and the day that is reached
            (12, 20, false, 0),
            (12, 24, false, 0),
            (12, 24, true, 1),
            (24, 24, false, 0),
            (24, 24, true, 1),
            (24, 30, false, 1),
            (12, 80, false, 3),
            (24, 96, false, 1),
            (24, 96, true, 4),
        ];
        for (from, until, is_open, day) in table {
            let mut state = state(&[]);
            state.accrued_day = Some(0);
            let hour = DAY_NS / 24;
            accrue(&mut state, &margin(), from * hour, until * hour, is_open).unwrap();
            assert_eq!(state.accrued_day, Some(day), "{from} {until} {is_open}");
        }
    }

    #[test]
    fn a_call_takes_the_fewest_steps() {
        // 105 at 8 keep 210, of which ten less keep 20 less; the last five go with all of it.
        let table = [
            ("1", "10", "20"),
            ("20", "10", "20"),
            ("20.01", "20", "40"),
            ("209", "105", "210"),
            ("999", "105", "210"),
        ];
        for (missing, quantity, freed) in table {
            let found = enough(&state(&[("105", "1050", "8")]), &margin(), 0, money(missing)).unwrap();
            assert_eq!(found, (Quantity::parse(quantity).unwrap(), money(freed)), "{missing}");
        }
    }

    #[test]
    fn the_largest_loss_goes_first() {
        // Losses of 50, 200 and 200 as well as a gain; a short of 100 at 12 keeps 360.
        let held = [("100", "1050", "10"), ("-100", "-1000", "12"), ("-100", "-1000", "12"), ("100", "500", "10")];
        let mut state = state(&held);
        let maintenance = kept_of_all(&state, &margin()).unwrap();
        assert_eq!(maintenance, money("1220"));
        liquidate(&mut state, &margin(), money("800"), maintenance).unwrap();
        let asked = state.orders.iter().map(|order| (order.ask.asset, order.ask.side, order.quantity.to_string()));
        assert_eq!(asked.collect::<Vec<_>>(), [(1, Side::Buy, "100".into()), (2, Side::Buy, "20".into())]);
    }

    #[test]
    fn the_worst_case_counts_one_of_a_linked_group() {
        let mut state = state(&[("10", "100", "10")]);
        let order = |side, quantity: &str, oco| {
            let terms = Terms { oco, ..Terms::default() };
            let quantity = Quantity::parse(quantity).unwrap();
            Order::new(1, 1, Ask { terms, ..Ask::market(0, side, quantity, Origin::Explicit) }, 0)
        };
        for (side, quantity, oco) in [
            (Side::Sell, "30", Some(1)),
            (Side::Sell, "50", Some(1)),
            (Side::Buy, "20", Some(1)),
            (Side::Sell, "7", None),
        ] {
            state.orders.push(order(side, quantity, oco));
            state.working[0].push(state.orders.len() - 1);
        }
        // 10 + 20 long, or 10 - 50 - 7 short; a buy of 17 as well leads to no more than 47.
        for (asked, worst) in
            [(None, "47"), (Some(("17", None)), "47"), (Some(("18", None)), "48"), (Some(("37", Some(1))), "47")]
        {
            let asked = asked.map(|(quantity, oco)| order(Side::Buy, quantity, oco));
            let size = worst::size(&state, 0, asked.as_ref()).unwrap();
            assert_eq!(size, Quantity::parse(worst).unwrap());
        }
    }
}
