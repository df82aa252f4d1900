//! Trades: a holding from flat to flat, folded from the events of a run.

use workbench_market::Result;
use workbench_market::instrument::{Instrument, Kind};
use workbench_market::number::{Money, Price, Quantity, Rounding};

use crate::event::{AssetEnd, Event, Fill, Record, Split};
use crate::order::Side;
use crate::state::State;

/// One round trip; quantities are in the units of its end. A holding whose asset goes over into another one stays one
/// trade; where the other is held already, the two are one from then on.
#[derive(Clone, Debug)]
pub struct Trade {
    pub asset: usize,
    /// That of its entries.
    side: Side,
    pub entry_ns: i64,
    /// Assets it was in before, each until when.
    pub earlier: Vec<(usize, i64)>,
    pub exit_ns: Option<i64>,
    pub entered: Quantity,
    pub exited: Quantity,
    pub entry_value: Money,
    pub exit_value: Money,
    /// What was paid to trade, to borrow what was sold short, and for funding less what that brought.
    pub fees: Money,
    pub dividends: Money,
    /// Cash for the fractions that splits left, and what mergers paid beside units.
    pub in_lieu: Money,
    /// Market value of what is still held, less than nothing of a short.
    pub marked: Money,
    held: Quantity,
    /// Whether another trade goes on with all that this one was.
    is_taken_in: bool,
}

impl Trade {
    fn new(asset: usize, side: Side, entry_ns: i64) -> Self {
        let (quantity, money) = (Quantity::ZERO, Money::ZERO);
        Self {
            asset,
            side,
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

    /// Whether it gains by a rise or by a fall.
    pub const fn direction(&self) -> &'static str {
        match self.side {
            Side::Buy => "long",
            Side::Sell => "short",
        }
    }

    /// What came in less what went out, an open rest at its last close.
    pub fn profit(&self) -> Result<Money> {
        let (bought, sold) = match self.side {
            Side::Buy => (self.entry_value, self.exit_value),
            Side::Sell => (self.exit_value, self.entry_value),
        };
        let received = sold.plus(self.dividends)?.plus(self.in_lieu)?.plus(self.marked)?;
        received.minus(bought)?.minus(self.fees)
    }

    pub fn entry_price(&self, instrument: &Instrument) -> Result<Option<Price>> {
        instrument.average(self.entry_value, self.entered)
    }

    pub fn exit_price(&self, instrument: &Instrument) -> Result<Option<Price>> {
        instrument.average(self.exit_value, self.exited)
    }

    /// Takes a fill, or a part of one.
    fn fill(&mut self, deal: &Deal) -> Result<()> {
        self.fees = self.fees.plus(deal.fee)?;
        let (units, value) = if deal.side == self.side {
            (&mut self.entered, &mut self.entry_value)
        } else {
            (&mut self.exited, &mut self.exit_value)
        };
        (*units, *value) = (units.plus(deal.quantity)?, value.plus(deal.value)?);
        self.held = self.held.plus(deal.side.signed(deal.quantity))?;
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
    fn end(&mut self, end: &AssetEnd, brought: Money) -> Result<()> {
        if end.other.is_none() {
            let (units, cash) = match self.side {
                Side::Buy => (end.before, brought),
                Side::Sell => (end.before.negative(), brought.negative()),
            };
            (self.exited, self.exit_value) = (self.exited.plus(units)?, self.exit_value.plus(cash)?);
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

    /// Takes in a trade whose asset has gone over into this one's; of the other side it brings what it has made so far.
    fn absorb(&mut self, from: &Self) -> Result<()> {
        self.held = self.held.plus(from.held)?;
        if self.side != from.side {
            self.in_lieu = self.in_lieu.plus(from.profit()?)?;
            return Ok(());
        }
        self.entered = self.entered.plus(from.entered)?;
        self.exited = self.exited.plus(from.exited)?;
        self.entry_value = self.entry_value.plus(from.entry_value)?;
        self.exit_value = self.exit_value.plus(from.exit_value)?;
        self.fees = self.fees.plus(from.fees)?;
        self.dividends = self.dividends.plus(from.dividends)?;
        self.in_lieu = self.in_lieu.plus(from.in_lieu)?;
        Ok(())
    }
}

/// What a fill does to one trade.
struct Deal {
    side: Side,
    quantity: Quantity,
    /// Without what was kept as a fee.
    value: Money,
    fee: Money,
}

impl Deal {
    fn of(fill: &Fill, instrument: &Instrument) -> Result<Self> {
        let value = fill.worth(instrument).minus(fill.withheld_value(instrument)?)?;
        Ok(Self { side: fill.side, quantity: fill.moved()?, value, fee: fill.fee })
    }

    /// The same in the currency that the holding is kept in.
    fn at_home(self, state: &State, fill: &Fill, time_ns: i64) -> Result<Self> {
        let Some(all) = state.currencies.as_ref().filter(|_| fill.holding != fill.asset) else { return Ok(self) };
        let (from, to) = (state.currency(fill.asset), state.currency(fill.holding));
        let convert = |amount| all.rates.convert_at(time_ns, amount, from, to);
        Ok(Self { value: convert(self.value)?, fee: convert(self.fee)?, ..self })
    }

    /// The part that closes a holding, and what is left to open on the other side; the fee is shared by quantity.
    fn crossed(self, closed: Quantity, price: Price, instrument: &Instrument) -> Result<(Self, Self)> {
        let value = instrument.value(closed, price)?;
        let fee = self.fee.scaled(closed.raw(), self.quantity.raw(), Rounding::FEE)?;
        let rest = self.quantity.minus(closed)?;
        let paid = match instrument.kind {
            Kind::Inverse => instrument.value(rest, price)?,
            _ => self.value.minus(value)?,
        };
        let opening = Self { side: self.side, quantity: rest, value: paid, fee: self.fee.minus(fee)? };
        Ok((Self { side: self.side, quantity: closed, value, fee }, opening))
    }
}

/// All trades of a run in the order of their entries; open ones are marked at the last close.
pub fn trades(state: &State) -> Result<Vec<Trade>> {
    let none = vec![None; state.instruments.len()];
    let mut fold = Fold { state, done: Vec::new(), open: none.clone(), last: none };
    state.records.iter().try_for_each(|record| fold.take(record))?;
    for at in fold.open.into_iter().flatten() {
        fold.done[at].marked = state.worth(fold.done[at].asset);
    }
    Ok(fold.done.into_iter().filter(|trade| !trade.is_taken_in).collect())
}

/// The trades so far, and of each asset the open one, and the last one of all.
struct Fold<'a> {
    state: &'a State,
    done: Vec<Trade>,
    open: Vec<Option<usize>>,
    last: Vec<Option<usize>>,
}

impl Fold<'_> {
    fn take(&mut self, record: &Record) -> Result<()> {
        match &record.event {
            Event::Filled(fill) => return self.fill(fill, record.time_ns),
            &Event::Fee { asset, currency, amount, .. } => return self.charge(asset, currency, amount, record.time_ns),
            _ => {}
        }
        let Some(at) = touched(&record.event).and_then(|asset| self.open[asset]) else { return Ok(()) };
        take(&mut self.done[at], record, self.state)?;
        if let Event::AssetEnd(AssetEnd { other: Some(other), .. }) = record.event
            && !self.done[at].held.is_zero()
        {
            self.open[self.done[at].asset] = None;
            return self.go_over(at, other, record.time_ns);
        }
        self.settle(at, record.time_ns);
        Ok(())
    }

    /// A fill is one of the open trade; what goes beyond its holding is the first of a new one.
    fn fill(&mut self, fill: &Fill, time_ns: i64) -> Result<()> {
        let instrument = &self.state.instruments[fill.asset];
        let mut deal = Deal::of(fill, instrument)?.at_home(self.state, fill, time_ns)?;
        if let Some(at) = self.open[fill.holding] {
            let held = self.done[at].held;
            let size = held.abs();
            if fill.side.reduces(held) && size < deal.quantity {
                let (closing, opening) = deal.crossed(size, fill.price, instrument)?;
                self.put(at, &closing, time_ns)?;
                deal = opening;
            }
        }
        let at = *self.open[fill.holding].get_or_insert_with(|| {
            self.done.push(Trade::new(fill.holding, fill.side, time_ns));
            self.done.len() - 1
        });
        self.put(at, &deal, time_ns)
    }

    /// A fee in another currency comes right after its fill, which may have ended the trade.
    fn charge(&mut self, asset: usize, currency: usize, amount: Money, time_ns: i64) -> Result<()> {
        let home = self.state.holder(asset);
        let (Some(at), Some(all)) = (self.last[home], &self.state.currencies) else { return Ok(()) };
        let fee = all.rates.convert_at(time_ns, amount, currency, self.state.currency(home))?;
        self.done[at].fees = self.done[at].fees.plus(fee)?;
        Ok(())
    }

    fn put(&mut self, at: usize, deal: &Deal, time_ns: i64) -> Result<()> {
        self.last[self.done[at].asset] = Some(at);
        self.done[at].fill(deal)?;
        self.settle(at, time_ns);
        Ok(())
    }

    /// Ends a trade of which nothing is held any more.
    fn settle(&mut self, at: usize, time_ns: i64) {
        let trade = &mut self.done[at];
        if trade.held.is_zero() {
            trade.exit_ns = Some(time_ns);
            self.open[trade.asset] = None;
        }
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
        self.done[kept].absorb(&absorbed)?;
        self.settle(kept, time_ns);
        Ok(())
    }
}

/// The asset whose open trade an event belongs to.
const fn touched(event: &Event) -> Option<usize> {
    match event {
        Event::Split(split) => Some(split.asset),
        Event::AssetEnd(end) if !end.before.is_zero() => Some(end.asset),
        Event::Dividend { asset, .. } | Event::Borrow { asset, .. } | Event::Funding { asset, .. } => Some(*asset),
        _ => None,
    }
}

fn take(trade: &mut Trade, record: &Record, state: &State) -> Result<()> {
    match &record.event {
        Event::Split(split) => trade.split(split),
        Event::AssetEnd(end) => trade.end(end, end.brought(&state.instruments[end.asset])),
        Event::Dividend { amount, .. } => {
            trade.dividends = trade.dividends.plus(*amount)?;
            Ok(())
        }
        Event::Borrow { amount, .. } | Event::Funding { amount, .. } => {
            trade.fees = trade.fees.minus(*amount)?;
            Ok(())
        }
        _ => Ok(()),
    }
}
