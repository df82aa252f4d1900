//! What is dated: funding, settlements and expiries, each at its own time, whether or not a bar opens or closes then.
//!
//! At one time they come after closes and decisions and before Opens, in the order funding, settlement, expiry and then by
//! asset; interest and borrow, where there are such, come between funding and settlements.

use std::sync::Arc;

use workbench_market::Result;
use workbench_market::number::Price;

use crate::action;
use crate::command;
use crate::expiry::{self, Claim};
use crate::funding;
use crate::state::State;
use crate::variation;

/// What happens to an asset at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Longs pay a positive rate to shorts; without a mark the last close counts.
    Funding { rate: Price, mark: Option<Price> },
    /// A session ends; without a price the last close counts.
    Settlement { price: Option<Price> },
    /// The asset ends, at a price of its own or at what the claim is worth.
    Expiry { price: Option<Price>, claim: Option<Claim> },
}

impl What {
    const fn rank(&self) -> u8 {
        match self {
            Self::Funding { .. } => 0,
            Self::Settlement { .. } => 1,
            Self::Expiry { .. } => 2,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dated {
    pub time_ns: i64,
    pub asset: usize,
    pub what: What,
}

/// Which of what falls on a time itself is carried out with what came before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Upto {
    /// None: a bar closes at that time.
    Before,
    /// What comes before interest and borrow.
    Funding,
    /// All: a bar opens at that time.
    All,
}

/// All that is dated in a run, and how far it has come.
#[derive(Clone, Debug)]
pub struct Agenda {
    dated: Arc<[Dated]>,
    next: usize,
}

impl Agenda {
    /// None where nothing is dated.
    pub fn new(mut dated: Vec<Dated>) -> Option<Self> {
        dated.sort_by_key(|item| (item.time_ns, item.what.rank(), item.asset));
        (!dated.is_empty()).then(|| Self { dated: dated.into(), next: 0 })
    }

    /// Takes out the next item, if it is due.
    fn take(&mut self, until_ns: i64, upto: Upto) -> Option<Dated> {
        let item = *self.dated.get(self.next)?;
        let is_at_time = match upto {
            Upto::Before => false,
            Upto::Funding => item.what.rank() == 0,
            Upto::All => true,
        };
        let is_due = item.time_ns < until_ns || (item.time_ns == until_ns && is_at_time);
        self.next += usize::from(is_due);
        is_due.then_some(item)
    }
}

/// Carries out what is dated before a time, and of that time as far as is said. What was due and what arrived by then
/// comes first.
pub fn work(state: &mut State, until_ns: i64, upto: Upto) -> Result<()> {
    while let Some(item) = state.agenda.as_mut().and_then(|agenda| agenda.take(until_ns, upto)) {
        action::payments(state, item.time_ns, true)?;
        command::arrivals(state, item.time_ns, true)?;
        state.come_to(item.time_ns);
        match item.what {
            What::Funding { rate, mark } => funding::pay(state, item.asset, rate, mark)?,
            What::Settlement { price } => variation::settle_session(state, item.asset, price)?,
            What::Expiry { price, claim } => expiry::expire(state, item.asset, price, claim)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dated_comes_in_order() {
        let (rate, funding) = (Price::ONE, |rate| What::Funding { rate, mark: None });
        let (settlement, expiry) = (What::Settlement { price: None }, What::Expiry { price: None, claim: None });
        let item = |time_ns, asset, what| Dated { time_ns, asset, what };
        let all = vec![item(5, 0, expiry), item(5, 1, settlement), item(5, 0, settlement), item(5, 2, funding(rate))];
        let mut agenda = Agenda::new(all).unwrap();
        assert_eq!(agenda.take(5, Upto::Before), None);
        assert_eq!(agenda.take(5, Upto::Funding), Some(item(5, 2, funding(rate))));
        assert_eq!(agenda.take(5, Upto::Funding), None);
        assert_eq!(agenda.take(5, Upto::All), Some(item(5, 0, settlement)));
        assert_eq!(agenda.take(6, Upto::Before), Some(item(5, 1, settlement)));
        assert_eq!(agenda.take(5, Upto::All), Some(item(5, 0, expiry)));
        assert_eq!(agenda.take(9, Upto::All), None);
        assert!(Agenda::new(Vec::new()).is_none());
    }
}
