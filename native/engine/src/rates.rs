//! Rates of exchange: the closes of pairs, and the ways from one currency to another.
//!
//! The one idea: a rate depends on time alone. It is the close of a pair's last bar that has ended by then, so what was
//! converted in a run can be converted again when the run is over.

use workbench_market::number::{Money, Price, Rounding};
use workbench_market::{Error, Result};

use crate::command::Weight;
use crate::lots::divisor;

/// A pair whose closes are rates: so much of its quote for one of its base.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pair {
    pub base: usize,
    pub quote: usize,
    /// The asset of the run whose bars tell it; those of other pairs are known beforehand.
    pub asset: Option<usize>,
    /// When each bar ended, and its close.
    closes: Vec<(i64, Price)>,
    /// How many of them have ended by now.
    known: usize,
}

impl Pair {
    /// A pair that is told bar by bar, as an asset of the run is.
    pub const fn traded(base: usize, quote: usize, asset: usize) -> Self {
        Self { base, quote, asset: Some(asset), closes: Vec::new(), known: 0 }
    }

    /// A pair all of whose closes are given, oldest first.
    pub const fn given(base: usize, quote: usize, closes: Vec<(i64, Price)>) -> Self {
        Self { base, quote, asset: None, closes, known: 0 }
    }

    fn at(&self, time_ns: i64) -> Option<Price> {
        let count = self.closes.partition_point(|&(closed_ns, _)| closed_ns <= time_ns);
        Some(self.closes[count.checked_sub(1)?].1)
    }

    fn now(&self) -> Option<Price> {
        Some(self.closes[self.known.checked_sub(1)?].1)
    }
}

/// One conversion by one pair: from its base to its quote, or the other way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    pair: usize,
    is_inverse: bool,
}

impl Step {
    fn convert(self, amount: Money, price: Price, rounding: Rounding) -> Result<Money> {
        let (price, one) = (price.raw(), Price::ONE.raw());
        if self.is_inverse { amount.scaled(one, price, rounding) } else { amount.scaled(price, one, rounding) }
    }

    /// The same of a part, both rounded once.
    fn part(self, amount: Money, part: Weight, price: Price) -> Result<Money> {
        let common = divisor(part.raw(), Weight::ONE.raw());
        let (part, whole) = (part.raw() / common, Weight::ONE.raw() / common);
        let (price, one) = (price.raw(), Price::ONE.raw());
        let (over, under) = if self.is_inverse { (one, price) } else { (price, one) };
        let too_large = || Error::Range("a rate of exchange and a part of margin leave the exact range".into());
        let over = over.checked_mul(part).ok_or_else(too_large)?;
        amount.scaled(over, under.checked_mul(whole).ok_or_else(too_large)?, Rounding::MARGIN)
    }
}

fn lacking() -> Error {
    Error::Bars("there is no rate yet to convert with; begin later, or give earlier bars".into())
}

/// All rates of a run; currencies are known by their numbers, and number 0 is the account's.
#[derive(Clone, Debug, Default)]
pub struct Rates {
    pairs: Vec<Pair>,
    /// The way between any two currencies, row by row; None where there is none.
    ways: Vec<Option<Vec<Step>>>,
    count: usize,
}

impl Rates {
    /// The rates between `count` currencies; `dollar` is the number of the one that ways may lead through.
    pub fn new(pairs: Vec<Pair>, count: usize, dollar: Option<usize>) -> Self {
        let mut rates = Self { pairs, ways: Vec::new(), count };
        rates.ways = (0..count * count).map(|at| rates.way(at / count, at % count, dollar)).collect();
        rates
    }

    /// The pair itself or its inverse, else through the account's currency, else through the dollar; where none of these
    /// reaches, there and back by the ways that the account's currency has.
    fn way(&self, from: usize, to: usize, dollar: Option<usize>) -> Option<Vec<Step>> {
        let home = |from, to| self.direct(from, to).or_else(|| self.through(from, dollar?, to));
        home(from, to)
            .filter(|_| from == 0 || to == 0)
            .or_else(|| self.direct(from, to))
            .or_else(|| self.through(from, 0, to))
            .or_else(|| self.through(from, dollar?, to))
            .or_else(|| Some([home(from, 0)?, home(0, to)?].concat()))
    }

    fn through(&self, from: usize, middle: usize, to: usize) -> Option<Vec<Step>> {
        Some([self.direct(from, middle)?, self.direct(middle, to)?].concat())
    }

    fn direct(&self, from: usize, to: usize) -> Option<Vec<Step>> {
        if from == to {
            return Some(Vec::new());
        }
        let of = |base, quote| self.pairs.iter().position(|pair| (pair.base, pair.quote) == (base, quote));
        let step = |pair, is_inverse| vec![Step { pair, is_inverse }];
        of(from, to).map(|pair| step(pair, false)).or_else(|| of(to, from).map(|pair| step(pair, true)))
    }

    /// Moves on in time.
    pub fn advance(&mut self, time_ns: i64) {
        for pair in &mut self.pairs {
            while pair.closes.get(pair.known).is_some_and(|&(closed_ns, _)| closed_ns <= time_ns) {
                pair.known += 1;
            }
        }
    }

    /// A bar of an asset of the run ends.
    pub fn close(&mut self, asset: usize, time_ns: i64, close: Price) {
        for pair in self.pairs.iter_mut().filter(|pair| pair.asset == Some(asset)) {
            pair.closes.push((time_ns, close));
            pair.known = pair.closes.len();
        }
    }

    /// Before the first bar: what the run tells itself is forgotten.
    pub fn rewind(&mut self) {
        for pair in &mut self.pairs {
            pair.known = 0;
            if pair.asset.is_some() {
                pair.closes.clear();
            }
        }
    }

    /// An amount in another currency, at the rates of now; each step is rounded at Money's scale.
    pub fn convert(&self, amount: Money, from: usize, to: usize, rounding: Rounding) -> Result<Money> {
        self.walk(amount, (from, to), rounding, Pair::now)
    }

    /// The same at the rates of any time that is over.
    pub fn convert_at(&self, time_ns: i64, amount: Money, from: usize, to: usize) -> Result<Money> {
        self.walk(amount, (from, to), Rounding::TRANSLATION, |pair| pair.at(time_ns))
    }

    /// A part of an amount in the account's currency, at the rates of now; the first step and the part are rounded together.
    pub fn convert_part(&self, amount: Money, part: Weight, from: usize) -> Result<Money> {
        let way = self.ways[from * self.count].as_ref().ok_or_else(lacking)?;
        let (Some((first, rest)), false) = (way.split_first(), amount.is_zero()) else {
            return amount.scaled(part.raw(), Weight::ONE.raw(), Rounding::MARGIN);
        };
        let known = |step: &Step| self.pairs[step.pair].now().filter(|price| !price.is_zero()).ok_or_else(lacking);
        let of_first = first.part(amount, part, known(first)?)?;
        rest.iter().try_fold(of_first, |amount, step| step.convert(amount, known(step)?, Rounding::TRANSLATION))
    }

    fn walk(
        &self,
        amount: Money,
        (from, to): (usize, usize),
        rounding: Rounding,
        price: impl Fn(&Pair) -> Option<Price>,
    ) -> Result<Money> {
        if amount.is_zero() {
            return Ok(amount);
        }
        let way = self.ways[from * self.count + to].as_ref().ok_or_else(lacking)?;
        way.iter().try_fold(amount, |amount, step| {
            let price = price(&self.pairs[step.pair]).filter(|price| !price.is_zero()).ok_or_else(lacking)?;
            step.convert(amount, price, rounding)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str) -> Money {
        Money::parse(text).unwrap()
    }

    fn given(base: usize, quote: usize, closes: &[(i64, &str)]) -> Pair {
        let closes = closes.iter().map(|&(time_ns, close)| (time_ns, Price::parse(close).unwrap())).collect();
        Pair::given(base, quote, closes)
    }

    /// EUR (0) is the account's; USD 1, JPY 2, CHF 3, SEK 4.
    fn rates() -> Rates {
        let pairs = vec![
            given(0, 1, &[(10, "1.25"), (20, "1.5")]),
            given(1, 2, &[(5, "120")]),
            given(3, 0, &[(5, "1.1")]),
            given(1, 4, &[(5, "10")]),
        ];
        Rates::new(pairs, 5, Some(1))
    }

    #[test]
    fn ways_lead_through_the_account_then_through_the_dollar() {
        let mut rates = rates();
        rates.advance(10);
        let table = [
            (0, 1, "8", "10"),
            (1, 0, "10", "8"),
            // 1200 / 120 = 10 dollars, / 1.25 = 8 euros.
            (2, 0, "1200", "8"),
            (0, 2, "8", "1200"),
            (3, 0, "10", "11"),
            // 10 francs are 11 euros, 13.75 dollars.
            (3, 1, "10", "13.75"),
            // No single pair joins francs or yen to crowns but by the dollar, which francs reach by the euro.
            (2, 4, "1200", "100"),
            (3, 4, "10", "137.5"),
            (0, 0, "3", "3"),
        ];
        for (from, to, amount, expected) in table {
            let found = rates.convert(money(amount), from, to, Rounding::TRANSLATION);
            assert_eq!(found, Ok(money(expected)), "{amount} from {from} to {to}");
        }
    }

    #[test]
    fn a_rate_is_known_when_its_bar_has_ended() {
        let mut rates = rates();
        let euros = |rates: &Rates| rates.convert(money("30"), 1, 0, Rounding::TRANSLATION);
        rates.advance(9);
        assert!(matches!(euros(&rates), Err(Error::Bars(_))));
        rates.advance(20);
        assert_eq!(euros(&rates), Ok(money("20")));
        assert_eq!(rates.convert_at(19, money("30"), 1, 0), Ok(money("24")));
        rates.rewind();
        assert!(euros(&rates).is_err());
    }

    #[test]
    fn a_traded_pair_is_told_by_its_bars() {
        let mut rates = Rates::new(vec![Pair::traded(1, 0, 7)], 2, None);
        rates.close(7, 3, Price::parse("2").unwrap());
        rates.close(6, 4, Price::parse("9").unwrap());
        assert_eq!(rates.convert(money("1"), 0, 1, Rounding::TRANSLATION), Ok(money("0.5")));
        rates.rewind();
        assert!(rates.convert(money("1"), 0, 1, Rounding::TRANSLATION).is_err());
    }
}
