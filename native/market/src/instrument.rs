//! An instrument: how fine its prices and quantities are, and what a quantity is worth.

use crate::decimal::power;
use crate::error::{Error, Result};
use crate::number::{Fixed, Money, Price, Quantity, Rounding, mul_div};

/// How what is held is paid for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// In full, with its purchase.
    #[default]
    Spot,
    /// Not at all: gains and losses move in cash session by session.
    Future,
    /// Not at all: gains and losses move in cash when it is reduced.
    Perpetual,
    /// The same, and they move in the base: a price is one of the settlement coin in the currency of the quote.
    Inverse,
    /// It cannot be held; its bars only tell.
    Reference,
}

impl Kind {
    /// Whether a position is a claim on gains alone, so that its worth was never paid for.
    pub const fn is_unpaid(self) -> bool {
        matches!(self, Self::Future | Self::Perpetual | Self::Inverse)
    }
}

/// What must be one's own of a position: parts of its worth, when it is opened and at every close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Margins {
    pub initial: Fixed<20>,
    pub maintenance: Fixed<20>,
}

/// What the engine must know of an asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instrument {
    pub name: String,
    pub price_digits: u32,
    pub quantity_digits: u32,
    pub price_step: Price,
    pub quantity_step: Quantity,
    pub min_notional: Money,
    /// What one unit is worth at a price of 1.
    pub multiplier: Quantity,
    pub kind: Kind,
    /// None: those of the account.
    pub margins: Option<Margins>,
    /// False for an asset whose bars carry no volume at all: its fills have no cap.
    pub has_volume: bool,
}

impl Instrument {
    /// One like a share: trades on its last digits, for its price, with a volume.
    pub fn new(name: impl Into<String>, price_digits: u32, quantity_digits: u32) -> Self {
        Self {
            name: name.into(),
            price_digits,
            quantity_digits,
            price_step: Price::from_raw(power(12_u32.saturating_sub(price_digits))),
            quantity_step: Quantity::from_raw(power(8_u32.saturating_sub(quantity_digits))),
            min_notional: Money::ZERO,
            multiplier: Quantity::ONE,
            kind: Kind::Spot,
            margins: None,
            has_volume: true,
        }
    }

    /// The instrument, if its steps are positive multiples of its digits.
    pub fn checked(self) -> Result<Self> {
        if self.price_digits > 12 || self.quantity_digits > 8 {
            return Err(self.refused("has too many digits; at most 12 for prices and 8 for quantities"));
        }
        let (price, quantity) = (self.price_step.raw(), self.quantity_step.raw());
        if price <= 0
            || quantity <= 0
            || price % i128::from(self.price_unit()) != 0
            || quantity % i128::from(self.quantity_unit()) != 0
        {
            return Err(self.refused("has a step that is not a positive multiple of its last digit"));
        }
        if self.min_notional.raw() < 0 {
            return Err(self.refused("has a negative minimum notional"));
        }
        if self.multiplier.raw() <= 0 {
            return Err(self.refused("has a multiplier that is not above 0"));
        }
        if self.multiplier_digits() + self.quantity_digits > 8 {
            return Err(self.refused("has too many digits in quantity and multiplier together; at most 8"));
        }
        Ok(self)
    }

    fn refused(&self, why: &str) -> Error {
        Error::Parameter(format!("asset {:?} {why}", self.name))
    }

    /// Digits behind the point of the multiplier.
    fn multiplier_digits(&self) -> u32 {
        (0..8).find(|&digits| self.multiplier.raw() % power(8 - digits) == 0).unwrap_or(8)
    }

    /// Quantity x multiplier: what a price is paid for, of which averages are made.
    pub fn units(&self, quantity: Quantity) -> Result<Quantity> {
        if self.multiplier == Quantity::ONE {
            return Ok(quantity);
        }
        quantity.scaled(self.multiplier.raw(), Quantity::ONE.raw(), Rounding::UNITS)
    }

    /// What a quantity is worth at a price; every amount of money that a price makes comes from here. It is exact for
    /// quantities on the instrument's digits.
    ///
    /// Of an inverse perpetual that is less than nothing, as its coin buys less of the quote the less it is worth.
    pub fn value(&self, quantity: Quantity, price: Price) -> Result<Money> {
        if self.kind == Kind::Inverse {
            return divided(self.units(quantity)?.negative(), price);
        }
        let worth = price.times(quantity)?;
        if self.multiplier == Quantity::ONE {
            return Ok(worth);
        }
        worth.scaled(self.multiplier.raw(), Quantity::ONE.raw(), Rounding::VALUE)
    }

    /// The size of a trade in money, as fees and limits count it.
    pub fn notional(&self, quantity: Quantity, price: Price) -> Result<Money> {
        let value = self.value(quantity, price)?;
        Ok(if self.kind == Kind::Inverse { value.negative() } else { value })
    }

    /// What is lost where a quantity trades at another price than its reference; more than nothing where that is worse.
    pub fn lost(&self, quantity: Quantity, (reference, price): (Price, Price), is_buy: bool) -> Result<Money> {
        let dearer = self.value(quantity, price)?.minus(self.value(quantity, reference)?)?;
        Ok(if is_buy { dearer } else { dearer.negative() })
    }

    /// The price at which a quantity was traded for so much on average; None where nothing was.
    pub fn average(&self, notional: Money, quantity: Quantity) -> Result<Option<Price>> {
        let (units, is_inverse) = (self.units(quantity)?, self.kind == Kind::Inverse);
        if units.is_zero() || (is_inverse && notional.is_zero()) {
            return Ok(None);
        }
        self.paid(notional, units, Rounding::AVERAGE_PRICE).map(Some)
    }

    /// What so many units were traded for, in the currency of the price.
    pub fn quoted(&self, notional: Money, units: Quantity) -> Result<Money> {
        match self.kind {
            Kind::Inverse => self.paid(notional, units, Rounding::AVERAGE_PRICE)?.times(units),
            _ => Ok(notional),
        }
    }

    /// The price that so many units were traded for on average.
    pub fn paid(&self, notional: Money, units: Quantity, rounding: Rounding) -> Result<Price> {
        let raw = match self.kind {
            Kind::Inverse => mul_div(units.abs().raw(), PER_COIN, notional.abs().raw(), rounding)?,
            _ => mul_div(notional.raw(), 1, units.raw(), rounding)?,
        };
        Price::new(raw)
    }

    /// At most 10^12: in one machine word, so that a tick becomes a number by one multiplication.
    const fn price_unit(&self) -> i64 {
        power(12 - self.price_digits) as i64
    }

    const fn quantity_unit(&self) -> i64 {
        power(8 - self.quantity_digits) as i64
    }

    /// The exact price of a tick count.
    pub fn price(&self, ticks: i64) -> Price {
        Price::from_raw(i128::from(ticks) * i128::from(self.price_unit()))
    }

    /// The exact quantity of a tick count.
    pub fn quantity(&self, ticks: i64) -> Quantity {
        Quantity::from_raw(i128::from(ticks) * i128::from(self.quantity_unit()))
    }
}

/// Scales of Money and Price together less that of Quantity.
const PER_COIN: i128 = power(24);

/// Quantity / price, as money.
fn divided(units: Quantity, price: Price) -> Result<Money> {
    Money::new(mul_div(units.raw(), PER_COIN, price.raw(), Rounding::INVERSE)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share() -> Instrument {
        Instrument { price_step: Price::parse("0.05").unwrap(), ..Instrument::new("X", 2, 0) }
    }

    #[test]
    fn ticks_become_prices() {
        assert_eq!(share().price(1_005).to_string(), "10.05");
        assert_eq!(share().quantity(7).to_string(), "7");
    }

    #[test]
    fn steps_off_the_digits_are_refused() {
        assert!(share().checked().is_ok());
        assert!(Instrument { price_step: Price::parse("0.005").unwrap(), ..share() }.checked().is_err());
        assert!(Instrument { quantity_step: Quantity::ZERO, ..share() }.checked().is_err());
        assert!(Instrument { price_digits: 13, ..share() }.checked().is_err());
        assert!(Instrument { min_notional: Money::from_raw(-1), ..share() }.checked().is_err());
        for (multiplier, digits, is_fine) in [("0", 0, false), ("0.01", 6, true), ("0.01", 7, false), ("1000", 8, true)]
        {
            let multiplier = Quantity::parse(multiplier).unwrap();
            let instrument = Instrument { multiplier, quantity_digits: digits, ..share() };
            assert_eq!(instrument.checked().is_ok(), is_fine, "{multiplier} {digits}");
        }
    }

    #[test]
    fn a_quantity_is_worth_its_price_times_the_multiplier() {
        for (multiplier, quantity, price, expected) in [
            ("1", "3", "10.05", "30.15"),
            ("50", "-2", "10.05", "-1005"),
            ("0.125", "8", "0.000000000001", "0.000000000001"),
        ] {
            let instrument = Instrument { multiplier: Quantity::parse(multiplier).unwrap(), ..share() };
            let value = instrument.value(Quantity::parse(quantity).unwrap(), Price::parse(price).unwrap());
            assert_eq!(value.unwrap().to_string(), expected, "{multiplier} x {quantity} x {price}");
        }
    }

    #[test]
    fn an_inverse_contract_is_worth_its_units_over_the_price() {
        let multiplier = Quantity::parse("100").unwrap();
        let coin = Instrument { multiplier, kind: Kind::Inverse, ..share() };
        for (quantity, price, expected) in [
            ("3", "50000", "-0.006"),
            ("-3", "50000", "0.006"),
            ("1", "30000", "-0.00333333333333333333"),
            ("2", "30000", "-0.00666666666666666667"),
        ] {
            let (quantity, price) = (Quantity::parse(quantity).unwrap(), Price::parse(price).unwrap());
            let value = coin.value(quantity, price).unwrap();
            assert_eq!(value.to_string(), expected, "{quantity} at {price}");
            assert_eq!(coin.notional(quantity, price).unwrap(), value.negative());
        }
        // 1 at 40,000 and 1 at 60,000: 200 / (100 / 40,000 + 100 / 60,000) = 48,000.
        let (two, worth) = (Quantity::parse("2").unwrap(), Money::parse("0.00416666666666666667").unwrap());
        assert_eq!(coin.average(worth, two).unwrap().unwrap().to_string(), "48000");
        assert_eq!(coin.average(Money::ZERO, Quantity::ZERO).unwrap(), None);
    }
}
