//! The books of a run across the boundary: what their strategies see, when they wait, and their frames.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Int64Array};
use pyo3::prelude::*;
use workbench_engine::books::moving;
use workbench_engine::books::{Books, Deal};
use workbench_engine::command::{Command, Weight};
use workbench_engine::driver::Driver;
use workbench_engine::event::{Event, Fill, Record};
use workbench_market::number::Money;
use workbench_market::{Error, Result};

use crate::arrow::Table;
use crate::currencies;
use crate::desk::{Desk, Shared};
use crate::errors::{OrRaise, raise};
use crate::tables::{numbers, texts, times};

/// What the strategy of a book watches, and the assets for which all of that has had a value.
#[derive(Default)]
pub struct Waiting {
    pub streams: Vec<usize>,
    is_ready: Vec<bool>,
}

impl Desk {
    /// Whether the strategy that is asked now sees an asset's bars: its own streams have had a value.
    pub fn is_ready(&self, asset: usize) -> bool {
        let own = self.driver.state.book_now().and_then(|book| self.waiting.get(book));
        own.map_or_else(|| self.driver.is_ready(asset), |own| own.is_ready[asset])
    }

    /// Notes which assets the strategies of the books are ready for, at the begin of a slice.
    pub fn look_at_streams(&mut self, warms_up: bool) {
        let Self { driver, waiting, .. } = self;
        for each in waiting {
            each.is_ready.resize(driver.series.len(), false);
            for &asset in &driver.slice.assets {
                let mut values = each.streams.iter().map(|&stream| driver.streams.value(stream, asset));
                each.is_ready[asset] |= !warms_up || values.all(|value| value.is_some());
            }
        }
    }

    /// Hands in what the strategy that is asked now wants.
    pub fn ask(&mut self, command: Command) {
        let book = self.driver.state.book_now();
        self.commands.push(match book {
            Some(book) => Command::Of { book, command: Box::new(command) },
            None => command,
        });
    }

    /// The book that an order was asked for, in this slice or before.
    pub fn book_of(&self, id: u64) -> Option<usize> {
        let asked = self.commands.iter().find_map(|command| match command {
            Command::Of { book, .. } if command.asked_id() == Some(id) => Some(*book),
            _ => None,
        });
        let known = || self.driver.state.orders.iter().rev().find(|order| order.id == id).and_then(|order| order.book);
        asked.or_else(known)
    }

    /// Cash of who is asked now: of a strategy with a book, else of the account.
    pub fn own_cash(&self) -> Result<Money> {
        let state = &self.driver.state;
        match state.book_now() {
            book @ Some(_) if self.driver.is_trading() => state.cash_of(book),
            _ if self.driver.is_trading() => currencies::cash(state),
            _ => Ok(self.cash),
        }
    }

    /// Equity of who is asked now.
    pub fn own_equity(&self) -> Result<Money> {
        let state = &self.driver.state;
        if self.driver.is_trading() { state.equity_of(state.book_now()) } else { Ok(self.cash) }
    }

    /// The assets that who is asked now holds.
    pub fn own_assets(&self) -> Vec<usize> {
        let state = &self.driver.state;
        (0..state.positions.len()).filter(|&asset| !state.held(asset, state.book_now()).is_zero()).collect()
    }

    /// The orders that work for who is asked now.
    pub fn own_orders(&self) -> Vec<usize> {
        let (state, book) = (&self.driver.state, self.driver.state.book_now());
        let is_own = |index: &usize| book.is_none() || state.orders[*index].book == book;
        state.working.iter().flatten().copied().filter(is_own).collect()
    }

    pub fn is_of_books(&self) -> bool {
        self.driver.state.books.is_some()
    }
}

/// Says whose strategy is asked from now on; None is nobody's in particular.
pub fn turn_to(py: Python<'_>, shared: &Shared, book: Option<usize>) -> PyResult<()> {
    if let Some(books) = &mut shared.desk_mut(py)?.driver.state.books {
        books.current = book;
    }
    Ok(())
}

/// The books of a set-up: names, and the exact part of each in the cash.
pub fn read(setup: &Bound<'_, PyAny>, assets: usize) -> PyResult<Option<Box<Books>>> {
    let given = setup.getattr("books")?;
    if given.is_none() {
        return Ok(None);
    }
    let names = given.getattr("names")?.extract()?;
    let shares = weights(given.getattr("shares")?.extract()?)?;
    Ok(Some(Box::new(Books::new(names, shares, assets))))
}

fn weights(texts: Vec<String>) -> PyResult<Vec<Weight>> {
    texts.iter().map(|text| Weight::parse(text)).collect::<Result<_>>().or_raise()
}

/// At the first decision of a new period: what the books are to have of the account from now on, as the host says.
pub fn allocation(py: Python<'_>, shared: &Shared) -> PyResult<Option<Command>> {
    let session = {
        let mut desk = shared.desk_mut(py)?;
        let session = desk.driver.slice.session;
        if !desk.is_of_books() || desk.session_of_books == session {
            return Ok(None);
        }
        desk.session_of_books = session;
        session
    };
    let host = shared.host.bind(py);
    let Some(lookback) = host.call_method1("lookback", (session,))?.extract::<Option<usize>>()? else {
        return Ok(None);
    };
    let gained = moving::returns(&shared.desk(py)?.driver.state, lookback).or_raise()?;
    let found = host.call_method1("shares", (gained,))?.extract()?;
    Ok(Some(Command::Allocate { weights: weights(found)? }))
}

/// What a record brought to books: the number of each, whether at the venue, and the fill as it came to it.
pub fn told(py: Python<'_>, shared: &Shared, sequence: u64) -> PyResult<Vec<(usize, bool, Fill)>> {
    let desk = shared.desk(py)?;
    let deals = &books_of(&desk.driver)?.deals;
    let first = deals.partition_point(|deal| deal.sequence < sequence);
    let of = deals[first..].iter().take_while(|deal| deal.sequence == sequence);
    Ok(of.map(|deal| (deal.book, deal.is_at_venue, deal.fill)).collect())
}

fn books_of(driver: &Driver) -> PyResult<&Books> {
    let missing = || raise(Error::Context("this run has no books; run a wb.Portfolio".into()));
    driver.state.books.as_deref().ok_or_else(missing)
}

/// A row for each slice and book: cash, equity, and what other books gave it.
pub fn rows(driver: &Driver, is_exact: bool) -> PyResult<Table> {
    let books = books_of(driver)?;
    let count = books.all.len();
    let mut moments = Vec::with_capacity(books.rows.len());
    for row in driver.curve().take(books.rows.len() / count) {
        moments.extend(std::iter::repeat_n(row.or_raise()?, count));
    }
    let names = (0..books.rows.len()).map(|at| Some(books.names[at % count].as_str()));
    let money =
        |of: fn(&workbench_engine::books::Row) -> Money| numbers(is_exact, books.rows.iter().map(|r| Some(of(r))));
    Table::new(vec![
        ("time", times(moments.iter().map(|row| Some(row.time_ns)))),
        ("session", Arc::new(arrow_array::Date32Array::from_iter_values(moments.iter().map(|row| row.session)))),
        ("strategy", texts(names)),
        ("cash", money(|row| row.cash)?),
        ("equity", money(|row| row.equity)?),
        ("received", money(|row| row.received)?),
    ])
}

/// Every fill as it came to a book, at the venue or against another book.
pub fn deals(driver: &Driver, is_exact: bool) -> PyResult<Table> {
    let books = books_of(driver)?;
    let of = || books.deals.iter().map(|deal| &deal.fill);
    let integers = |values: Vec<i64>| Arc::new(Int64Array::from(values)) as ArrayRef;
    let name = |deal: &Deal| Some(driver.state.instruments[deal.fill.asset].name.as_str());
    Table::new(vec![
        ("sequence", integers(books.deals.iter().map(|deal| deal.sequence as i64).collect())),
        ("time", times(books.deals.iter().map(|deal| Some(deal.time_ns)))),
        ("strategy", texts(books.deals.iter().map(|deal| Some(books.names[deal.book].as_str())))),
        ("order", integers(of().map(|fill| fill.order as i64).collect())),
        ("asset", texts(books.deals.iter().map(name))),
        ("side", texts(of().map(|fill| Some(fill.side.name())))),
        ("quantity", numbers(is_exact, of().map(|fill| Some(fill.quantity)))?),
        ("price", numbers(is_exact, of().map(|fill| Some(fill.price)))?),
        ("reference", numbers(is_exact, of().map(|fill| Some(fill.reference)))?),
        ("value", numbers(is_exact, of().map(|fill| Some(fill.value)))?),
        ("fee", numbers(is_exact, of().map(|fill| Some(fill.fee)))?),
        ("slippage", numbers(is_exact, of().map(|fill| Some(fill.slippage)))?),
        ("venue", Arc::new(BooleanArray::from_iter(books.deals.iter().map(|deal| Some(deal.is_at_venue))))),
    ])
}

/// Cash that went from one book to another.
pub fn transfers(driver: &Driver, is_exact: bool) -> PyResult<Table> {
    let books = books_of(driver)?;
    let of = |record: &Record| match record.event {
        Event::Transfer { from, to, amount } => Some((record.time_ns, from, to, amount)),
        _ => None,
    };
    let moved: Vec<_> = driver.state.records.iter().filter_map(of).collect();
    let name = |book: usize| Some(books.names[book].as_str());
    Table::new(vec![
        ("time", times(moved.iter().map(|row| Some(row.0)))),
        ("giver", texts(moved.iter().map(|row| name(row.1)))),
        ("taker", texts(moved.iter().map(|row| name(row.2)))),
        ("amount", numbers(is_exact, moved.iter().map(|row| Some(row.3)))?),
    ])
}

/// What changed the equity of each book: a row for each slice, book and cause, always exact.
pub fn explained(driver: &Driver) -> PyResult<Table> {
    let books = books_of(driver)?;
    let mut moments = Vec::with_capacity(books.parts.len());
    for part in &books.parts {
        moments.push(driver.equity_row(part.row).or_raise()?.time_ns);
    }
    Table::new(vec![
        ("time", times(moments.into_iter().map(Some))),
        ("strategy", texts(books.parts.iter().map(|part| Some(books.names[part.book].as_str())))),
        ("cause", texts(books.parts.iter().map(|part| Some(part.cause.name())))),
        ("amount", numbers(true, books.parts.iter().map(|part| Some(part.amount)))?),
    ])
}

/// Whose orders these are, where there are books: the column `strategy`.
pub fn owners(driver: &Driver, books: impl Iterator<Item = Option<usize>>) -> Option<(&'static str, ArrayRef)> {
    let names = &driver.state.books.as_ref()?.names;
    Some(("strategy", texts(books.map(|book| book.map(|book| names[book].as_str())))))
}
