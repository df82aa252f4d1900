//! The frames of a run as Arrow tables; `is_exact` picks Decimal128 columns or their nearest floats.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::TimestampMicrosecondArray;
use arrow_array::{ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, StringArray};
use pyo3::prelude::*;
use workbench_engine::currency::fees_elsewhere;
use workbench_engine::driver::Driver;
use workbench_engine::event::{Event, Fill, Record};
use workbench_engine::explain::explain;
use workbench_engine::order::Order;
use workbench_engine::trades::{Trade, trades as fold};
use workbench_market::Error;
use workbench_market::number::{Fixed, Money};

use crate::arrow::Table;
use crate::books::owners;
use crate::currencies::{converted, currency, rated};
use crate::errors::{OrRaise, raise};

/// A column of exact numbers, as they are or as floats; None is null.
pub fn numbers<const SCALE: u32>(
    is_exact: bool,
    values: impl Iterator<Item = Option<Fixed<SCALE>>>,
) -> PyResult<ArrayRef> {
    if !is_exact {
        // Many rows repeat the number before them, and a float costs much more than to see that.
        let mut last = (Fixed::ZERO, 0.0);
        let mut float = |value: Fixed<SCALE>| {
            if value != last.0 {
                last = (value, value.to_f64());
            }
            last.1
        };
        return Ok(Arc::new(Float64Array::from_iter(values.map(|value| value.map(&mut float)))));
    }
    let array = Decimal128Array::from_iter(values.map(|value| value.map(Fixed::raw)));
    let array = array.with_precision_and_scale(38, SCALE as i8);
    array.map(|array| Arc::new(array) as ArrayRef).map_err(|error| raise(Error::Range(error.to_string())))
}

pub fn times(values: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    let micros = values.map(|ns| ns.map(|ns| ns.div_euclid(1_000)));
    Arc::new(TimestampMicrosecondArray::from_iter(micros).with_timezone("UTC"))
}

pub(crate) fn texts<'a>(values: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(StringArray::from_iter(values))
}

fn integers(values: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(values))
}

fn name(driver: &Driver, asset: usize) -> Option<&str> {
    Some(driver.state.instruments[asset].name.as_str())
}

pub fn fills(driver: &Driver, is_exact: bool) -> PyResult<Table> {
    let rows: Vec<(u64, i64, &Fill)> = driver
        .state
        .records
        .iter()
        .filter_map(|record| match &record.event {
            Event::Filled(fill) => Some((record.sequence, record.time_ns, fill)),
            _ => None,
        })
        .collect();
    let of = || rows.iter().map(|(_, _, fill)| fill);
    let mut columns = vec![
        ("sequence", integers(rows.iter().map(|row| row.0 as i64))),
        ("time", times(rows.iter().map(|row| Some(row.1)))),
        ("order", integers(of().map(|f| f.order as i64))),
        ("asset", texts(of().map(|f| name(driver, f.asset)))),
        ("side", texts(of().map(|f| Some(f.side.name())))),
        ("quantity", numbers(is_exact, of().map(|f| Some(f.quantity)))?),
        ("price", numbers(is_exact, of().map(|f| Some(f.price)))?),
        ("reference", numbers(is_exact, of().map(|f| Some(f.reference)))?),
        ("value", numbers(is_exact, of().map(|f| Some(f.value)))?),
        ("fee", numbers(is_exact, of().map(|f| Some(f.fee)))?),
        ("withheld", numbers(is_exact, of().map(|f| Some(f.withheld)))?),
        ("slippage", numbers(is_exact, of().map(|f| Some(f.slippage)))?),
        ("moment", texts(of().map(|f| Some(f.moment.name())))),
        ("ambiguous", Arc::new(BooleanArray::from_iter(of().map(|f| Some(f.is_ambiguous))))),
    ];
    let places: Vec<_> = rows.iter().map(|(_, time_ns, fill)| (driver.state.currency(fill.asset), *time_ns)).collect();
    columns.extend(rated(driver, is_exact, &places)?);
    if driver.state.currencies.is_some() {
        let fees = fees_elsewhere(&driver.state).or_raise()?;
        columns.push(("other_fees", numbers(is_exact, fees.into_iter().map(Some))?));
    }
    // Without books nobody asks whose an order is.
    let owned = if driver.state.books.is_some() { driver.state.orders.as_slice() } else { &[] };
    let owner: HashMap<u64, Option<usize>> = owned.iter().map(|order| (order.id, order.book)).collect();
    columns.extend(owners(driver, of().map(|f| owner[&f.order])));
    Table::new(columns)
}

pub fn orders(driver: &Driver, is_exact: bool) -> PyResult<Table> {
    let mut rows: Vec<&Order> = driver.state.orders.iter().collect();
    rows.sort_by_key(|order| order.id);
    let of = || rows.iter().copied();
    let mut prices = Vec::with_capacity(rows.len());
    for order in of() {
        prices.push(driver.state.instruments[order.ask.asset].average(order.value, order.filled).or_raise()?);
    }
    let amounts = |order: &Order| order.reason.and_then(|reason| reason.amounts());
    let mut columns = vec![
        ("order", integers(of().map(|o| o.id as i64))),
        ("time", times(of().map(|o| Some(o.asked_ns)))),
        ("asset", texts(of().map(|o| name(driver, o.ask.asset)))),
        ("side", texts(of().map(|o| Some(o.ask.side.name())))),
        ("type", texts(of().map(|o| Some(o.ask.kind.name(o.ask.terms.on))))),
        ("origin", texts(of().map(|o| Some(o.ask.origin.name())))),
        ("parent", Arc::new(Int64Array::from_iter(of().map(|o| o.ask.origin.entry().map(|id| id as i64))))),
        ("tif", texts(of().map(|o| Some(o.ask.terms.tif.name())))),
        ("quantity", numbers(is_exact, of().map(|o| Some(o.quantity)))?),
        ("limit", numbers(is_exact, of().map(|o| o.ask.kind.limit()))?),
        ("stop", numbers(is_exact, of().map(|o| o.ask.kind.stop()))?),
        ("filled", numbers(is_exact, of().map(|o| Some(o.filled)))?),
        ("average_price", numbers(is_exact, prices.into_iter())?),
        ("status", texts(of().map(|o| Some(o.status.name())))),
        ("reason", texts(of().map(|o| o.reason.map(|reason| reason.name())))),
        ("allowed", numbers(is_exact, of().map(|o| amounts(o).map(|(allowed, _)| allowed)))?),
        ("actual", numbers(is_exact, of().map(|o| amounts(o).map(|(_, actual)| actual)))?),
        ("ended", times(of().map(|o| o.ended_ns))),
    ];
    columns.extend(owners(driver, of().map(|o| o.book)));
    Table::new(columns)
}

/// Kind, asset, the asset in its place, and when, in microseconds.
pub type EndRow = (&'static str, usize, Option<usize>, i64);

/// Ends of assets that met holdings or orders.
pub fn ends(driver: &Driver) -> Vec<EndRow> {
    let of = |record: &Record| match record.event {
        Event::AssetEnd(end) => Some((end.kind.name(), end.asset, end.other, record.time_ns.div_euclid(1_000))),
        _ => None,
    };
    driver.state.records.iter().filter_map(of).collect()
}

/// When trading was halted, in microseconds, and the limit that did it.
pub fn halted(driver: &Driver) -> Option<(i64, &'static str)> {
    driver.state.records.iter().find_map(|record| match record.event {
        Event::Halted { reason } => Some((record.time_ns.div_euclid(1_000), reason.name())),
        _ => None,
    })
}

/// Microseconds, event, equity and maintenance.
pub type CallRow = (i64, &'static str, String, String);

/// Margin calls, and the bankruptcy that a run may end with.
pub fn margin_calls(driver: &Driver) -> Vec<CallRow> {
    let of = |record: &Record| {
        let (equity, maintenance) = match record.event {
            Event::MarginCall { equity, maintenance } => (equity, maintenance),
            Event::Bankrupt { equity } => (equity, Money::ZERO),
            _ => return None,
        };
        let time_us = record.time_ns.div_euclid(1_000);
        Some((time_us, record.event.name(), equity.to_string(), maintenance.to_string()))
    };
    driver.state.records.iter().filter_map(of).collect()
}

pub fn trades(driver: &Driver, is_exact: bool) -> PyResult<Table> {
    let rows = fold(&driver.state).or_raise()?;
    let mut profits = Vec::with_capacity(rows.len());
    let mut prices = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
    for trade in &rows {
        profits.push(trade.profit().or_raise()?);
        prices.0.push(trade.entry_price(&driver.state.instruments[trade.asset]).or_raise()?);
        prices.1.push(trade.exit_price(&driver.state.instruments[trade.asset]).or_raise()?);
    }
    let parts = rows.iter().zip(&profits).map(|(trade, profit)| profit.to_f64() / trade.entry_value.to_f64().abs());
    let returns = Float64Array::from_iter_values(parts);
    let mut columns = vec![
        ("asset", texts(rows.iter().map(|t| name(driver, t.asset)))),
        ("side", texts(rows.iter().map(|t| Some(t.direction())))),
        ("entry_time", times(rows.iter().map(|t| Some(t.entry_ns)))),
        ("exit_time", times(rows.iter().map(|t| t.exit_ns))),
        ("quantity", numbers(is_exact, rows.iter().map(|t| Some(t.entered)))?),
        ("entry_price", numbers(is_exact, prices.0.into_iter())?),
        ("exit_price", numbers(is_exact, prices.1.into_iter())?),
        ("fees", numbers(is_exact, rows.iter().map(|t| Some(t.fees)))?),
        ("dividends", numbers(is_exact, rows.iter().map(|t| Some(t.dividends)))?),
        ("profit", numbers(is_exact, profits.into_iter().map(Some))?),
        ("return", Arc::new(returns)),
        ("bars", integers(rows.iter().map(|t| bars_held(driver, t)))),
        ("open", Arc::new(BooleanArray::from_iter(rows.iter().map(|t| Some(t.exit_ns.is_none()))))),
    ];
    let end = |t: &Trade| t.exit_ns.unwrap_or(driver.slice.time_ns);
    let places: Vec<_> = rows.iter().map(|t| (driver.state.currency(t.asset), end(t))).collect();
    columns.extend(rated(driver, is_exact, &places)?);
    Table::new(columns)
}

/// Bars of the asset, and of those it was before, that closed between entry and exit, or the end of the run.
fn bars_held(driver: &Driver, trade: &Trade) -> i64 {
    let end = trade.exit_ns.unwrap_or(driver.slice.time_ns);
    let mut since = trade.entry_ns;
    let mut bars = 0;
    for (asset, until) in trade.earlier.iter().copied().chain([(trade.asset, end)]) {
        let series = &driver.series[asset];
        bars += series.rows_until(until) as i64 - series.rows_until(since) as i64;
        since = until;
    }
    bars
}

pub fn ledger(driver: &Driver, is_exact: bool, home: &str) -> PyResult<Table> {
    let legs = driver.state.ledger.legs();
    let record = |sequence: u64| &driver.state.records[sequence as usize - 1];
    let mut columns = vec![
        ("sequence", integers(legs.iter().map(|leg| leg.sequence as i64))),
        ("time", times(legs.iter().map(|leg| Some(record(leg.sequence).time_ns)))),
        ("event", texts(legs.iter().map(|leg| Some(record(leg.sequence).event.name())))),
        ("account", texts(legs.iter().map(|leg| Some(leg.account.name())))),
        ("asset", texts(legs.iter().map(|leg| leg.asset.and_then(|asset| name(driver, asset))))),
        ("currency", texts(legs.iter().map(|leg| currency(driver, leg.currency as usize).or(Some(home))))),
        ("amount", numbers(is_exact, legs.iter().map(|leg| Some(leg.amount)))?),
    ];
    if driver.state.currencies.is_some() {
        let rates = legs.iter().map(|leg| converted(driver, leg)).collect::<PyResult<Vec<_>>>()?;
        columns.push(("rate", numbers(is_exact, rates.into_iter())?));
    }
    Table::new(columns)
}

/// What changed equity: a row for each slice, asset (for cash its currency) and cause, always exact.
pub fn explained(driver: &Driver, home: &str) -> PyResult<Table> {
    let parts = explain(driver).or_raise()?;
    let moments: Vec<_> = parts.iter().map(|part| driver.equity.moment(part.row, &driver.series[0])).collect();
    let names = parts.iter().map(|part| {
        part.asset.map_or_else(|| currency(driver, part.currency).or(Some(home)), |asset| name(driver, asset))
    });
    let mut columns = vec![
        ("time", times(moments.iter().map(|&(time_ns, _)| Some(time_ns)))),
        ("session", Arc::new(Date32Array::from_iter_values(moments.iter().map(|&(_, session)| session)))),
        ("asset", texts(names)),
        ("cause", texts(parts.iter().map(|part| Some(part.cause.name())))),
        ("amount", numbers(true, parts.iter().map(|part| Some(part.amount)))?),
    ];
    if driver.state.currencies.is_some() {
        columns.push(("currency", texts(parts.iter().map(|part| currency(driver, part.currency)))));
    }
    Table::new(columns)
}
