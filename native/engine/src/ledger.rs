//! The double-entry ledger: every posting's legs sum to zero, and balances are nothing but sums of legs.

use workbench_market::number::Money;
use workbench_market::{Error, Result};

/// The accounts of one currency; position costs are kept per asset, the last four are those of a margin account.
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
}

const ACCOUNTS: usize = 11;

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
        }
    }
}

impl Account {
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
    pub asset: Option<usize>,
    pub amount: Money,
}

/// Balances by account, and the journal of legs they are the sums of.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    balances: [Money; ACCOUNTS],
    legs: Vec<Leg>,
}

impl Ledger {
    pub const fn balance(&self, account: Account) -> Money {
        self.balances[account as usize]
    }

    pub fn legs(&self) -> &[Leg] {
        &self.legs
    }

    /// What is to be paid later to the account, less what is to be paid by it.
    pub fn outstanding(&self) -> Result<Money> {
        self.balance(Account::Receivable).plus(self.balance(Account::Payable))
    }

    /// Posts the legs of one event that concerns one asset at most.
    pub fn post(&mut self, sequence: u64, asset: Option<usize>, legs: &[(Account, Money)]) -> Result<()> {
        self.book(sequence, legs.iter().map(|&(account, amount)| (account, asset, amount)))
    }

    /// Posts the legs of one event that concerns several assets.
    pub fn post_each(&mut self, sequence: u64, legs: &[(Account, Option<usize>, Money)]) -> Result<()> {
        self.book(sequence, legs.iter().copied())
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
        self.legs.extend(booked.map(|(account, asset, amount)| Leg { sequence, account, asset, amount }));
        Ok(())
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
}
