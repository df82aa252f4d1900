//! What a run in several currencies has beside the frames of any run: which currency a row is in, rates, and balances.

use std::sync::Arc;

use arrow_array::{ArrayRef, Date32Array};
use pyo3::prelude::*;
use workbench_engine::driver::Driver;
use workbench_engine::event::Event;
use workbench_engine::ledger::{Account, Leg};
use workbench_engine::state::State;
use workbench_market::Result;
use workbench_market::number::{Money, Quantity};

use crate::arrow::Table;
use crate::errors::OrRaise;
use crate::tables::{numbers, texts, times};

/// The name of a currency, in a run in several of them.
pub fn currency(driver: &Driver, number: usize) -> Option<&str> {
    Some(driver.state.currencies.as_ref()?.names[number].as_str())
}

/// Cash in the account's currency.
pub fn cash(state: &State) -> Result<Money> {
    if state.currencies.is_some() { Ok(state.totals()?.cash) } else { Ok(state.cash()) }
}

/// What one of a currency is worth in the account's at a time that is over.
fn rate(driver: &Driver, currency: usize, time_ns: i64) -> PyResult<Option<Money>> {
    let Some(all) = &driver.state.currencies else { return Ok(Some(Money::ONE)) };
    all.rates.convert_at(time_ns, Money::ONE, currency, 0).or_raise().map(Some)
}

/// Where there are several currencies, the columns that say of each row (currency, time) which one it is in, and its rate.
pub fn rated(driver: &Driver, is_exact: bool, rows: &[(usize, i64)]) -> PyResult<Vec<(&'static str, ArrayRef)>> {
    if driver.state.currencies.is_none() {
        return Ok(Vec::new());
    }
    let names = texts(rows.iter().map(|&(number, _)| currency(driver, number)));
    let rates = rows.iter().map(|&(number, time_ns)| rate(driver, number, time_ns)).collect::<PyResult<Vec<_>>>()?;
    Ok(vec![("currency", names), ("rate", numbers(is_exact, rates.into_iter())?)])
}

/// What was paid in, in the account's currency at the rates of then.
pub fn deposits(driver: &Driver) -> Result<Money> {
    let Some(all) = &driver.state.currencies else { return Ok(Money::ZERO) };
    let paid = driver.state.records.iter().filter_map(|record| match record.event {
        Event::Deposit { currency, amount } => Some((record.time_ns, currency, amount)),
        _ => None,
    });
    let mut worth = paid.map(|(time_ns, currency, amount)| all.rates.convert_at(time_ns, amount, currency, 0));
    worth.try_fold(Money::ZERO, |sum, amount| sum.plus(amount?))
}

/// What there was of each currency at the end of each slice, in a run in several of them.
pub fn balances(driver: &Driver, is_exact: bool) -> PyResult<Table> {
    let count = driver.state.currencies.as_ref().map_or(0, |all| all.names.len());
    let mut rows = Vec::with_capacity(driver.books.len() * count);
    for (row, book) in driver.curve().zip(&driver.books) {
        let row = row.or_raise()?;
        for number in 0..count {
            let mut worth = book.values.iter().filter(|(asset, _)| driver.state.currency(*asset) == number);
            let worth = worth.try_fold(Money::ZERO, |sum, (_, value)| sum.plus(*value)).or_raise()?;
            let amounts = [book.cash[number], worth, book.receivable[number]];
            rows.push((row, number, amounts, rate(driver, number, row.time_ns)?));
        }
    }
    let amounts = |at: usize| numbers(is_exact, rows.iter().map(move |(_, _, amounts, _)| Some(amounts[at])));
    Table::new(vec![
        ("time", times(rows.iter().map(|(row, ..)| Some(row.time_ns)))),
        ("session", Arc::new(Date32Array::from_iter_values(rows.iter().map(|(row, ..)| row.session)))),
        ("currency", texts(rows.iter().map(|&(_, number, ..)| currency(driver, number)))),
        ("cash", amounts(0)?),
        ("positions", amounts(1)?),
        ("receivable", amounts(2)?),
        ("rate", numbers(is_exact, rows.iter().map(|&(_, _, _, rate)| rate))?),
    ])
}

/// The rate at which a leg was converted, on one of the two legs of each conversion: so many of the other leg's currency
/// for one of this one's.
pub fn converted(driver: &Driver, leg: &Leg) -> PyResult<Option<Money>> {
    let (record, number) = (&driver.state.records[leg.sequence as usize - 1], leg.currency as usize);
    let (Account::Conversion, Some(all)) = (leg.account, &driver.state.currencies) else { return Ok(None) };
    let at = |to| all.rates.convert_at(record.time_ns, Money::ONE, number, to).or_raise();
    match &record.event {
        Event::Filled(fill) if driver.state.exchanged(fill.asset) == Some(number) => {
            fill.price.times(Quantity::ONE).or_raise().map(Some)
        }
        Event::Filled(fill) if driver.state.exchanged(fill.asset).is_some() => Ok(None),
        Event::Filled(fill) if number == driver.state.currency(fill.asset) => {
            at(driver.state.currency(fill.holding)).map(Some)
        }
        Event::Exchange { currency, .. } if *currency == number => at(0).map(Some),
        _ => Ok(None),
    }
}
