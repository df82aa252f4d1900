//! The double-entry ledger: every posting's legs sum to zero in each currency, and balances are nothing but sums of legs.

use workbench_market::number::Money;
use workbench_market::{Error, Result};

/// The accounts, of which each currency has its own; position costs are kept per asset. Payable, borrow, interest and
/// funding are those of a margin account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Account {
    Cash,
    Receivable,
    Position,
    Fees,
    Dividends,
    Realised,
    Deposits,
    Payable,
    Borrow,
    Interest,
    Funding,
    Conversion,
}

pub const ACCOUNTS: usize = 12;

impl Account {
    pub const ALL: [Self; ACCOUNTS] = [
        Self::Cash,
        Self::Receivable,
        Self::Position,
        Self::Fees,
        Self::Dividends,
        Self::Realised,
        Self::Deposits,
        Self::Payable,
        Self::Borrow,
        Self::Interest,
        Self::Funding,
        Self::Conversion,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Cash => "cash",
            Self::Receivable => "receivable",
            Self::Position => "position",
            Self::Fees => "fees",
            Self::Dividends => "dividends",
            Self::Realised => "realised",
            Self::Deposits => "deposits",
            Self::Payable => "payable",
            Self::Borrow => "borrow",
            Self::Interest => "interest",
            Self::Funding => "funding",
            Self::Conversion => "conversion",
        }
    }

    /// Where an amount stands that is paid later: with those who owe, or with those who are owed.
    pub fn later(amount: Money) -> Self {
        if amount.raw() < 0 { Self::Payable } else { Self::Receivable }
    }
}

/// One side of a posting; a debit is positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    pub sequence: u64,
    pub account: Account,
    /// The number of the currency; 0 is the account's.
    pub currency: u32,
    pub asset: Option<usize>,
    pub amount: Money,
}

/// A leg to be posted among those of several currencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub account: Account,
    pub asset: Option<usize>,
    pub currency: usize,
    pub amount: Money,
}

/// Balances by account, and the journal of legs they are the sums of.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    balances: [Money; ACCOUNTS],
    /// Those of the other currencies, from number 1 on.
    foreign: Vec<[Money; ACCOUNTS]>,
    legs: Vec<Leg>,
}

impl Ledger {
    pub const fn balance(&self, account: Account) -> Money {
        self.balances[account as usize]
    }

    pub fn balance_in(&self, account: Account, currency: usize) -> Money {
        match currency.checked_sub(1) {
            None => self.balance(account),
            Some(at) => self.foreign.get(at).map_or(Money::ZERO, |balances| balances[account as usize]),
        }
    }

    pub fn legs(&self) -> &[Leg] {
        &self.legs
    }

    /// What is to be paid later to the account, less what is to be paid by it.
    pub fn outstanding(&self) -> Result<Money> {
        self.balance(Account::Receivable).plus(self.balance(Account::Payable))
    }

    /// The same in any currency.
    pub fn outstanding_in(&self, currency: usize) -> Result<Money> {
        self.balance_in(Account::Receivable, currency).plus(self.balance_in(Account::Payable, currency))
    }

    /// Posts the legs of one event that concerns one asset at most.
    pub fn post(&mut self, sequence: u64, asset: Option<usize>, legs: &[(Account, Money)]) -> Result<()> {
        self.book(sequence, legs.iter().map(|&(account, amount)| (account, asset, amount)))
    }

    /// Posts the legs of one event that concerns several assets.
    pub fn post_each(&mut self, sequence: u64, legs: &[(Account, Option<usize>, Money)]) -> Result<()> {
        self.book(sequence, legs.iter().copied())
    }

    /// The same in any currency.
    pub fn post_each_in(
        &mut self,
        sequence: u64,
        currency: usize,
        legs: &[(Account, Option<usize>, Money)],
    ) -> Result<()> {
        if currency == 0 {
            return self.post_each(sequence, legs);
        }
        let entry = |&(account, asset, amount): &_| Entry { account, asset, currency, amount };
        self.post_across(sequence, &legs.iter().map(entry).collect::<Vec<_>>())
    }

    /// Books legs; legs of zero are left out, and a sum that is not zero changes nothing.
    fn book(
        &mut self,
        sequence: u64,
        legs: impl Iterator<Item = (Account, Option<usize>, Money)> + Clone,
    ) -> Result<()> {
        let sum = legs.clone().try_fold(Money::ZERO, |sum, (_, _, amount)| sum.plus(amount))?;
        if !sum.is_zero() {
            return Err(Error::Ledger(format!("the legs of event {sequence} sum to {sum}, not to zero")));
        }
        let mut balances = self.balances;
        for (account, _, amount) in legs.clone() {
            balances[account as usize] = balances[account as usize].plus(amount)?;
        }
        self.balances = balances;
        let booked = legs.filter(|(_, _, amount)| !amount.is_zero());
        self.legs.extend(booked.map(|(account, asset, amount)| Leg { sequence, account, currency: 0, asset, amount }));
        Ok(())
    }

    /// Posts the legs of one event that concerns one asset at most, in any currency.
    pub fn post_in(
        &mut self,
        sequence: u64,
        asset: Option<usize>,
        currency: usize,
        legs: &[(Account, Money)],
    ) -> Result<()> {
        if currency == 0 {
            return self.post(sequence, asset, legs);
        }
        let entry = |&(account, amount): &(Account, Money)| Entry { account, asset, currency, amount };
        self.post_across(sequence, &legs.iter().map(entry).collect::<Vec<_>>())
    }

    /// Posts the legs of one event in several currencies; in each of them they sum to zero.
    pub fn post_across(&mut self, sequence: u64, entries: &[Entry]) -> Result<()> {
        let mut after = self.clone_balances(entries.iter().map(|entry| entry.currency).max().unwrap_or(0));
        let mut sums = vec![Money::ZERO; after.len()];
        for entry in entries {
            let balance = &mut after[entry.currency][entry.account as usize];
            *balance = balance.plus(entry.amount)?;
            sums[entry.currency] = sums[entry.currency].plus(entry.amount)?;
        }
        if let Some(at) = sums.iter().position(|sum| !sum.is_zero()) {
            let sum = sums[at];
            return Err(Error::Ledger(format!(
                "the legs of event {sequence} in currency {at} sum to {sum}, not to zero"
            )));
        }
        self.balances = after[0];
        self.foreign = after.split_off(1);
        let leg = |entry: &Entry| {
            let &Entry { account, asset, currency, amount } = entry;
            Leg { sequence, account, currency: currency as u32, asset, amount }
        };
        self.legs.extend(entries.iter().filter(|entry| !entry.amount.is_zero()).map(leg));
        Ok(())
    }

    /// The balances of every currency, up to this one at least.
    fn clone_balances(&self, most: usize) -> Vec<[Money; ACCOUNTS]> {
        let mut all: Vec<_> = std::iter::once(self.balances).chain(self.foreign.iter().copied()).collect();
        all.resize(all.len().max(most + 1), [Money::ZERO; ACCOUNTS]);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legs_must_sum_to_zero() {
        let (mut ledger, one) = (Ledger::default(), Money::ONE);
        let uneven = ledger.post(1, None, &[(Account::Cash, one)]);
        assert!(matches!(uneven, Err(Error::Ledger(_))));
        assert_eq!(ledger.balance(Account::Cash), Money::ZERO);
        ledger.post(1, None, &[(Account::Cash, one), (Account::Deposits, one.negative())]).unwrap();
        assert_eq!((ledger.balance(Account::Cash), ledger.legs().len()), (one, 2));
    }

    #[test]
    fn legs_must_sum_to_zero_in_each_currency() {
        let (mut ledger, one) = (Ledger::default(), Money::ONE);
        let leg = |account, currency, amount| Entry { account, asset: None, currency, amount };
        let mixed = [leg(Account::Cash, 0, one), leg(Account::Conversion, 2, one.negative())];
        assert!(matches!(ledger.post_across(1, &mixed), Err(Error::Ledger(_))));
        assert_eq!((ledger.legs().len(), ledger.balance_in(Account::Cash, 2)), (0, Money::ZERO));
        let mut even = mixed.to_vec();
        even.extend([leg(Account::Conversion, 0, one.negative()), leg(Account::Cash, 2, one)]);
        ledger.post_across(1, &even).unwrap();
        assert_eq!(ledger.balance_in(Account::Cash, 2), one);
        assert_eq!(
            (ledger.balance(Account::Conversion), ledger.balance_in(Account::Cash, 1)),
            (one.negative(), Money::ZERO)
        );
    }
}
