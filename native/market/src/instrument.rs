//! An instrument: how fine its prices and quantities are.

use crate::decimal::power;
use crate::error::{Error, Result};
use crate::number::{Money, Price, Quantity};

/// What the engine must know of an asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instrument {
    pub name: String,
    pub price_digits: u32,
    pub quantity_digits: u32,
    pub price_step: Price,
    pub quantity_step: Quantity,
    pub min_notional: Money,
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
        Ok(self)
    }

    fn refused(&self, why: &str) -> Error {
        Error::Parameter(format!("asset {:?} {why}", self.name))
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
    }
}
