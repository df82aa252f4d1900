//! What trading costs: fees and slippage, as exact rules.

use workbench_market::Result;
use workbench_market::number::{Money, Price, Quantity, Rounding};

use crate::order::{Order, Side};

/// What the sum of fees of an order is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeeKind {
    None,
    /// Parts in ten thousand of the traded value.
    Bps(Price),
    /// An amount for each unit.
    PerShare(Price),
    /// An amount once per order, with its first fill.
    PerTrade(Money),
}

/// A fee rule; minimum and cap are amounts per order, and the cap wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fee {
    pub kind: FeeKind,
    pub minimum: Money,
    pub cap: Option<Money>,
}

/// 10^4 at Price's scale: the divisor of basis points.
const BPS: i128 = 10_000 * Price::ONE.raw();

impl Fee {
    pub const NONE: Self = Self { kind: FeeKind::None, minimum: Money::ZERO, cap: None };

    /// The fee of an order that has traded this much, before minimum and cap; rounded once, so that parts cost no more
    /// than the whole.
    fn of_order(&self, quantity: Quantity, value: Money) -> Result<Money> {
        match self.kind {
            FeeKind::None => Ok(Money::ZERO),
            FeeKind::Bps(rate) => value.scaled(rate.raw(), BPS, Rounding::FEE),
            FeeKind::PerShare(rate) => rate.times(quantity),
            FeeKind::PerTrade(amount) => Ok(amount),
        }
    }

    /// The charge of one more fill: `min(cap, max(minimum, sum)) - charged`.
    pub fn charge(&self, order: &Order, quantity: Quantity, value: Money) -> Result<Money> {
        let sum = self.of_order(order.filled.plus(quantity)?, order.value.plus(value)?)?;
        let floored = if matches!(self.kind, FeeKind::None) { sum } else { sum.max(self.minimum) };
        self.cap.map_or(floored, |cap| floored.min(cap)).minus(order.fee_charged)
    }
}

/// How far a fill is worse than its reference price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slippage {
    None,
    /// Parts in ten thousand of the price, below 10,000.
    Bps(Price),
    /// The distance of bid and ask; each side pays half of it.
    Spread(Price),
}

impl Slippage {
    /// The slipped price, rounded against the account at Price's scale.
    pub fn price(self, reference: Price, side: Side) -> Result<Price> {
        match (self, side) {
            (Self::None, _) => Ok(reference),
            (Self::Bps(rate), Side::Buy) => reference.scaled(BPS + rate.raw(), BPS, Rounding::SLIPPED_BUY),
            (Self::Bps(rate), Side::Sell) => reference.scaled(BPS - rate.raw(), BPS, Rounding::SLIPPED_SELL),
            (Self::Spread(spread), Side::Buy) => reference.plus(spread.scaled(1, 2, Rounding::SLIPPED_BUY)?),
            // A spread wider than twice the price leaves a seller with nothing, never with less.
            (Self::Spread(spread), Side::Sell) => {
                Ok(reference.minus(spread.scaled(1, 2, Rounding::SLIPPED_BUY)?)?.max(Price::ZERO))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::{Ask, Origin};

    fn order() -> Order {
        let quantity = Quantity::parse("100").unwrap();
        Order::new(1, 1, Ask::market(0, Side::Buy, quantity, Origin::Explicit), 0)
    }

    #[test]
    fn fees_by_hand() {
        let money = |text: &str| Money::parse(text).unwrap();
        let rate = |text: &str| Price::parse(text).unwrap();
        let fee = |kind, minimum, cap: Option<&str>| Fee { kind, minimum: money(minimum), cap: cap.map(money) };
        let table = [
            (fee(FeeKind::Bps(rate("10")), "0", None), "1"),         // 0.1% of 1000
            (fee(FeeKind::PerShare(rate("0.005")), "1", None), "1"), // 0.50 is below the minimum
            (fee(FeeKind::PerShare(rate("0.01")), "5", Some("2")), "2"), // the cap wins
            (fee(FeeKind::PerTrade(money("7")), "0", None), "7"),
            (Fee::NONE, "0"),
        ];
        for (rule, expected) in table {
            let charge = rule.charge(&order(), order().quantity, money("1000")).unwrap();
            assert_eq!(charge, money(expected), "{rule:?}");
        }
    }

    #[test]
    fn slippage_is_against_the_account() {
        let rule = Slippage::Bps(Price::parse("0.0001").unwrap());
        let reference = Price::parse("10.000001").unwrap();
        assert_eq!(rule.price(reference, Side::Buy).unwrap().to_string(), "10.000001100001");
        assert_eq!(rule.price(reference, Side::Sell).unwrap().to_string(), "10.000000899999");
        let half = Slippage::Spread(Price::parse("0.000000000003").unwrap());
        assert_eq!(half.price(reference, Side::Buy).unwrap().to_string(), "10.000001000002");
        assert_eq!(half.price(reference, Side::Sell).unwrap().to_string(), "10.000000999998");
    }
}
