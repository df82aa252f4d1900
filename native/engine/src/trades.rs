//! Trades: a holding from flat to flat, folded from the events of a run.

use workbench_market::Result;
use workbench_market::number::{Money, Price, Quantity, Rounding};

use crate::event::{Event, Fill, Record, Split};
use crate::order::Side;
use crate::state::State;

/// One round trip; quantities are in the units of its end.
#[derive(Clone, Debug)]
pub struct Trade {
    pub asset: usize,
    pub entry_ns: i64,
    pub exit_ns: Option<i64>,
    pub entered: Quantity,
    pub exited: Quantity,
    pub entry_value: Money,
    pub exit_value: Money,
    pub fees: Money,
    pub dividends: Money,
    /// Cash for the fractions that splits left.
    pub in_lieu: Money,
    /// Market value of what is still held.
    pub marked: Money,
    held: Quantity,
}

impl Trade {
    fn new(asset: usize, entry_ns: i64) -> Self {
        let (quantity, money) = (Quantity::ZERO, Money::ZERO);
        Self {
            asset,
            entry_ns,
            exit_ns: None,
            entered: quantity,
            exited: quantity,
            entry_value: money,
            exit_value: money,
            fees: money,
            dividends: money,
            in_lieu: money,
            marked: money,
            held: quantity,
        }
    }

    /// What came in less what went out, an open rest at its last close.
    pub fn profit(&self) -> Result<Money> {
        let received = self.exit_value.plus(self.dividends)?.plus(self.in_lieu)?.plus(self.marked)?;
        received.minus(self.entry_value)?.minus(self.fees)
    }

    pub fn entry_price(&self) -> Result<Option<Price>> {
        average(self.entry_value, self.entered)
    }

    pub fn exit_price(&self) -> Result<Option<Price>> {
        average(self.exit_value, self.exited)
    }

    fn fill(&mut self, fill: &Fill) -> Result<()> {
        self.fees = self.fees.plus(fill.fee)?;
        match fill.side {
            Side::Buy => {
                self.entered = self.entered.plus(fill.moved()?)?;
                self.entry_value = self.entry_value.plus(fill.value.minus(fill.withheld_value()?)?)?;
                self.held = self.held.plus(fill.moved()?)?;
            }
            Side::Sell => {
                self.exited = self.exited.plus(fill.quantity)?;
                self.exit_value = self.exit_value.plus(fill.value)?;
                self.held = self.held.minus(fill.quantity)?;
            }
        }
        Ok(())
    }

    fn split(&mut self, split: &Split) -> Result<()> {
        let (numerator, denominator) = (i128::from(split.numerator), i128::from(split.denominator));
        self.entered = self.entered.scaled(numerator, denominator, Rounding::AVERAGE_PRICE)?;
        self.exited = self.exited.scaled(numerator, denominator, Rounding::AVERAGE_PRICE)?;
        self.in_lieu = self.in_lieu.plus(split.cash)?;
        self.held = split.after;
        Ok(())
    }
}

/// Value per unit at Price's scale; None where nothing was traded.
pub fn average(value: Money, quantity: Quantity) -> Result<Option<Price>> {
    if quantity.is_zero() {
        return Ok(None);
    }
    let raw = workbench_market::number::mul_div(value.raw(), 1, quantity.raw(), Rounding::AVERAGE_PRICE)?;
    Price::new(raw).map(Some)
}

/// All trades of a run in the order of their entries; open ones are marked at the last close.
pub fn trades(state: &State) -> Result<Vec<Trade>> {
    let mut done: Vec<Trade> = Vec::new();
    let mut open: Vec<Option<usize>> = vec![None; state.instruments.len()];
    for record in &state.records {
        let Some(asset) = touched(&record.event) else { continue };
        let at = *open[asset].get_or_insert_with(|| {
            done.push(Trade::new(asset, record.time_ns));
            done.len() - 1
        });
        take(&mut done[at], record)?;
        if done[at].held.is_zero() {
            done[at].exit_ns = Some(record.time_ns);
            open[asset] = None;
        }
    }
    for at in open.into_iter().flatten() {
        done[at].marked = state.positions[done[at].asset].value;
    }
    Ok(done)
}

/// The asset whose trade an event belongs to; dividends and splits only ever meet an open one.
const fn touched(event: &Event) -> Option<usize> {
    match event {
        Event::Filled(fill) => Some(fill.asset),
        Event::Split(split) => Some(split.asset),
        Event::Dividend { asset, .. } => Some(*asset),
        _ => None,
    }
}

fn take(trade: &mut Trade, record: &Record) -> Result<()> {
    match &record.event {
        Event::Filled(fill) => trade.fill(fill),
        Event::Split(split) => trade.split(split),
        Event::Dividend { amount, .. } => {
            trade.dividends = trade.dividends.plus(*amount)?;
            Ok(())
        }
        _ => Ok(()),
    }
}
