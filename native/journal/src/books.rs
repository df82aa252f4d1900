//! The books that records add up to: balances by account, and of each holding its quantity and cost.
//!
//! The writer keeps them for its snapshots, a reader takes them up at a snapshot and goes on from there.

use workbench_market::Result;
use workbench_market::number::{Money, Quantity};

use crate::pack::{Packer, Value};

/// The account whose legs are the cost of holdings.
const COST: &str = "position";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    pub quantity: Quantity,
    pub cost: Money,
}

#[derive(Clone, Debug, Default)]
pub struct Books {
    /// How many events and commands have been seen, and the slice of the last command.
    pub events: u64,
    pub commands: u64,
    pub slice: u64,
    balances: Vec<(String, Money)>,
    holdings: Vec<Holding>,
}

impl Books {
    /// The accounts in the order of their first legs.
    pub fn balances(&self) -> &[(String, Money)] {
        &self.balances
    }

    /// Assets that are held, by number.
    pub fn holdings(&self) -> impl Iterator<Item = (usize, Holding)> {
        self.holdings.iter().copied().enumerate().filter(|(_, holding)| *holding != Holding::default())
    }

    /// Accounts of other currencies than the account's have the number of theirs behind the name, such as `cash:1`.
    pub fn post(&mut self, account: &str, currency: u64, asset: Option<usize>, amount: Money) -> Result<()> {
        let numbered = (currency != 0).then(|| format!("{account}:{currency}"));
        let named = numbered.as_deref().unwrap_or(account);
        match self.balances.iter_mut().find(|(name, _)| name == named) {
            Some((_, balance)) => *balance = balance.plus(amount)?,
            None => self.balances.push((named.to_owned(), amount)),
        }
        if let Some(asset) = asset.filter(|_| account == COST) {
            let holding = self.holding(asset);
            holding.cost = holding.cost.plus(amount)?;
        }
        Ok(())
    }

    pub fn shift(&mut self, asset: usize, moved: Quantity) -> Result<()> {
        let holding = self.holding(asset);
        holding.quantity = holding.quantity.plus(moved)?;
        Ok(())
    }

    fn holding(&mut self, asset: usize) -> &mut Holding {
        if self.holdings.len() <= asset {
            self.holdings.resize(asset + 1, Holding::default());
        }
        &mut self.holdings[asset]
    }

    /// Counts, balances and holdings, as one map.
    pub fn pack(&self, out: &mut Packer) {
        out.map(5);
        for (name, count) in [("events", self.events), ("commands", self.commands), ("slice", self.slice)] {
            out.text(name);
            out.count(count);
        }
        out.text("balances");
        out.map(self.balances.len());
        for (account, balance) in &self.balances {
            out.text(account);
            out.exact(*balance);
        }
        out.text("holdings");
        out.list(self.holdings().count());
        for (asset, holding) in self.holdings() {
            out.list(3);
            out.count(asset as u64);
            out.exact(holding.quantity);
            out.exact(holding.cost);
        }
    }

    /// Whether both would be written alike.
    pub fn is_same(&self, other: &Self) -> bool {
        let counts = |books: &Self| (books.events, books.commands, books.slice);
        counts(self) == counts(other) && self.balances == other.balances && self.holdings().eq(other.holdings())
    }

    /// The books of a snapshot; None where the value is none.
    pub fn read(value: &Value) -> Option<Self> {
        let count = |name: &str| value.get(name)?.count();
        let mut books =
            Self { events: count("events")?, commands: count("commands")?, slice: count("slice")?, ..Self::default() };
        let Value::Map(balances) = value.get("balances")? else { return None };
        for (account, balance) in balances {
            books.balances.push((account.clone(), balance.exact()?));
        }
        for row in value.get("holdings")?.list()? {
            let [asset, quantity, cost] = row.list()? else { return None };
            let asset = asset.count().filter(|&asset| asset < u64::from(u32::MAX))?;
            *books.holding(asset as usize) = Holding { quantity: quantity.exact()?, cost: cost.exact()? };
        }
        Some(books)
    }
}
