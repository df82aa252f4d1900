//! Several strategies in one account: each has a book of its own, and the books add up to the account to the last digit.
//!
//! The one idea: a book is memo cash and quantities. It pays and gets what each of its units is worth in full, contracts
//! too, so that only fills, payments and transfers move it; when the account settles is no matter of a book. A run
//! without books has none of this. [`posting`] is what happens to books, [`moving`] how cash goes from one to another.

pub mod moving;
pub mod posting;
mod sharing;

use std::collections::BTreeMap;

use workbench_market::Result;
use workbench_market::number::{Money, Quantity, Rounding};

use crate::command::Weight;
use crate::event::Fill;
use crate::explain::{CAUSES, Cause};
use crate::state::{Position, State};

/// What a book holds of an asset; its cost is kept by the average rule, for who asks what was paid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    pub quantity: Quantity,
    pub cost: Money,
    /// Its worth at the last equity row.
    value: Money,
}

impl Holding {
    /// Lets go of all that is held.
    fn leave(&mut self) {
        (self.quantity, self.cost) = (Quantity::ZERO, Money::ZERO);
    }
}

#[derive(Clone, Debug)]
pub struct Book {
    /// Cash as if everything that is held had been paid for in full.
    pub memo: Money,
    /// What its working orders hold back.
    reserved: Money,
    /// What is to be paid to it later, less what it is to pay.
    due: Money,
    pub held: Vec<Holding>,
    /// What other books have given it since the last equity row.
    received: Money,
    /// What each cause did since then; under the price the proceeds of fills at their reference prices.
    since: [Money; CAUSES.len()],
}

/// A fill as it came to a book: at the venue, or against an order of another book.
#[derive(Clone, Copy, Debug)]
pub struct Deal {
    pub sequence: u64,
    pub time_ns: i64,
    pub book: usize,
    pub is_at_venue: bool,
    pub fill: Fill,
}

/// A book at the end of a slice.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub cash: Money,
    pub equity: Money,
    /// What other books gave it in this slice.
    pub received: Money,
}

/// What a cause did to a book, from the equity row before to this one; never zero.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    pub row: usize,
    pub book: usize,
    pub cause: Cause,
    pub amount: Money,
}

/// The books of a run, in the order of the strategies; where these do not share out all cash, the last one keeps the rest.
#[derive(Clone, Debug)]
pub struct Books {
    pub names: Vec<String>,
    /// The part of each in what is paid in; the last takes the rest.
    shares: Vec<Weight>,
    /// The book whose strategy is asked or obeyed now; none outside of that.
    pub current: Option<usize>,
    pub all: Vec<Book>,
    /// What is to be paid to books, by time and then by the order of its becoming due.
    dues: BTreeMap<(i64, u64), Vec<(usize, Money)>>,
    due_count: u64,
    pub deals: Vec<Deal>,
    /// A row of each book for every equity row.
    pub rows: Vec<Row>,
    pub parts: Vec<Part>,
}

impl Books {
    pub fn new(names: Vec<String>, shares: Vec<Weight>, assets: usize) -> Self {
        let book = Book {
            memo: Money::ZERO,
            reserved: Money::ZERO,
            due: Money::ZERO,
            held: vec![Holding::default(); assets],
            received: Money::ZERO,
            since: [Money::ZERO; CAUSES.len()],
        };
        Self {
            all: vec![book; names.len()],
            names,
            shares,
            current: None,
            dues: BTreeMap::new(),
            due_count: 0,
            deals: Vec::new(),
            rows: Vec::new(),
            parts: Vec::new(),
        }
    }

    /// The same before the first bar.
    pub fn fresh(&self) -> Self {
        Self::new(self.names.clone(), self.shares.clone(), self.all.first().map_or(0, |book| book.held.len()))
    }

    /// Shares out money that is paid in.
    pub fn fund(&mut self, amount: Money) -> Result<()> {
        let parts = moving::shared_out(amount, &self.shares)?;
        self.all.iter_mut().zip(parts).try_for_each(|(book, part)| {
            book.memo = book.memo.plus(part)?;
            Ok(())
        })
    }

    /// The rows of one moment of the curve.
    pub fn rows_at(&self, row: usize) -> &[Row] {
        &self.rows[row * self.all.len()..(row + 1) * self.all.len()]
    }

    /// All that tells two states apart.
    pub fn numbers(&self) -> impl Iterator<Item = i128> + '_ {
        let of = |book: &'_ Book| [book.memo.raw(), book.due.raw(), book.reserved.raw()];
        let held = self.all.iter().flat_map(|book| &book.held);
        let held = held.flat_map(|held| [held.quantity.raw(), held.cost.raw()]);
        self.all.iter().flat_map(of).chain(held)
    }
}

impl Book {
    fn add(&mut self, cause: Cause, amount: Money) -> Result<()> {
        let sum = &mut self.since[cause as usize];
        *sum = sum.plus(amount)?;
        Ok(())
    }

    /// Cash that comes in for a reason.
    fn pay_in(&mut self, cause: Cause, amount: Money) -> Result<()> {
        self.memo = self.memo.plus(amount)?;
        self.add(cause, amount)
    }

    /// Units that come in for so much, or go: cost is that of the average, and crossing zero closes first.
    fn take(&mut self, asset: usize, moved: Quantity, paid: Money) -> Result<()> {
        let held = &mut self.held[asset];
        let rest = held.quantity.plus(moved)?;
        held.cost = if held.quantity.raw().signum() * moved.raw().signum() >= 0 {
            held.cost.plus(paid)?
        } else if held.quantity.raw().signum() * rest.raw().signum() > 0 {
            let gone = held.cost.scaled(moved.raw().abs(), held.quantity.raw().abs(), Rounding::COST_SHARE)?;
            held.cost.minus(gone)?
        } else {
            paid.scaled(rest.raw().abs(), moved.raw().abs(), Rounding::COST_SHARE)?
        };
        held.quantity = rest;
        Ok(())
    }
}

/// Reading: what a book is and has. Without a book it is the account that is meant.
impl State {
    /// The book whose strategy is asked or obeyed now.
    pub fn book_now(&self) -> Option<usize> {
        self.books.as_ref().and_then(|books| books.current)
    }

    fn book(&self, number: Option<usize>) -> Option<&Book> {
        self.books.as_ref().zip(number).map(|(books, number)| &books.all[number])
    }

    /// Who can hold something: the books, or the account as a whole.
    pub fn owners(&self) -> impl Iterator<Item = Option<usize>> + use<> {
        let count = self.books.as_ref().map(|books| books.all.len());
        (0..count.unwrap_or(1)).map(move |book| count.is_some().then_some(book))
    }

    /// How much of an asset is held.
    pub fn held(&self, asset: usize, book: Option<usize>) -> Quantity {
        self.book(book).map_or(self.positions[asset].quantity, |book| book.held[asset].quantity)
    }

    /// A holding, worth what it would bring at its mark.
    pub fn holding(&self, asset: usize, book: Option<usize>) -> Result<Position> {
        let position = self.positions[asset];
        let Some(book) = self.book(book) else { return Ok(Position { value: self.worth(asset), ..position }) };
        let Holding { quantity, cost, .. } = book.held[asset];
        Ok(Position { quantity, cost, value: self.book_worth(asset, quantity)?, ..position })
    }

    /// What so much of an asset is worth in full at its mark.
    fn book_worth(&self, asset: usize, quantity: Quantity) -> Result<Money> {
        if quantity.is_zero() {
            Ok(Money::ZERO)
        } else {
            self.instruments[asset].value(quantity, self.mark_price(asset))
        }
    }

    /// What all is worth that is owned now.
    pub fn equity_of(&self, number: Option<usize>) -> Result<Money> {
        let Some(book) = self.book(number) else { return self.equity() };
        let worth = |(asset, held): (usize, &Holding)| self.book_worth(asset, held.quantity);
        book.held.iter().enumerate().map(worth).try_fold(book.memo.plus(book.due)?, |sum, value| sum.plus(value?))
    }

    /// Cash as its strategy sees it: contracts that are held do not take any.
    pub fn cash_of(&self, number: Option<usize>) -> Result<Money> {
        let Some(book) = self.book(number) else { return Ok(self.cash()) };
        let mut cash = book.memo;
        for (asset, held) in book.held.iter().enumerate().filter(|(asset, _)| self.instruments[*asset].kind.is_unpaid())
        {
            cash = cash.plus(self.book_worth(asset, held.quantity)?)?;
        }
        Ok(cash)
    }

    /// The smaller of what is free of the account and of a book, where `own` of what is reserved counts as free.
    pub fn free_within(&self, free: Money, number: Option<usize>, own: Money) -> Result<Money> {
        let Some(book) = self.book(number) else { return Ok(free) };
        Ok(free.min(book.memo.minus(book.reserved)?.plus(own)?))
    }

    /// Whether any book holds something of an asset.
    pub fn is_in_books(&self, asset: usize) -> bool {
        self.books.as_ref().is_some_and(|books| books.all.iter().any(|book| !book.held[asset].quantity.is_zero()))
    }

    /// Takes what an order holds back into its book.
    pub(crate) fn hold_back_in_book(&mut self, number: Option<usize>, less: Money, more: Money) -> Result<()> {
        if let Some((books, number)) = self.books.as_mut().zip(number) {
            let reserved = &mut books.all[number].reserved;
            *reserved = reserved.minus(less)?.plus(more)?;
        }
        Ok(())
    }

    /// Ends an equity row: a row of each book, and what each cause did to it.
    pub(crate) fn close_books(&mut self, row: usize) -> Result<()> {
        let count = self.books.as_ref().map_or(0, |books| books.all.len());
        for number in 0..count {
            let (cash, equity) = (self.cash_of(Some(number))?, self.equity_of(Some(number))?);
            for asset in 0..self.positions.len() {
                self.revalue_in_book(number, asset)?;
            }
            let Some(books) = &mut self.books else { break };
            let book = &mut books.all[number];
            let received = std::mem::take(&mut book.received);
            let amounts = CAUSES.into_iter().zip(std::mem::take(&mut book.since));
            let parts = amounts.filter(|(_, amount)| !amount.is_zero());
            books.parts.extend(parts.map(|(cause, amount)| Part { row, book: number, cause, amount }));
            books.rows.push(Row { cash, equity, received });
        }
        Ok(())
    }

    /// What the price of a holding has brought since the last row.
    fn revalue_in_book(&mut self, number: usize, asset: usize) -> Result<()> {
        let worth = self.book_worth(asset, self.held(asset, Some(number)))?;
        let Some(books) = &mut self.books else { return Ok(()) };
        let book = &mut books.all[number];
        let before = std::mem::replace(&mut book.held[asset].value, worth);
        book.add(Cause::Price, worth.minus(before)?)
    }
}
