//! The fold: `step(&mut State, Input) -> Effects`, pure - no I/O, no Python, no clock.
//!
//! Time moves only by inputs. Events are appended to the state's records; effects are what the driver must do.

use workbench_market::Result;
use workbench_market::number::{Money, Price};

use crate::action;
use crate::agenda::{self, Upto};
use crate::command::{self, Command};
use crate::ends::{self, End};
use crate::event::Event;
use crate::ledger::Account;
use crate::life::Change;
use crate::margin;
use crate::matching;
use crate::risk::{self, Approved};
use crate::state::State;

/// An asset's bar opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    pub asset: usize,
    /// Prices and volume in ticks of the instrument.
    pub open: i64,
    pub volume: Option<i64>,
}

/// An asset's bar closes, and is known from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closing {
    pub asset: usize,
    pub high: i64,
    pub low: i64,
    pub close: i64,
}

/// Everything that can happen to a run, in the order of the driver.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    Deposit {
        time_ns: i64,
        currency: usize,
        amount: Money,
    },
    /// All bars that close at one time, by asset index, and the latest session any of them belongs to.
    Close {
        time_ns: i64,
        session: i32,
        closings: &'a [Closing],
    },
    /// The highest order id that the strategy was given in this slice, before its commands are carried out.
    Claim {
        last_id: u64,
    },
    Command {
        number: u64,
        command: &'a Command,
    },
    /// The venue accepts an order.
    Accepted(Approved),
    /// All commands of the slice are in.
    Decided,
    Split {
        time_ns: i64,
        asset: usize,
        numerator: i64,
        denominator: i64,
        open: Option<i64>,
    },
    /// An asset ends; `open` is that of the asset whose units take its place, in ticks.
    AssetEnd {
        time_ns: i64,
        asset: usize,
        end: End,
        open: Option<i64>,
    },
    Dividend {
        time_ns: i64,
        asset: usize,
        amount: Price,
        pay_ns: Option<i64>,
    },
    /// All bars that open at one time, by asset index.
    Open {
        time_ns: i64,
        openings: &'a [Opening],
    },
    End,
}

/// What the driver has to carry out: orders for the venue.
pub type Effects = Vec<Approved>;

/// Feeds one input to the state.
pub fn step(state: &mut State, input: Input<'_>) -> Result<Effects> {
    match input {
        Input::Deposit { time_ns, currency, amount } => deposit(state, time_ns, currency, amount)?,
        Input::Close { time_ns, session, closings } => close(state, time_ns, session, closings)?,
        Input::Claim { last_id } => state.last_order_id = state.last_order_id.max(last_id),
        Input::Command { number, command } => {
            state.cause = number;
            let approved = command::apply(state, command)?;
            state.cause = 0;
            return Ok(approved);
        }
        Input::Accepted(approved) => risk::accept(state, approved)?,
        Input::Decided => decided(state)?,
        Input::Split { time_ns, asset, numerator, denominator, open } => {
            advance(state, time_ns, false)?;
            let open = open.map(|open| state.instruments[asset].price(open));
            action::split(state, asset, numerator, denominator, open)?;
        }
        Input::AssetEnd { time_ns, asset, end, open } => {
            advance(state, time_ns, false)?;
            let open = end.into.zip(open).map(|(into, open)| state.instruments[into.asset].price(open));
            ends::end(state, asset, &end, open)?;
        }
        Input::Dividend { time_ns, asset, amount, pay_ns } => {
            advance(state, time_ns, false)?;
            action::dividend(state, asset, amount, pay_ns)?;
        }
        Input::Open { time_ns, openings } => open(state, time_ns, openings)?,
        Input::End => end(state)?,
    }
    Ok(Effects::new())
}

/// Moves time, paying on the way what has become due and canceling what is to be canceled; what is due at this very time
/// comes after splits and dividends, before the Open.
fn advance(state: &mut State, time_ns: i64, is_open: bool) -> Result<()> {
    if let Some(margin) = state.rules.margin {
        margin::accrue(state, &margin, state.now_ns, time_ns, is_open)?;
    }
    if state.agenda.is_some() {
        agenda::work(state, time_ns, if is_open { Upto::All } else { Upto::Before })?;
    }
    if !state.receivables.is_empty() || state.books.is_some() {
        action::payments(state, time_ns, is_open)?;
    }
    if !state.cancels.is_empty() {
        command::arrivals(state, time_ns, is_open)?;
    }
    state.come_to(time_ns);
    Ok(())
}

fn deposit(state: &mut State, time_ns: i64, currency: usize, amount: Money) -> Result<()> {
    state.now_ns = time_ns;
    state.guard.fund(state.currencies.as_ref().map_or(Ok(amount), |all| all.translate(amount, currency))?)?;
    if state.rules.margin.is_some() {
        margin::begin(state);
    }
    if let Some(books) = &mut state.books {
        books.fund(amount)?;
    }
    let sequence = state.record(Event::Deposit { currency, amount });
    state.ledger.post_in(sequence, None, currency, &[(Account::Cash, amount), (Account::Deposits, amount.negative())])
}

fn open(state: &mut State, time_ns: i64, openings: &[Opening]) -> Result<()> {
    advance(state, time_ns, true)?;
    for opening in openings {
        let instrument = &state.instruments[opening.asset];
        let bar = &mut state.bars[opening.asset];
        bar.open_ns = time_ns;
        bar.open = instrument.price(opening.open);
        bar.is_open = true;
        bar.volume = opening.volume.map(|ticks| instrument.quantity(ticks));
        bar.taken = workbench_market::number::Quantity::ZERO;
    }
    if state.working_count == 0 {
        return Ok(());
    }
    let assets: Vec<usize> = openings.iter().map(|o| o.asset).collect();
    matching::open(state, &assets)
}

/// Fills what trades at the close it was asked on; the slice ends.
fn decided(state: &mut State) -> Result<()> {
    matching::same_close(state)?;
    if state.rules.limits.is_some() {
        state.guard.end(state.equity()?);
    }
    Ok(())
}

fn close(state: &mut State, time_ns: i64, session: i32, closings: &[Closing]) -> Result<()> {
    advance(state, time_ns, false)?;
    if state.currencies.is_some() {
        tell_rates(state, time_ns, closings);
    }
    matching::close(state, closings)?;
    for closing in closings {
        state.positions[closing.asset].last = Some(state.instruments[closing.asset].price(closing.close));
        state.bars[closing.asset].is_open = false;
        state.bars[closing.asset].closed_ns = time_ns;
        state.mark(closing.asset)?;
    }
    if let Some(margin) = state.rules.margin {
        margin::watch(state, &margin)?;
    }
    if state.rules.limits.is_some() { risk::watch(state, session) } else { Ok(()) }
}

/// What closes now is a rate from now on.
fn tell_rates(state: &mut State, time_ns: i64, closings: &[Closing]) {
    let Some(all) = &mut state.currencies else { return };
    for closing in closings {
        all.rates.close(closing.asset, time_ns, state.instruments[closing.asset].price(closing.close));
    }
}

/// Nothing is closed at the end: working orders end as they are.
fn end(state: &mut State) -> Result<()> {
    let mut working: Vec<usize> = state.working.iter().flatten().copied().collect();
    working.sort_unstable();
    for index in working {
        state.record(Event::Ended { order: state.orders[index].id });
        state.change(index, Change::EndData)?;
    }
    Ok(())
}
