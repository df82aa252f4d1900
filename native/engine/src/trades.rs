//! Trades: a holding from flat to flat, folded from the events of a run.

use workbench_market::Result;
use workbench_market::instrument::Instrument;
use workbench_market::number::{Money, Price, Quantity, Rounding};

use crate::event::{AssetEnd, Event, Fill, Record, Split};
use crate::order::Side;
use crate::state::State;

/// One round trip; quantities are in the units of its end. A holding whose asset goes over into another one stays one
/// trade; where the other is held already, the two are one from then on.
#[derive(Clone, Debug)]
pub struct Trade {
    pub asset: usize,
    pub entry_ns: i64,
    /// Assets it was in before, each until when.
    pub earlier: Vec<(usize, i64)>,
    pub exit_ns: Option<i64>,
    pub entered: Quantity,
    pub exited: Quantity,
    pub entry_value: Money,
    pub exit_value: Money,
    pub fees: Money,
    pub dividends: Money,
    /// Cash for the fractions that splits left, and what mergers paid beside units.
    pub in_lieu: Money,
    /// Market value of what is still held.
    pub marked: Money,
    held: Quantity,
    /// Whether another trade goes on with all that this one was.
    is_taken_in: bool,
}

impl Trade {
    fn new(asset: usize, entry_ns: i64) -> Self {
        let (quantity, money) = (Quantity::ZERO, Money::ZERO);
        Self {
            asset,
            entry_ns,
            earlier: Vec::new(),
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
            is_taken_in: false,
        }
    }

    /// What came in less what went out, an open rest at its last close.
    pub fn profit(&self) -> Result<Money> {
        let received = self.exit_value.plus(self.dividends)?.plus(self.in_lieu)?.plus(self.marked)?;
        received.minus(self.entry_value)?.minus(self.fees)
    }

    pub fn entry_price(&self, instrument: &Instrument) -> Result<Option<Price>> {
        average(self.entry_value, instrument.units(self.entered)?)
    }

    pub fn exit_price(&self, instrument: &Instrument) -> Result<Option<Price>> {
        average(self.exit_value, instrument.units(self.exited)?)
    }

    fn fill(&mut self, fill: &Fill, instrument: &Instrument) -> Result<()> {
        self.fees = self.fees.plus(fill.fee)?;
        match fill.side {
            Side::Buy => {
                self.entered = self.entered.plus(fill.moved()?)?;
                self.entry_value = self.entry_value.plus(fill.value.minus(fill.withheld_value(instrument)?)?)?;
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

impl Trade {
    /// The end of its asset: a sale of all for cash, or a change of units.
    fn end(&mut self, end: &AssetEnd) -> Result<()> {
        if end.other.is_none() {
            self.exited = self.exited.plus(end.before)?;
            self.exit_value = self.exit_value.plus(end.cash)?;
            self.held = Quantity::ZERO;
            return Ok(());
        }
        let (numerator, denominator) = (i128::from(end.numerator), i128::from(end.denominator));
        self.entered = self.entered.scaled(numerator, denominator, Rounding::AVERAGE_PRICE)?;
        self.exited = self.exited.scaled(numerator, denominator, Rounding::AVERAGE_PRICE)?;
        self.in_lieu = self.in_lieu.plus(end.cash)?.plus(end.in_lieu)?;
        self.held = end.after;
        Ok(())
    }

    /// Goes on in another asset from a time on.
    fn go_over(&mut self, other: usize, time_ns: i64) {
        self.earlier.push((self.asset, time_ns));
        self.asset = other;
    }

    /// Takes in a trade whose asset has gone over into this one's.
    fn absorb(&mut self, from: &Self) -> Result<()> {
        self.entered = self.entered.plus(from.entered)?;
        self.exited = self.exited.plus(from.exited)?;
        self.entry_value = self.entry_value.plus(from.entry_value)?;
        self.exit_value = self.exit_value.plus(from.exit_value)?;
        self.fees = self.fees.plus(from.fees)?;
        self.dividends = self.dividends.plus(from.dividends)?;
        self.in_lieu = self.in_lieu.plus(from.in_lieu)?;
        self.held = self.held.plus(from.held)?;
        Ok(())
    }
}

/// Value per unit, each of the multiplier, at Price's scale; None where nothing was traded.
pub fn average(value: Money, quantity: Quantity) -> Result<Option<Price>> {
    if quantity.is_zero() {
        return Ok(None);
    }
    let raw = workbench_market::number::mul_div(value.raw(), 1, quantity.raw(), Rounding::AVERAGE_PRICE)?;
    Price::new(raw).map(Some)
}

/// All trades of a run in the order of their entries; open ones are marked at the last close.
pub fn trades(state: &State) -> Result<Vec<Trade>> {
    let mut fold = Fold { state, done: Vec::new(), open: vec![None; state.instruments.len()] };
    state.records.iter().try_for_each(|record| fold.take(record))?;
    for at in fold.open.into_iter().flatten() {
        fold.done[at].marked = state.positions[fold.done[at].asset].value;
    }
    Ok(fold.done.into_iter().filter(|trade| !trade.is_taken_in).collect())
}

/// The trades so far, and the open one of each asset.
struct Fold<'a> {
    state: &'a State,
    done: Vec<Trade>,
    open: Vec<Option<usize>>,
}

impl Fold<'_> {
    fn take(&mut self, record: &Record) -> Result<()> {
        let Some(asset) = touched(&record.event) else { return Ok(()) };
        let at = *self.open[asset].get_or_insert_with(|| {
            self.done.push(Trade::new(asset, record.time_ns));
            self.done.len() - 1
        });
        take(&mut self.done[at], record, &self.state.instruments[asset])?;
        if self.done[at].held.is_zero() {
            self.done[at].exit_ns = Some(record.time_ns);
            self.open[asset] = None;
        } else if let Event::AssetEnd(AssetEnd { other: Some(other), .. }) = record.event {
            self.open[asset] = None;
            self.go_over(at, other, record.time_ns)?;
        }
        Ok(())
    }

    /// The trade goes on as the other asset's open one, or is taken in by that; the earlier entry stays.
    fn go_over(&mut self, at: usize, other: usize, time_ns: i64) -> Result<()> {
        self.done[at].go_over(other, time_ns);
        let Some(held) = self.open[other] else {
            self.open[other] = Some(at);
            return Ok(());
        };
        let (kept, gone) = (at.min(held), at.max(held));
        let absorbed = self.done[gone].clone();
        self.done[gone].is_taken_in = true;
        self.open[other] = Some(kept);
        self.done[kept].absorb(&absorbed)
    }
}

/// The asset whose trade an event belongs to; corporate actions only ever meet an open one.
const fn touched(event: &Event) -> Option<usize> {
    match event {
        Event::Filled(fill) => Some(fill.asset),
        Event::Split(split) => Some(split.asset),
        Event::AssetEnd(end) if !end.before.is_zero() => Some(end.asset),
        Event::Dividend { asset, .. } => Some(*asset),
        _ => None,
    }
}

fn take(trade: &mut Trade, record: &Record, instrument: &Instrument) -> Result<()> {
    match &record.event {
        Event::Filled(fill) => trade.fill(fill, instrument),
        Event::Split(split) => trade.split(split),
        Event::AssetEnd(end) => trade.end(end),
        Event::Dividend { amount, .. } => {
            trade.dividends = trade.dividends.plus(*amount)?;
            Ok(())
        }
        _ => Ok(()),
    }
}
