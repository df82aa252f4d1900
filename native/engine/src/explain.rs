//! Profit explained: every change of equity by asset and cause, folded after a run from its records, bars and rows.
//!
//! From one equity row to the next an asset brings price + slippage + fees + dividends + cash in lieu. Only the price is
//! not written in a record: it is value after - value before - cost of fills at their reference prices.

use std::collections::BTreeSet;

use workbench_market::Result;
use workbench_market::instrument::Instrument;
use workbench_market::number::{Money, Price, Quantity, Rounding};

use crate::across;
use crate::curve::{Piece, Stretch};
use crate::driver::Driver;
use crate::ends::EndKind;
use crate::event::{AssetEnd, Event, Fill, Record, Split};
use crate::order::Side;

/// What can change equity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    Price,
    Slippage,
    Fees,
    Dividends,
    Borrow,
    Interest,
    Funding,
    Fx,
    CashInLieu,
}

pub(crate) const CAUSES: [Cause; 9] = [
    Cause::Price,
    Cause::Slippage,
    Cause::Fees,
    Cause::Dividends,
    Cause::Borrow,
    Cause::Interest,
    Cause::Funding,
    Cause::Fx,
    Cause::CashInLieu,
];

impl Cause {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Price => "price",
            Self::Slippage => "slippage",
            Self::Fees => "fees",
            Self::Dividends => "dividends",
            Self::Borrow => "borrow",
            Self::Interest => "interest",
            Self::Funding => "funding",
            Self::Fx => "fx",
            Self::CashInLieu => "cash_in_lieu",
        }
    }
}

/// What one cause did to the equity in one asset, or without one in cash, from the equity row before to this one; never
/// zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    pub row: usize,
    /// None: a balance of the currency itself.
    pub asset: Option<usize>,
    /// The number of the currency it came about in; the amount is in the account's.
    pub currency: usize,
    pub cause: Cause,
    pub amount: Money,
}

/// An asset on its way through the run.
#[derive(Clone, Copy, Debug, Default)]
struct Holding {
    quantity: Quantity,
    /// At the last equity row.
    value: Money,
    /// By cause since then; under the price the proceeds of fills at their reference prices.
    since: [Money; CAUSES.len()],
    /// How many of its bars have closed.
    closed: usize,
    /// The last close under the name it had before.
    carried: Option<Price>,
}

impl Holding {
    fn add(&mut self, cause: Cause, amount: Money) -> Result<()> {
        let sum = &mut self.since[cause as usize];
        *sum = sum.plus(amount)?;
        Ok(())
    }

    /// A fill at its reference price; what it was worse by is slippage. Units that are kept as a fee leave at the price
    /// of the fill, as the fee is counted at that value.
    fn fill(&mut self, fill: &Fill, instrument: &Instrument) -> Result<()> {
        let (at_reference, moved) = (fill.worth_at_reference(self.quantity, instrument)?, fill.moved()?);
        let (proceeds, moved) = match fill.side {
            Side::Buy => (fill.withheld_value(instrument)?.minus(at_reference)?, moved),
            Side::Sell => (at_reference, moved.negative()),
        };
        self.quantity = self.quantity.plus(moved)?;
        self.add(Cause::Price, proceeds)?;
        self.add(Cause::Slippage, fill.slippage.negative())?;
        self.add(Cause::Fees, fill.fee.negative())
    }

    /// The fraction leaves without proceeds, which is a matter of price; what is paid for it is a cause of its own.
    fn split(&mut self, split: &Split) -> Result<()> {
        self.quantity = split.after;
        self.add(Cause::CashInLieu, split.cash)
    }
}

/// The last close by a time, under whatever name, carried over the splits that the running bar opened with.
fn last(driver: &Driver, asset: usize, holding: &mut Holding, time_ns: i64) -> Result<Option<Price>> {
    let (series, instrument) = (&driver.series[asset], &driver.state.instruments[asset]);
    while holding.closed < series.len() && series.span(holding.closed).close_ns <= time_ns {
        holding.closed += 1;
    }
    let closed = holding.closed;
    let own = closed.checked_sub(1).map(|row| series.close(row, instrument));
    let Some(last) = own.or(holding.carried) else { return Ok(None) };
    if closed == series.len() || series.span(closed).open_ns >= time_ns {
        return Ok(Some(last));
    }
    let scaled = |price: Price, (new, old)| price.scaled(i128::from(old), i128::from(new), Rounding::MARK);
    series.ratios_at(closed).try_fold(last, scaled).map(Some)
}

struct Fold<'a> {
    driver: &'a Driver,
    holdings: Vec<Holding>,
    /// Assets that are held or were touched since the last row.
    active: BTreeSet<usize>,
    /// Of cash since the last row.
    interest: Money,
    parts: Vec<Part>,
}

impl Fold<'_> {
    /// What a record means for profit. Every kind of event is named here, so that a new one has to say what it means.
    fn take(&mut self, record: &Record) -> Result<()> {
        match &record.event {
            Event::Filled(fill) => self.fill(fill),
            Event::Split(split) => self.holding(split.asset).split(split),
            Event::AssetEnd(end) => self.end(end, record.time_ns),
            Event::Dividend { asset, amount, .. } => self.holding(*asset).add(Cause::Dividends, *amount),
            Event::Borrow { asset, amount } => self.holding(*asset).add(Cause::Borrow, *amount),
            Event::Funding { asset, amount, .. } => self.holding(*asset).add(Cause::Funding, *amount),
            Event::Interest { amount, .. } => {
                self.interest = self.interest.plus(*amount)?;
                Ok(())
            }
            // Deposits stand outside; a payment turns what was receivable into cash, a variation what was gained at prices
            // that are explained already; the others are about orders. In one currency nothing is exchanged.
            // What books do among themselves is no matter of the account.
            Event::Cross { .. }
            | Event::Transfer { .. }
            | Event::Deposit { .. }
            | Event::Exchange { .. }
            | Event::Fee { .. }
            | Event::Payment { .. }
            | Event::Variation { .. }
            | Event::Submitted { .. }
            | Event::Accepted { .. }
            | Event::Denied { .. }
            | Event::Triggered { .. }
            | Event::Reduced { .. }
            | Event::Adjusted { .. }
            | Event::Moved { .. }
            | Event::Canceling { .. }
            | Event::Canceled { .. }
            | Event::Expired { .. }
            | Event::Ended { .. }
            | Event::Halted { .. }
            | Event::MarginCall { .. }
            | Event::Bankrupt { .. } => Ok(()),
        }
    }

    fn fill(&mut self, fill: &Fill) -> Result<()> {
        let instruments = &self.driver.state.instruments;
        self.holding(fill.asset).fill(fill, &instruments[fill.asset])
    }

    /// An asset that ends is left for its cash and for the units that come, and those are taken at the same value.
    fn end(&mut self, end: &AssetEnd, time_ns: i64) -> Result<()> {
        self.carry(end, time_ns)?;
        let brought = end.brought(&self.driver.state.instruments[end.asset]);
        let old = self.holding(end.asset);
        old.quantity = Quantity::ZERO;
        old.add(Cause::Price, brought.plus(end.taken)?)?;
        old.add(Cause::CashInLieu, end.in_lieu)?;
        let Some(other) = end.other else { return Ok(()) };
        let new = self.holding(other);
        new.quantity = new.quantity.plus(end.after)?;
        new.add(Cause::Price, end.taken.negative())
    }

    /// Another name of one asset goes on from the last close under the old one.
    fn carry(&mut self, end: &AssetEnd, time_ns: i64) -> Result<()> {
        let Some(other) = end.other.filter(|_| end.kind == EndKind::SymbolChange) else { return Ok(()) };
        let instruments = &self.driver.state.instruments;
        if instruments[other].multiplier == instruments[end.asset].multiplier {
            self.holdings[other].carried = last(self.driver, end.asset, &mut self.holdings[end.asset], time_ns)?;
        }
        Ok(())
    }

    fn holding(&mut self, asset: usize) -> &mut Holding {
        self.active.insert(asset);
        &mut self.holdings[asset]
    }

    /// Rows without a record: where nothing is held, nothing changes.
    fn rest(&mut self, row: usize, stretch: &Stretch) -> Result<()> {
        if self.active.is_empty() {
            return Ok(());
        }
        let series = &self.driver.series[0];
        stretch.bars.clone().enumerate().try_for_each(|(at, bar)| self.close(row + at, series.span(bar).close_ns))
    }

    /// Ends an equity row: values every active asset and writes down its parts.
    fn close(&mut self, row: usize, time_ns: i64) -> Result<()> {
        let Self { driver, holdings, active, interest, parts } = self;
        for &asset in &*active {
            let holding = &mut holdings[asset];
            let now = value(driver, asset, holding, time_ns)?;
            holding.add(Cause::Price, now.minus(holding.value)?)?;
            holding.value = now;
            let amounts = CAUSES.into_iter().zip(std::mem::take(&mut holding.since));
            let parts_of = amounts.filter(|(_, amount)| !amount.is_zero());
            parts.extend(parts_of.map(|(cause, amount)| Part { row, asset: Some(asset), currency: 0, cause, amount }));
        }
        let amount = std::mem::take(interest);
        if !amount.is_zero() {
            parts.push(Part { row, asset: None, currency: 0, cause: Cause::Interest, amount });
        }
        active.retain(|&asset| !holdings[asset].quantity.is_zero());
        Ok(())
    }
}

/// What is held is worth at an equity row: as in [`crate::state::State::mark`].
fn value(driver: &Driver, asset: usize, holding: &mut Holding, time_ns: i64) -> Result<Money> {
    if holding.quantity.is_zero() {
        return Ok(Money::ZERO);
    }
    let instrument = &driver.state.instruments[asset];
    // Before the first close it is worth its open.
    let open = || instrument.price(driver.series[asset].ticks(0, instrument).open);
    let price = last(driver, asset, holding, time_ns)?.unwrap_or_else(open);
    instrument.value(holding.quantity, price)
}

/// Every change of equity, by row, asset and cause; the parts of a row sum to its change, deposits left out.
pub fn explain(driver: &Driver) -> Result<Vec<Part>> {
    if let Some(all) = &driver.state.currencies {
        return across::explain(driver, all);
    }
    let (holdings, active) = (vec![Holding::default(); driver.series.len()], BTreeSet::new());
    let mut fold = Fold { driver, holdings, active, interest: Money::ZERO, parts: Vec::new() };
    let (mut row, mut taken) = (0, 0);
    for piece in driver.equity.pieces() {
        match piece {
            Piece::Rows(rows) => {
                for equity in rows {
                    for record in &driver.state.records[taken..equity.records as usize] {
                        fold.take(record)?;
                    }
                    taken = equity.records as usize;
                    fold.close(row, equity.time_ns)?;
                    row += 1;
                }
            }
            Piece::Quiet(_, stretch) => {
                fold.rest(row, stretch)?;
                row += stretch.bars.len();
            }
        }
    }
    Ok(fold.parts)
}
