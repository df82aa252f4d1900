//! Accounts in several currencies: balances, free cash, translation, exchange, and pairs that swap one balance for another.
//!
//! The one idea: amounts stay in their own currency until a total is wanted, which translates the net of each currency once.
//! Number 0 is the account's currency. A run in one currency has none of this.

use workbench_market::Result;
use workbench_market::number::{Money, Price, Quantity, Rounding, mul_div};

use crate::command::Weight;
use crate::event::{Event, Fill};
use crate::ledger::{Account, Entry};
use crate::order::{Order, Side};
use crate::rates::Rates;
use crate::risk;
use crate::state::{Position, State};

/// What a fill of an asset moves beside the money of its prices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pairing {
    /// A holding of its own.
    #[default]
    None,
    /// The balance of another currency.
    Exchange { base: usize },
    /// A holding that other pairs with the same base share; cost and value are kept at the first of them.
    Shared { home: usize },
}

/// The currency of an asset's prices, and what it moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    pub currency: usize,
    pub pairing: Pairing,
}

/// What a run in several currencies knows of them.
#[derive(Clone, Debug, Default)]
pub struct Currencies {
    pub names: Vec<String>,
    pub rates: Rates,
    pub listings: Vec<Listing>,
    /// What is paid in at the start, in this order.
    pub deposits: Vec<(usize, Money)>,
    /// Market value, and what working orders hold back, by currency.
    values: Vec<Money>,
    reserved: Vec<Money>,
}

/// What of a currency's reserved cash is an order's own.
type Own = (usize, Money);
const NOTHING: Own = (0, Money::ZERO);

/// What the account is worth, in its currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub cash: Money,
    pub receivable: Money,
    pub equity: Money,
}

/// What was there at the end of a slice, currency by currency and asset by asset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BookRow {
    pub cash: Vec<Money>,
    pub receivable: Vec<Money>,
    /// Holdings that are worth something, by asset index.
    pub values: Vec<(usize, Money)>,
    /// What they would bring where they were never paid for.
    pub worths: Vec<(usize, Money)>,
}

impl Currencies {
    pub fn new(names: Vec<String>, rates: Rates, listings: Vec<Listing>, deposits: Vec<(usize, Money)>) -> Self {
        let none = vec![Money::ZERO; names.len()];
        Self { names, rates, listings, deposits, values: none.clone(), reserved: none }
    }

    /// The same before the first bar.
    pub fn fresh(&self) -> Self {
        let mut rates = self.rates.clone();
        rates.rewind();
        Self::new(self.names.clone(), rates, self.listings.clone(), self.deposits.clone())
    }

    pub fn translate(&self, amount: Money, currency: usize) -> Result<Money> {
        self.rates.convert(amount, currency, 0, Rounding::TRANSLATION)
    }

    fn reserved_but(&self, currency: usize, own: Own) -> Result<Money> {
        if own.0 == currency { self.reserved[currency].minus(own.1) } else { Ok(self.reserved[currency]) }
    }

    /// The pairs that share the holding of this one, itself included; empty where it shares none.
    fn sharing(&self, asset: usize) -> Vec<usize> {
        let pairing = self.listings[asset].pairing;
        let is_same = |&other: &usize| self.listings[other].pairing == pairing;
        match pairing {
            Pairing::Shared { .. } => (0..self.listings.len()).filter(is_same).collect(),
            _ => Vec::new(),
        }
    }
}

/// Of each fill, in their order, what was charged for it in other currencies, in the account's at the rates of then.
pub fn fees_elsewhere(state: &State) -> Result<Vec<Money>> {
    let mut fees: Vec<Money> = Vec::new();
    for record in &state.records {
        match (&record.event, fees.last_mut(), &state.currencies) {
            (Event::Filled(_), ..) => fees.push(Money::ZERO),
            (Event::Fee { currency, amount, .. }, Some(last), Some(all)) => {
                *last = last.plus(all.rates.convert_at(record.time_ns, *amount, *currency, 0)?)?;
            }
            _ => {}
        }
    }
    Ok(fees)
}

/// Reading: what an asset is in, and what that is worth.
impl State {
    /// The number of the currency that an asset's prices are in.
    pub fn currency(&self, asset: usize) -> usize {
        self.currencies.as_ref().map_or(0, |all| all.listings[asset].currency)
    }

    /// An amount in an asset's currency as one in the account's.
    pub fn translated(&self, asset: usize, amount: Money) -> Result<Money> {
        self.currencies.as_ref().map_or(Ok(amount), |all| all.translate(amount, all.listings[asset].currency))
    }

    /// An amount in the account's currency as one in an asset's.
    pub fn from_home(&self, amount: Money, asset: usize) -> Result<Money> {
        let Some(all) = &self.currencies else { return Ok(amount) };
        all.rates.convert(amount, 0, all.listings[asset].currency, Rounding::TRANSLATION)
    }

    /// An amount in the currency of one asset as one in that of another.
    pub fn converted(&self, amount: Money, from: usize, to: usize) -> Result<Money> {
        let Some(all) = &self.currencies else { return Ok(amount) };
        all.rates.convert(amount, all.listings[from].currency, all.listings[to].currency, Rounding::TRANSLATION)
    }

    /// A part of an amount in an asset's currency as money of the account, rounded once.
    pub fn part_of(&self, asset: usize, amount: Money, part: Weight) -> Result<Money> {
        match &self.currencies {
            None => amount.scaled(part.raw(), Weight::ONE.raw(), Rounding::MARGIN),
            Some(all) => all.rates.convert_part(amount, part, all.listings[asset].currency),
        }
    }

    /// The currency whose balance an asset's fills move.
    pub fn exchanged(&self, asset: usize) -> Option<usize> {
        match self.currencies.as_ref()?.listings[asset].pairing {
            Pairing::Exchange { base } => Some(base),
            _ => None,
        }
    }

    /// The asset at which an asset's holding is kept: itself but for pairs that share one.
    pub fn holder(&self, asset: usize) -> usize {
        match self.currencies.as_ref().map(|all| all.listings[asset].pairing) {
            Some(Pairing::Shared { home }) => home,
            _ => asset,
        }
    }

    /// The pairs that share the holding of this one, itself included; empty where it shares none.
    pub fn sharing(&self, asset: usize) -> Vec<usize> {
        self.currencies.as_ref().map_or_else(Vec::new, |all| all.sharing(asset))
    }

    /// An amount in the currency of a fill, as one in the currency its holding is kept in.
    pub fn at_home(&self, fill: &Fill, amount: Money) -> Result<Money> {
        let Some(all) = self.currencies.as_ref().filter(|_| fill.holding != fill.asset) else { return Ok(amount) };
        all.rates.convert(amount, self.currency(fill.asset), self.currency(fill.holding), Rounding::TRANSLATION)
    }

    fn balance_of(&self, currency: usize) -> Money {
        self.ledger.balance_in(Account::Cash, currency)
    }

    /// Cash, receivable and equity in the account's currency; the net of each currency is translated once.
    pub fn totals(&self) -> Result<Totals> {
        let Some(all) = &self.currencies else {
            let (cash, receivable) = (self.cash(), self.ledger.outstanding()?);
            return Ok(Totals { cash, receivable, equity: self.equity()? });
        };
        let mut totals = Totals::default();
        for (currency, value) in all.values.iter().enumerate() {
            let (cash, receivable) = (self.balance_of(currency), self.ledger.outstanding_in(currency)?);
            let net = cash.plus(receivable)?.plus(*value)?;
            totals.cash = totals.cash.plus(all.translate(cash, currency)?)?;
            totals.receivable = totals.receivable.plus(all.translate(receivable, currency)?)?;
            totals.equity = totals.equity.plus(all.translate(net, currency)?)?;
        }
        Ok(totals)
    }

    /// What there is at the end of a slice.
    pub fn book_row(&self) -> Result<BookRow> {
        let Some(all) = &self.currencies else { return Ok(BookRow::default()) };
        let cash = (0..all.names.len()).map(|currency| self.balance_of(currency)).collect();
        let due = (0..all.names.len()).map(|currency| self.ledger.outstanding_in(currency));
        let is_kept = |&asset: &usize| self.holder(asset) == asset && self.exchanged(asset).is_none();
        let held = (0..self.positions.len()).filter(is_kept).map(|asset| (asset, self.positions[asset].value));
        let values = held.filter(|(_, value)| !value.is_zero()).collect();
        let worths = self.positions.iter().map(|position| position.worth).enumerate();
        let worths = worths.filter(|(_, worth)| !worth.is_zero()).collect();
        Ok(BookRow { cash, receivable: due.collect::<Result<_>>()?, values, worths })
    }

    /// Cash of a currency that no order has reserved, but for what one has of its own.
    fn free_balance(&self, all: &Currencies, currency: usize, own: Own) -> Result<Money> {
        Ok(self.balance_of(currency).minus(all.reserved_but(currency, own)?)?.max(Money::ZERO))
    }

    /// Cash of the account's currency that nothing has reserved, also not what other balances will lack.
    fn free_home(&self, all: &Currencies, own: Own) -> Result<Money> {
        let mut free = self.balance_of(0).minus(all.reserved_but(0, own)?)?;
        for currency in 1..all.names.len() {
            let lacking = all.reserved_but(currency, own)?.minus(self.balance_of(currency))?.max(Money::ZERO);
            free = free.minus(all.translate(lacking, currency)?)?;
        }
        Ok(free)
    }

    /// What an order in an asset can use, in its currency, where `own` of what is reserved is its own: that currency's
    /// balance, and what the account's cash buys of it.
    pub fn free_for(&self, asset: usize, own: Money) -> Result<Money> {
        let Some(all) = &self.currencies else { return self.free_cash()?.plus(own) };
        let listing = all.listings[asset];
        let (currency, own) = (listing.currency, (listing.currency, own));
        if currency == 0 {
            return self.free_home(all, own);
        }
        let free = self.free_balance(all, currency, own)?;
        // Whoever buys the account's currency has nothing to exchange for what it is paid with.
        if listing.pairing == (Pairing::Exchange { base: 0 }) {
            return Ok(free);
        }
        let home = self.free_home(all, own)?.max(Money::ZERO);
        free.plus(all.rates.convert(home, 0, currency, Rounding::BOUGHT)?)
    }

    /// The same with what working sells bring at the last closes, in the order's currency or in the account's; a holding
    /// that several pairs share is sold once.
    pub fn soon_free_for(&self, order: &Order) -> Result<Money> {
        let (asset, mut cash) = (order.ask.asset, risk::available(self, order)?);
        let mut left: Vec<Quantity> = self.positions.iter().map(|position| position.quantity).collect();
        for (sold, working) in self.working.iter().enumerate() {
            let (from, to) = (self.currency(sold), self.currency(asset));
            let Some(last) = self.positions[sold].last.filter(|_| from == to || from == 0) else { continue };
            let sells = working.iter().map(|&index| &self.orders[index]).filter(|order| order.ask.side == Side::Sell);
            let mut most = left[self.holder(sold)];
            let mut asked = Quantity::ZERO;
            for sell in sells {
                asked = asked.plus(sell.leaves())?;
                most = if self.exchanged(sold).is_some() { self.sellable(sell)? } else { most };
            }
            let count = asked.min(most).max(Quantity::ZERO);
            left[self.holder(sold)] = left[self.holder(sold)].minus(count)?;
            let brought = self.instruments[sold].notional(count, last)?;
            let converted = self
                .currencies
                .as_ref()
                .map_or(Ok(brought), |all| all.rates.convert(brought, from, to, Rounding::BOUGHT));
            cash = cash.plus(converted?)?;
        }
        Ok(cash)
    }

    /// What fees in other currencies add to the cost of an order, in its own: what their balances lack.
    pub fn lacking(&self, asset: usize, fees: &[(usize, Money)]) -> Result<Money> {
        let Some(all) = self.currencies.as_ref().filter(|_| !fees.is_empty()) else { return Ok(Money::ZERO) };
        let convert = |amount, from, to| all.rates.convert(amount, from, to, Rounding::TRANSLATION);
        fees.iter().try_fold(Money::ZERO, |sum, &(currency, amount)| {
            let free = if currency == 0 { Money::ZERO } else { self.free_balance(all, currency, NOTHING)? };
            let lacking = amount.minus(free)?.max(Money::ZERO);
            sum.plus(convert(convert(lacking, currency, 0)?, 0, all.listings[asset].currency)?)
        })
    }

    /// How much of an asset an order can sell: what is held, or what is free of the balance it exchanges.
    pub fn sellable(&self, order: &Order) -> Result<Quantity> {
        let (asset, held) = (order.ask.asset, self.held(order.ask.asset, order.book));
        let (Some(all), Some(base)) = (&self.currencies, self.exchanged(asset)) else { return Ok(held) };
        let free = match base {
            0 => self.free_home(all, NOTHING)?.max(Money::ZERO),
            _ => self.free_balance(all, base, NOTHING)?,
        };
        let units = Quantity::new(mul_div(free.raw(), 1, Price::ONE.raw(), Rounding::SIZE)?)?;
        let free = units.on_step(self.instruments[asset].quantity_step, Rounding::SIZE)?;
        Ok(if order.ask.terms.reduce_only { free.min(held.max(Quantity::ZERO)) } else { free })
    }
}

/// Changing: what is reserved, worth, exchanged and paid.
impl State {
    /// Posts the legs of an event of one asset in the currency of its prices.
    pub fn post(&mut self, sequence: u64, asset: usize, legs: &[(Account, Money)]) -> Result<()> {
        let currency = self.currency(asset);
        self.ledger.post_in(sequence, Some(asset), currency, legs)
    }

    /// Adds to what working orders in an asset hold back.
    pub fn hold_back(&mut self, asset: usize, less: Money, more: Money) -> Result<()> {
        let reserved = match &mut self.currencies {
            None => &mut self.reserved,
            Some(all) => &mut all.reserved[all.listings[asset].currency],
        };
        *reserved = reserved.minus(less)?.plus(more)?;
        Ok(())
    }

    /// Takes the new value of a holding into the market value of its currency.
    pub(crate) fn revalue(&mut self, asset: usize, before: Money, now: Money) -> Result<()> {
        let sum = match &mut self.currencies {
            None => &mut self.positions_value,
            Some(all) if matches!(all.listings[asset].pairing, Pairing::Exchange { .. }) => return Ok(()),
            Some(all) => &mut all.values[all.listings[asset].currency],
        };
        *sum = sum.minus(before)?.plus(now)?;
        Ok(())
    }

    /// Values a holding as [`State::mark`] does, wherever it is kept.
    pub(crate) fn mark_listed(&mut self, asset: usize) -> Result<()> {
        let home = self.holder(asset);
        let open = Some(self.bars[home].open).filter(|open| !open.is_zero());
        let price = match self.positions[home].last.or(open) {
            Some(price) => price,
            None => self.price_elsewhere(home)?,
        };
        let before = self.positions[home].value;
        let value = self.valued(home, price)?;
        self.revalue(home, before, value)?;
        self.positions[home].value = value;
        self.mirror(home);
        Ok(())
    }

    /// The other pairs show the holding that they share.
    pub(crate) fn mirror(&mut self, home: usize) {
        let Position { quantity, cost, value, worth, .. } = self.positions[home];
        for asset in self.sharing(home) {
            let last = self.positions[asset].last;
            self.positions[asset] = Position { quantity, cost, value, worth, last };
        }
    }

    /// The price a shared holding is valued at before its first pair has had one: that of another pair, converted.
    pub(crate) fn price_elsewhere(&self, home: usize) -> Result<Price> {
        let Some(all) = &self.currencies else { return Ok(Price::ZERO) };
        for asset in all.sharing(home) {
            let price = self.positions[asset].last.unwrap_or(self.bars[asset].open);
            if !price.is_zero() {
                let (from, to) = (all.listings[asset].currency, all.listings[home].currency);
                let one = all.rates.convert(price.times(Quantity::ONE)?, from, to, Rounding::TRANSLATION)?;
                return Price::new(mul_div(one.raw(), 1, Quantity::ONE.raw(), Rounding::MARK)?);
            }
        }
        Ok(Price::ZERO)
    }

    /// Makes sure that a balance can pay: what it lacks is exchanged out of the account's currency, before the event that
    /// needs it.
    pub fn provide(&mut self, asset: Option<usize>, currency: usize, amount: Money) -> Result<()> {
        let has = self.balance_of(currency).max(Money::ZERO);
        if currency == 0 || amount <= has {
            return Ok(());
        }
        let lacking = amount.minus(has)?;
        let paid = self.currencies.as_ref().map_or(Ok(lacking), |all| all.translate(lacking, currency))?;
        let sequence = self.record(Event::Exchange { asset, currency, amount: lacking, paid });
        let leg = |currency, account, amount| Entry { account, asset, currency, amount };
        self.ledger.post_across(
            sequence,
            &[
                leg(currency, Account::Cash, lacking),
                leg(currency, Account::Conversion, lacking.negative()),
                leg(0, Account::Conversion, paid),
                leg(0, Account::Cash, paid.negative()),
            ],
        )
    }

    /// Charges the fees of a fill that are in other currencies, each as an event of its own.
    pub fn charge_elsewhere(&mut self, order: u64, asset: usize, fees: &[(usize, Money)]) -> Result<()> {
        for &(currency, amount) in fees {
            self.provide(Some(asset), currency, amount)?;
            let sequence = self.record(Event::Fee { order, asset, currency, amount });
            let legs = [(Account::Cash, amount.negative()), (Account::Fees, amount)];
            self.ledger.post_in(sequence, Some(asset), currency, &legs)?;
        }
        Ok(())
    }

    /// The legs of a fill that swaps two balances.
    pub fn post_exchange(&mut self, sequence: u64, fill: &Fill, base: usize) -> Result<()> {
        let (asset, quote) = (Some(fill.asset), self.currency(fill.asset));
        let kept = fill.fee.minus(fill.withheld_value(&self.instruments[fill.asset])?)?;
        let withheld = Price::ONE.times(fill.withheld)?;
        let (units, value) = (Price::ONE.times(fill.quantity)?, fill.value);
        let (units, value) = if fill.side == Side::Buy { (units, value) } else { (units.negative(), value.negative()) };
        let leg = |currency, account, amount| Entry { account, asset, currency, amount };
        self.ledger.post_across(
            sequence,
            &[
                leg(base, Account::Cash, units.minus(withheld)?),
                leg(base, Account::Fees, withheld),
                leg(base, Account::Conversion, units.negative()),
                leg(quote, Account::Conversion, value),
                leg(quote, Account::Cash, value.plus(kept)?.negative()),
                leg(quote, Account::Fees, kept),
            ],
        )?;
        self.remember(fill)
    }

    /// What an exchange adds to its position, which is no more than a note: what its own fills have bought and sold.
    fn remember(&mut self, fill: &Fill) -> Result<()> {
        let kept = fill.withheld_value(&self.instruments[fill.asset])?;
        let position = &mut self.positions[fill.asset];
        let (moved, paid) = match fill.side {
            Side::Buy => (fill.moved()?, fill.value.minus(kept)?),
            Side::Sell => (fill.quantity.negative(), fill.value.negative()),
        };
        let (held, cost) = (position.quantity, position.cost);
        let is_less = !held.is_zero() && (held.raw() < 0) != (moved.raw() < 0);
        let closing = if is_less { moved.abs().min(held.abs()) } else { Quantity::ZERO };
        let left = cost.minus(if closing.is_zero() {
            Money::ZERO
        } else {
            cost.scaled(closing.raw(), held.abs().raw(), Rounding::COST_SHARE)?
        })?;
        let opening = moved.abs().minus(closing)?;
        let added = paid.scaled(opening.raw(), moved.abs().raw(), Rounding::COST_SHARE)?;
        (position.quantity, position.cost) = (position.quantity.plus(moved)?, left.plus(added)?);
        Ok(())
    }

    /// The legs of a fill whose holding is kept in another currency; `cost` is what comes into that or leaves it.
    pub fn post_crossing(&mut self, sequence: u64, fill: &Fill, cost: Money) -> Result<()> {
        let (quote, home) = (self.currency(fill.asset), self.currency(fill.holding));
        let kept = fill.withheld_value(&self.instruments[fill.asset])?;
        let (value, crossed) = match fill.side {
            Side::Buy => (fill.value, cost),
            Side::Sell => (fill.value.negative(), self.at_home(fill, fill.value)?.negative()),
        };
        let leg = |asset, currency, account, amount| Entry { account, asset: Some(asset), currency, amount };
        let mut legs = vec![
            leg(fill.asset, quote, Account::Cash, value.plus(fill.fee)?.minus(kept)?.negative()),
            leg(fill.asset, quote, Account::Fees, fill.fee),
            leg(fill.holding, home, Account::Position, cost),
            leg(fill.holding, home, Account::Realised, crossed.minus(cost)?),
        ];
        if quote != home {
            legs.push(leg(fill.asset, quote, Account::Conversion, value.minus(kept)?));
            legs.push(leg(fill.asset, home, Account::Conversion, crossed.negative()));
        }
        self.ledger.post_across(sequence, &legs)
    }
}
