//! Lots: which part of a holding's cost leaves with a part of it.
//!
//! Under the average rule a holding is one lot and nothing is kept here. Else every purchase is a lot of its own. A split
//! may turn whole lots into thirds, so quantities are kept as numerators over one denominator, and stay exact.

use std::collections::VecDeque;

use workbench_market::number::{Money, Quantity, Rounding};
use workbench_market::{Error, Result};

/// In which order lots leave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LotRule {
    #[default]
    Average,
    FirstInFirstOut,
    LastInFirstOut,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lot {
    /// Raw quantity x the denominator, of short ones too.
    quantity: i128,
    cost: Money,
}

impl Lot {
    fn multiply(&mut self, by: i128) -> Result<()> {
        self.quantity = times(self.quantity, by)?;
        Ok(())
    }
}

/// The lots of one asset, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lots {
    denominator: i128,
    lots: VecDeque<Lot>,
}

impl Default for Lots {
    fn default() -> Self {
        Self { denominator: 1, lots: VecDeque::new() }
    }
}

fn times(a: i128, b: i128) -> Result<i128> {
    a.checked_mul(b).ok_or_else(|| Error::Range("the lots of a holding have been split into too small parts".into()))
}

/// The greatest common divisor of two numbers that are not negative.
pub const fn divisor(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { divisor(b, a % b) }
}

impl Lots {
    /// Units that were bought, or sold to open; all lots of an asset are of one side.
    pub fn add(&mut self, quantity: Quantity, cost: Money) -> Result<()> {
        let quantity = times(quantity.abs().raw(), self.denominator)?;
        self.lots.push_back(Lot { quantity, cost });
        Ok(())
    }

    /// Takes a quantity out, in the order of the rule, and gives the cost that leaves with it.
    pub fn take(&mut self, quantity: Quantity, rule: LotRule) -> Result<Money> {
        self.take_parts(times(quantity.raw(), self.denominator)?, rule)
    }

    /// A part of a lot takes its share of the cost; the remainder stays with the open part.
    fn take_parts(&mut self, mut wanted: i128, rule: LotRule) -> Result<Money> {
        let mut cost = Money::ZERO;
        while wanted > 0 {
            let next = if rule == LotRule::LastInFirstOut { self.lots.back_mut() } else { self.lots.front_mut() };
            let Some(lot) = next else {
                return Err(Error::Ledger("more left a holding than its lots had; please report it".into()));
            };
            let taken = wanted.min(lot.quantity);
            let share = lot.cost.scaled(taken, lot.quantity, Rounding::COST_SHARE)?;
            (lot.quantity, lot.cost) = (lot.quantity - taken, lot.cost.minus(share)?);
            (wanted, cost) = (wanted - taken, cost.plus(share)?);
            self.lots.retain(|lot| lot.quantity > 0);
        }
        if self.lots.is_empty() {
            self.denominator = 1;
        }
        Ok(cost)
    }

    /// Multiplies every lot by a ratio and takes out what is more than `after`; gives the cost that leaves.
    pub fn split(&mut self, numerator: i64, denominator: i64, after: Quantity, rule: LotRule) -> Result<Money> {
        self.denominator = times(self.denominator, i128::from(denominator))?;
        for lot in &mut self.lots {
            lot.quantity = times(lot.quantity, i128::from(numerator))?;
        }
        let common = self.lots.iter().fold(self.denominator, |common, lot| divisor(common, lot.quantity));
        self.denominator /= common;
        self.lots.iter_mut().for_each(|lot| lot.quantity /= common);
        let total: i128 = self.lots.iter().map(|lot| lot.quantity).sum();
        self.take_parts(total - times(after.abs().raw(), self.denominator)?, rule)
    }

    /// Takes a part of every lot's cost out, while its units stay; gives the cost that leaves.
    pub fn relieve(&mut self, part: i128, whole: i128) -> Result<Money> {
        let mut cost = Money::ZERO;
        for lot in &mut self.lots {
            let share = lot.cost.scaled(part, whole, Rounding::COST_SHARE)?;
            (lot.cost, cost) = (lot.cost.minus(share)?, cost.plus(share)?);
        }
        Ok(cost)
    }

    /// Takes in the lots of another holding, behind its own and in their order.
    pub fn absorb(&mut self, mut from: Self) -> Result<()> {
        let common = divisor(self.denominator, from.denominator);
        let (more, other) = (from.denominator / common, self.denominator / common);
        self.lots.iter_mut().try_for_each(|lot| lot.multiply(more))?;
        from.lots.iter_mut().try_for_each(|lot| lot.multiply(other))?;
        self.denominator = times(self.denominator, more)?;
        self.lots.append(&mut from.lots);
        Ok(())
    }

    /// Quantity x denominator and cost of every lot, the denominator first.
    pub fn numbers(&self) -> impl Iterator<Item = i128> {
        let each = self.lots.iter().flat_map(|lot| [lot.quantity, lot.cost.raw()]);
        std::iter::once(self.denominator).filter(|_| !self.lots.is_empty()).chain(each)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lots(rows: &[(&str, &str)]) -> Lots {
        let mut lots = Lots::default();
        for (quantity, cost) in rows {
            lots.add(Quantity::parse(quantity).unwrap(), Money::parse(cost).unwrap()).unwrap();
        }
        lots
    }

    #[test]
    fn lots_leave_in_the_order_of_the_rule() {
        let table = [(LotRule::FirstInFirstOut, "1060"), (LotRule::LastInFirstOut, "1250")];
        for (rule, expected) in table {
            let mut held = lots(&[("100", "1000"), ("100", "1200")]);
            let cost = held.take(Quantity::parse("105").unwrap(), rule).unwrap();
            assert_eq!(cost, Money::parse(expected).unwrap(), "{rule:?}");
        }
    }

    #[test]
    fn thirds_of_a_split_stay_exact() {
        let mut held = lots(&[("7", "70"), ("8", "160")]);
        let gone = held.split(1, 3, Quantity::parse("5").unwrap(), LotRule::FirstInFirstOut).unwrap();
        assert_eq!(gone, Money::ZERO);
        // 7/3 cost 70 and 8/3 cost 160; the first three units are all of the first lot and 2/3 of the second: a quarter.
        let cost = held.take(Quantity::parse("3").unwrap(), LotRule::FirstInFirstOut).unwrap();
        assert_eq!(cost, Money::parse("110").unwrap());
    }

    #[test]
    fn lots_of_another_holding_come_last() {
        // 1/3 at 10 behind 1/2 at 7; of 5/6 the first 2/3 are the half and half of the third: 7 + 5.
        let mut third = lots(&[("1", "10")]);
        third.split(1, 3, Quantity::ZERO, LotRule::FirstInFirstOut).unwrap();
        assert_eq!(third, Lots::default(), "no whole unit is left of it");
        let mut held = Lots { denominator: 2, ..lots(&[("0.5", "7")]) };
        held.lots[0].quantity = Quantity::parse("1").unwrap().raw();
        let mut other = Lots { denominator: 3, ..lots(&[("1", "10")]) };
        assert_eq!(other.relieve(1, 4).unwrap(), Money::parse("2.5").unwrap());
        held.absorb(other).unwrap();
        let two_thirds = 4 * Quantity::ONE.raw();
        assert_eq!(held.denominator, 6);
        assert_eq!(held.take_parts(two_thirds, LotRule::FirstInFirstOut).unwrap(), Money::parse("10.75").unwrap());
    }

    #[test]
    fn more_than_there_is_cannot_leave() {
        let taken = lots(&[("1", "10")]).take(Quantity::parse("2").unwrap(), LotRule::FirstInFirstOut);
        assert!(matches!(taken, Err(Error::Ledger(_))));
    }
}
