//! The curve of equity as a table: exact, or in floats, where quiet stretches are worked out in one go.

use std::sync::Arc;

use arrow_array::{ArrayRef, Date32Array, Float64Array, TimestampMicrosecondArray};
use pyo3::prelude::*;
use workbench_engine::curve::{EquityRow, Piece, Stretch};
use workbench_engine::driver::Driver;
use workbench_engine::worth::worths;
use workbench_market::Result;
use workbench_market::number::Money;

use crate::arrow::Table;
use crate::errors::OrRaise;
use crate::pages::in_large_pages;
use crate::tables::{numbers, times};

/// A row for each slice.
pub fn equity(driver: &Driver, is_exact: bool) -> PyResult<Table> {
    if is_exact {
        return exact(&driver.curve().collect::<Result<Vec<_>>>().or_raise()?);
    }
    let mut columns = Floats::with_capacity(driver.equity.len());
    columns.fill(driver).or_raise()?;
    columns.table()
}

fn exact(rows: &[EquityRow]) -> PyResult<Table> {
    let totals = rows.iter().map(total).collect::<Result<Vec<_>>>().or_raise()?;
    Table::new(vec![
        ("time", times(rows.iter().map(|row| Some(row.time_ns)))),
        ("session", Arc::new(Date32Array::from_iter_values(rows.iter().map(|row| row.session)))),
        ("cash", numbers(true, rows.iter().map(|row| Some(row.cash)))?),
        ("positions", numbers(true, rows.iter().map(|row| Some(row.positions)))?),
        ("receivable", numbers(true, rows.iter().map(|row| Some(row.receivable)))?),
        ("equity", numbers(true, totals.into_iter().map(Some))?),
    ])
}

fn total(row: &EquityRow) -> Result<Money> {
    row.cash.plus(row.positions)?.plus(row.receivable)
}

/// The float of an amount; many rows repeat the one before them, and a float costs much more than to see that.
#[derive(Default)]
struct Last(Money, f64);

impl Last {
    fn float(&mut self, amount: Money) -> f64 {
        if amount != self.0 {
            *self = Self(amount, amount.to_f64());
        }
        self.1
    }
}

/// The columns in the making.
struct Floats {
    last: [Last; 2],
    times_us: Vec<i64>,
    sessions: Vec<i32>,
    cash: Vec<f64>,
    positions: Vec<f64>,
    receivable: Vec<f64>,
    equity: Vec<f64>,
}

/// Room for so many rows.
fn room<T>(rows: usize) -> Vec<T> {
    let values = Vec::with_capacity(rows);
    in_large_pages(&values);
    values
}

impl Floats {
    fn with_capacity(rows: usize) -> Self {
        Self {
            last: Default::default(),
            times_us: room(rows),
            sessions: room(rows),
            cash: room(rows),
            positions: room(rows),
            receivable: room(rows),
            equity: room(rows),
        }
    }

    fn fill(&mut self, driver: &Driver) -> Result<()> {
        driver.equity.pieces().try_for_each(|piece| match piece {
            Piece::Rows(rows) => rows.iter().try_for_each(|row| self.add(row)),
            Piece::Quiet(before, stretch) => self.rest(driver, before, stretch),
        })
    }

    fn add(&mut self, row: &EquityRow) -> Result<()> {
        self.times_us.push(row.time_ns.div_euclid(1_000));
        self.sessions.push(row.session);
        self.cash.push(self.last[0].float(row.cash));
        self.positions.push(row.positions.to_f64());
        self.receivable.push(self.last[1].float(row.receivable));
        self.equity.push(total(row)?.to_f64());
        Ok(())
    }

    fn rest(&mut self, driver: &Driver, before: &EquityRow, stretch: &Stretch) -> Result<()> {
        let (series, instrument, bars) = (&driver.series[0], &driver.state.instruments[0], stretch.bars.clone());
        let (from, until) = (self.equity.len(), self.equity.len() + bars.len());
        series.add_closes_us(bars.clone(), &mut self.times_us);
        self.sessions.extend_from_slice(series.sessions(bars.clone()));
        // The row before has been worked out already.
        self.cash.resize(until, self.cash[from - 1]);
        self.receivable.resize(until, self.receivable[from - 1]);
        self.positions.resize(until, 0.0);
        self.equity.resize(until, 0.0);
        let closes = (series.closes(bars), instrument.price_digits);
        let account = (before.cash.plus(before.receivable)?, stretch.held);
        worths(instrument, account, closes, &mut self.positions[from..], &mut self.equity[from..])
    }

    fn table(self) -> PyResult<Table> {
        let float = |values: Vec<f64>| Arc::new(Float64Array::from(values)) as ArrayRef;
        Table::new(vec![
            ("time", Arc::new(TimestampMicrosecondArray::from(self.times_us).with_timezone("UTC"))),
            ("session", Arc::new(Date32Array::from(self.sessions))),
            ("cash", float(self.cash)),
            ("positions", float(self.positions)),
            ("receivable", float(self.receivable)),
            ("equity", float(self.equity)),
        ])
    }
}
