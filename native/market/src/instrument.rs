//! An instrument: how fine its prices and quantities are, and what a quantity is worth.

use crate::decimal::power;
use crate::error::{Error, Result};
use crate::number::{Money, Price, Quantity, Rounding};

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
    /// False for an asset whose bars carry no volume at all: its fills have no cap.
    pub has_volume: bool,
}

impl Instrument {
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
    pub fn value(&self, quantity: Quantity, price: Price) -> Result<Money> {
        let worth = price.times(quantity)?;
        if self.multiplier == Quantity::ONE {
            return Ok(worth);
        }
        worth.scaled(self.multiplier.raw(), Quantity::ONE.raw(), Rounding::VALUE)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn share() -> Instrument {
        Instrument {
            name: "X".into(),
            price_digits: 2,
            quantity_digits: 0,
            price_step: Price::parse("0.05").unwrap(),
            quantity_step: Quantity::parse("1").unwrap(),
            min_notional: Money::ZERO,
            multiplier: Quantity::ONE,
            has_volume: true,
        }
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
}
