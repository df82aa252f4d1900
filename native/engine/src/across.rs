//! Profit explained in several currencies: what each cause did to an asset, told in the account's currency.
//!
//! The one idea: in its own currency every amount is exact. What a currency's net was worth before and is worth now are
//! two rounded translations; amounts are added one after the other, and each is told as what it adds to the translation of
//! the sum, so that nothing is left over.

use std::collections::BTreeMap;

use workbench_market::number::{Money, Price, Quantity};
use workbench_market::{Error, Result};

use crate::currency::{BookRow, Currencies};
use crate::driver::Driver;
use crate::event::{AssetEnd, Event, Fill, Record};
use crate::explain::{Cause, Part};
use crate::order::Side;

/// In the place of an asset: the balance of a currency itself, which comes after all assets.
const CASH: usize = usize::MAX;

/// By currency, asset and cause.
type Amounts = BTreeMap<(usize, usize, Cause), Money>;

/// What there was at the row before.
struct Before {
    time_ns: i64,
    /// By currency, cash and what is to be paid together.
    cash: Vec<Money>,
    values: Vec<(usize, Money)>,
    worths: Vec<(usize, Money)>,
}

struct Fold<'a> {
    driver: &'a Driver,
    all: &'a Currencies,
    before: Before,
    /// What is held of contracts that were never paid for.
    held: Vec<Quantity>,
    amounts: Amounts,
    /// What went from one currency into another one, in the account's at the rates of then: it is no profit of either.
    moved: Amounts,
    parts: Vec<Part>,
}

impl Before {
    fn of(time_ns: i64, row: &BookRow) -> Result<Self> {
        let cash = row.cash.iter().zip(&row.receivable).map(|(cash, due)| cash.plus(*due)).collect::<Result<_>>()?;
        Ok(Self { time_ns, cash, values: row.values.clone(), worths: row.worths.clone() })
    }

    /// What was paid in.
    fn deposits(time_ns: i64, all: &Currencies) -> Self {
        let mut cash = vec![Money::ZERO; all.names.len()];
        all.deposits.iter().for_each(|&(currency, amount)| cash[currency] = amount);
        Self { time_ns, cash, values: Vec::new(), worths: Vec::new() }
    }

    /// What a currency is made of: the holdings in it by index, then its balance.
    fn parts(&self, all: &Currencies, currency: usize) -> Vec<(usize, Money)> {
        let held = self.values.iter().filter(|(asset, _)| all.listings[*asset].currency == currency);
        held.copied().chain([(CASH, self.cash[currency])]).collect()
    }
}

fn add(amounts: &mut Amounts, key: (usize, usize, Cause), amount: Money) -> Result<()> {
    let sum = amounts.entry(key).or_default();
    *sum = sum.plus(amount)?;
    Ok(())
}

impl Fold<'_> {
    fn add(&mut self, currency: usize, asset: usize, cause: Cause, amount: Money) -> Result<()> {
        add(&mut self.amounts, (currency, asset, cause), amount)
    }

    /// What was given in one currency for what came in another one.
    fn exchange(&mut self, time_ns: i64, asset: usize, from: (usize, Money), to: usize) -> Result<()> {
        let worth = self.all.rates.convert_at(time_ns, from.1, from.0, 0)?;
        add(&mut self.moved, (from.0, asset, Cause::Fx), worth)?;
        add(&mut self.moved, (to, asset, Cause::Fx), worth.negative())
    }

    /// What a record means for profit, in the currencies it is in.
    fn take(&mut self, record: &Record) -> Result<()> {
        let currency = |asset: usize| self.all.listings[asset].currency;
        match &record.event {
            Event::Filled(fill) => self.fill(fill, record.time_ns),
            Event::Exchange { asset, currency, amount, paid } => {
                let asset = asset.unwrap_or(CASH);
                self.add(*currency, asset, Cause::Fx, *amount)?;
                self.add(0, asset, Cause::Fx, paid.negative())?;
                self.exchange(record.time_ns, asset, (0, *paid), *currency)
            }
            Event::Fee { asset, currency, amount, .. } => self.add(*currency, *asset, Cause::Fees, amount.negative()),
            Event::Split(split) => self.add(currency(split.asset), split.asset, Cause::CashInLieu, split.cash),
            Event::AssetEnd(end) => self.end(end),
            Event::Dividend { asset, amount, .. } => self.add(currency(*asset), *asset, Cause::Dividends, *amount),
            Event::Borrow { asset, amount } => self.add(currency(*asset), *asset, Cause::Borrow, *amount),
            Event::Interest { currency, amount } => self.add(*currency, CASH, Cause::Interest, *amount),
            Event::Funding { asset, amount, .. } => self.add(currency(*asset), *asset, Cause::Funding, *amount),
            // Deposits stand outside; a payment turns what was receivable into cash, a variation what was gained at prices
            // that are explained already; the others are about orders.
            Event::Cross { .. }
            | Event::Transfer { .. }
            | Event::Deposit { .. }
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
            | Event::MarginCall { .. }
            | Event::Bankrupt { .. }
            | Event::Halted { .. } => Ok(()),
        }
    }

    /// A fill at its reference price. What it was worse by is slippage; what it takes out of one currency and brings into
    /// another one is a matter of their rate.
    fn fill(&mut self, fill: &Fill, time_ns: i64) -> Result<()> {
        let (asset, kept, exchanged) = (
            fill.asset,
            fill.withheld_value(&self.driver.state.instruments[fill.asset])?,
            self.driver.state.exchanged(fill.asset),
        );
        let quote = self.all.listings[asset].currency;
        let instrument = &self.driver.state.instruments[asset];
        let at_reference = fill.worth_at_reference(self.held[asset], instrument)?;
        if instrument.kind.is_unpaid() {
            self.held[asset] = self.held[asset].plus(fill.side.signed(fill.quantity))?;
        }
        let is_buy = fill.side == Side::Buy;
        self.add(quote, asset, Cause::Slippage, fill.slippage.negative())?;
        if let Some(base) = exchanged {
            let (units, withheld) = (Price::ONE.times(fill.quantity)?, Price::ONE.times(fill.withheld)?);
            self.add(base, asset, Cause::Fx, if is_buy { units } else { units.negative() })?;
            self.add(base, asset, Cause::Fees, withheld.negative())?;
            self.add(quote, asset, Cause::Fx, if is_buy { at_reference.negative() } else { at_reference })?;
            let (given, to) = if is_buy { ((quote, at_reference), base) } else { ((base, units), quote) };
            self.exchange(time_ns, asset, given, to)?;
            return self.add(quote, asset, Cause::Fees, kept.minus(fill.fee)?);
        }
        self.add(quote, asset, Cause::Fees, fill.fee.negative())?;
        let proceeds = if is_buy { kept.minus(at_reference)? } else { at_reference };
        if fill.holding == asset {
            return self.add(quote, asset, Cause::Price, proceeds);
        }
        let home = self.all.listings[fill.holding].currency;
        let crossed = self.all.rates.convert_at(time_ns, proceeds, quote, home)?;
        self.exchange(time_ns, asset, (quote, proceeds.negative()), home)?;
        self.add(quote, asset, Cause::Fx, proceeds)?;
        self.add(home, fill.holding, Cause::Fx, crossed.negative())?;
        self.add(home, fill.holding, Cause::Price, crossed)
    }

    /// An asset that ends is left for its cash and for the units that come, and those are taken at the same value.
    fn end(&mut self, end: &AssetEnd) -> Result<()> {
        let currency = self.all.listings[end.asset].currency;
        let brought = end.brought(&self.driver.state.instruments[end.asset]);
        self.held[end.asset] = Quantity::ZERO;
        self.add(currency, end.asset, Cause::Price, brought.plus(end.taken)?)?;
        self.add(currency, end.asset, Cause::CashInLieu, end.in_lieu)?;
        end.other.map_or(Ok(()), |other| self.add(currency, other, Cause::Price, end.taken.negative()))
    }

    /// Ends an equity row.
    fn close(&mut self, row: usize, time_ns: i64, book: &BookRow) -> Result<()> {
        let (before, instruments) = (&self.before, &self.driver.state.instruments);
        let is_paid = |&&(asset, _): &&(usize, Money)| !instruments[asset].kind.is_unpaid();
        let was = before.values.iter().filter(is_paid).chain(&before.worths);
        let is = book.values.iter().filter(is_paid).chain(&book.worths).copied();
        for (asset, change) in was.map(|&(asset, value)| (asset, value.negative())).chain(is) {
            add(&mut self.amounts, (self.all.listings[asset].currency, asset, Cause::Price), change)?;
        }
        let (now, amounts) = (Before::of(time_ns, book)?, std::mem::take(&mut self.amounts));
        let mut told = std::mem::take(&mut self.moved);
        for currency in 0..self.all.names.len() {
            self.tell(currency, &now, &amounts, &mut told)?;
        }
        let parts = told.into_iter().filter(|(_, amount)| !amount.is_zero());
        self.parts.extend(parts.map(|((currency, asset, cause), amount)| {
            let asset = Some(asset).filter(|&asset| asset != CASH);
            Part { row, asset, currency, cause, amount }
        }));
        self.before = now;
        Ok(())
    }

    /// One currency: what it opened with at the new rate less at the old one, then each amount on top of it.
    fn tell(&self, currency: usize, now: &Before, amounts: &Amounts, told: &mut Amounts) -> Result<()> {
        let translate = |time_ns: i64, amount: Money| self.all.rates.convert_at(time_ns, amount, currency, 0);
        let (mut net, mut worth, mut was_worth) = (Money::ZERO, Money::ZERO, Money::ZERO);
        for (asset, amount) in self.before.parts(self.all, currency) {
            net = net.plus(amount)?;
            let (then, before) = (translate(now.time_ns, net)?, translate(self.before.time_ns, net)?);
            add(told, (currency, asset, Cause::Fx), then.minus(worth)?.minus(before.minus(was_worth)?)?)?;
            (worth, was_worth) = (then, before);
        }
        for (&key, &amount) in amounts.range((currency, 0, Cause::Price)..(currency + 1, 0, Cause::Price)) {
            net = net.plus(amount)?;
            let then = translate(now.time_ns, net)?;
            add(told, key, then.minus(worth)?)?;
            worth = then;
        }
        let is = now.parts(self.all, currency).into_iter().try_fold(Money::ZERO, |sum, (_, part)| sum.plus(part))?;
        if net == is {
            return Ok(());
        }
        let name = &self.all.names[currency];
        Err(Error::Ledger(format!(
            "{name} adds up to {net} and is {is}; this is a defect in workbench, please report it"
        )))
    }
}

/// Every change of equity, by row, currency, asset and cause; the parts of a row sum to its change, deposits left out.
pub fn explain(driver: &Driver, all: &Currencies) -> Result<Vec<Part>> {
    let first_ns = if driver.equity.is_empty() { 0 } else { driver.equity_row(0)?.time_ns };
    let before = Before::deposits(first_ns, all);
    let (amounts, moved) = (Amounts::new(), Amounts::new());
    let held = vec![Quantity::ZERO; driver.series.len()];
    let mut fold = Fold { driver, all, before, held, amounts, moved, parts: Vec::new() };
    let mut taken = 0;
    for (row, (equity, book)) in driver.curve().zip(&driver.books).enumerate() {
        let equity = equity?;
        for record in &driver.state.records[taken..equity.records as usize] {
            fold.take(record)?;
        }
        taken = equity.records as usize;
        fold.close(row, equity.time_ns, book)?;
    }
    Ok(fold.parts)
}
