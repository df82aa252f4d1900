//! What protects a position: a stop, or one that trails, targets for all of it or for parts, and a stop that moves to
//! what was paid.
//!
//! An entry carries its [`Exits`] until it fills; from then on they are orders, of which a [`Guard`] says what it does
//! beside its price.

use workbench_market::number::{Money, Price, Quantity, Rounding, mul_div};
use workbench_market::{Error, Result};

use crate::lots::divisor;
use crate::order::Side;
use crate::terms::{Kind, Trail, away};

/// Where a protecting order stands: at a price, or at a part of the entry's fill price away from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    At(Price),
    Part(Price),
}

/// A target, and the part of the position that it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    pub exit: Exit,
    pub part: Price,
}

/// Everything that protects what an order opens, or what is held. Targets go from the nearest to the farthest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exits {
    pub stop_loss: Option<Exit>,
    pub trailing_stop: Option<Trail>,
    /// The gain from which on the stop stands at what was paid: an amount, or a part of that price.
    pub break_even: Option<Trail>,
    pub targets: Vec<Target>,
}

/// What a protecting order does beside its price.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guard {
    /// Of a target for a part: its place among the targets.
    pub place: Option<usize>,
    /// Of a stop that is to move to what was paid.
    pub even: Option<Box<BreakEven>>,
}

/// The move to what was paid: it waits for a bar that has gained the distance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakEven {
    distance: Trail,
    value: Money,
    /// Units bought, in units of 1 / denominator, so that splits leave them exact.
    quantity: i128,
    denominator: i128,
}

impl Exit {
    /// The price of a child of this side: a part counts from the entry's fill price, up for gains of a long position
    /// and down for its losses, to one step at least.
    pub fn price(self, side: Side, filled: Price, is_loss: bool, step: Price) -> Result<Price> {
        let part = match self {
            Self::At(price) => return Ok(price),
            Self::Part(part) if is_loss == (side == Side::Sell) => part.negative(),
            Self::Part(part) => part,
        };
        Ok(away(filled, part, side)?.on_step(step, side.safe())?.max(step))
    }

    /// A given price divided by the ratio of a split, on the step of the child's side.
    fn split(self, side: Side, step: Price, numerator: i64, denominator: i64) -> Result<Self> {
        let Self::At(price) = self else { return Ok(self) };
        let scaled = price.scaled(i128::from(denominator), i128::from(numerator), side.safe())?;
        Ok(Self::At(scaled.on_step(step, side.safe())?))
    }
}

impl Target {
    pub fn is_part(&self) -> bool {
        self.part != Price::ONE
    }
}

impl Exits {
    /// The stop of a child of this side. Of a trail and a price beside it the tighter stands first; the trail starts from
    /// `start`, and never below one step.
    pub fn stop(&self, side: Side, paid: Price, start: Price, step: Price) -> Result<Option<Kind>> {
        let given = self.stop_loss.map(|exit| exit.price(side, paid, true, step)).transpose()?;
        let Some(trail) = self.trailing_stop else { return Ok(given.map(Kind::Stop)) };
        let level = trail.stop(side, start, step)?.max(step);
        Ok(Some(Kind::Trailing { trail, best: start, stop: given.map_or(level, |given| side.better(given, level)) }))
    }

    /// How much of `filled` a target is for: its part in whole steps; once that is all there will be, the last target
    /// takes what the others leave of the parts together.
    pub fn share(&self, place: usize, filled: Quantity, is_all: bool, step: Quantity) -> Result<Quantity> {
        let part =
            |part: Price| filled.scaled(part.raw(), Price::ONE.raw(), Rounding::SIZE)?.on_step(step, Rounding::SIZE);
        let target = &self.targets[place];
        if !target.is_part() {
            return Ok(filled);
        }
        if place + 1 < self.targets.len() || !is_all {
            return part(target.part);
        }
        let (mut sum, mut taken) = (Price::ZERO, Quantity::ZERO);
        for target in &self.targets[..place] {
            (sum, taken) = (sum.plus(target.part)?, taken.plus(part(target.part)?)?);
        }
        part(sum.plus(target.part)?)?.minus(taken)
    }

    /// What the orders do beside their prices: the stop moves to what was paid, a target may be for a part.
    pub fn guard(&self, place: Option<usize>, paid: Money, quantity: Quantity) -> Guard {
        match place {
            Some(place) => Guard { place: self.targets[place].is_part().then_some(place), even: None },
            None => Guard { place: None, even: self.break_even.map(|d| Box::new(BreakEven::new(d, paid, quantity))) },
        }
    }

    /// Prices divided by the ratio of a split: given ones on the step of the child's side, distances half-even.
    pub fn split(&self, side: Side, step: Price, numerator: i64, denominator: i64) -> Result<Self> {
        let exit = |exit: Exit| exit.split(side, step, numerator, denominator);
        let distance = |trail: Trail| trail.split(numerator, denominator);
        let target = |target: &Target| Ok(Target { exit: exit(target.exit)?, part: target.part });
        Ok(Self {
            stop_loss: self.stop_loss.map(exit).transpose()?,
            trailing_stop: self.trailing_stop.map(distance).transpose()?,
            break_even: self.break_even.map(distance).transpose()?,
            targets: self.targets.iter().map(target).collect::<Result<_>>()?,
        })
    }
}

impl BreakEven {
    const fn new(distance: Trail, value: Money, quantity: Quantity) -> Self {
        Self { distance, value, quantity: quantity.raw(), denominator: 1 }
    }

    /// More was bought.
    pub fn add(&mut self, value: Money, quantity: Quantity) -> Result<()> {
        let more = quantity.raw().checked_mul(self.denominator).and_then(|more| more.checked_add(self.quantity));
        (self.value, self.quantity) = (self.value.plus(value)?, more.ok_or_else(too_fine)?);
        Ok(())
    }

    /// Units times the ratio of a split, the distance divided by it.
    pub fn split(&mut self, numerator: i64, denominator: i64) -> Result<()> {
        self.distance = self.distance.split(numerator, denominator)?;
        let quantity = self.quantity.checked_mul(i128::from(numerator)).ok_or_else(too_fine)?;
        let parts = self.denominator.checked_mul(i128::from(denominator)).ok_or_else(too_fine)?;
        let common = divisor(quantity, parts);
        (self.quantity, self.denominator) = (quantity / common, parts / common);
        Ok(())
    }

    /// What was paid per unit, rounded to the safe side of a stop.
    fn paid(&self, side: Side) -> Result<Price> {
        Price::new(mul_div(self.value.raw(), self.denominator, self.quantity, side.safe())?)
    }

    /// Where the stop moves to after a bar with this best price; None while it has not gained the distance.
    pub fn level(&self, side: Side, best: Price, step: Price) -> Result<Option<Price>> {
        let paid = self.paid(side)?;
        let wanted = match (self.distance, side) {
            (Trail::Amount(amount), Side::Sell) => paid.plus(amount)?,
            (Trail::Amount(amount), Side::Buy) => paid.minus(amount)?,
            (Trail::Part(part), Side::Sell) => away(paid, part, side)?,
            (Trail::Part(part), Side::Buy) => away(paid, part.negative(), side)?,
        };
        if side.opposite().satisfies(wanted, best) { paid.on_step(step, side.safe()).map(Some) } else { Ok(None) }
    }
}

fn too_fine() -> Error {
    Error::Range(
        "the units of a protected position leave the exact range after so many splits; use smaller ones".into(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(text: &str) -> Price {
        Price::parse(text).unwrap()
    }

    fn units(text: &str) -> Quantity {
        Quantity::parse(text).unwrap()
    }

    #[test]
    fn exits_in_parts_count_from_the_fill() {
        let table = [(true, Side::Sell, "9.51"), (false, Side::Sell, "10.51"), (true, Side::Buy, "10.5")];
        for (is_loss, side, expected) in table {
            let exit = Exit::Part(price("0.05")).price(side, price("10.005"), is_loss, price("0.01")).unwrap();
            assert_eq!(exit, price(expected), "{side:?} {is_loss}");
        }
    }

    #[test]
    fn parts_go_toward_zero_and_the_last_takes_the_rest_of_their_sum() {
        let target = |part: &str| Target { exit: Exit::At(price("1")), part: price(part) };
        let exits = Exits { targets: vec![target("0.4"), target("0.4"), target("0.1")], ..Exits::default() };
        for (filled, is_all, expected) in [("9", true, ["3", "3", "2"]), ("9", false, ["3", "3", "0"])] {
            let shares = (0..3).map(|place| exits.share(place, units(filled), is_all, units("1")).unwrap());
            assert_eq!(shares.collect::<Vec<_>>(), expected.map(units), "{filled} {is_all}");
        }
    }

    #[test]
    fn the_tighter_of_two_stops_stands_first() {
        for (given, expected) in [("8.5", "9"), ("9.5", "9.5")] {
            let trailing_stop = Some(Trail::Amount(price("1")));
            let exits = Exits { stop_loss: Some(Exit::At(price(given))), trailing_stop, ..Exits::default() };
            let kind = exits.stop(Side::Sell, price("10"), price("10"), price("0.01")).unwrap().unwrap();
            assert_eq!(kind.stop(), Some(price(expected)));
        }
    }

    #[test]
    fn a_stop_moves_to_what_was_paid_on_both_sides() {
        let table = [
            (Side::Sell, Trail::Amount(price("1")), "11.01", "11", "10.01"), // 11.00005
            (Side::Sell, Trail::Part(price("0.1")), "11.01", "11", "10.01"), // 11.000055
            (Side::Buy, Trail::Amount(price("1")), "9", "9.01", "10"),
            (Side::Buy, Trail::Part(price("0.1")), "9", "9.01", "10"), // 9.000045
        ];
        for (side, distance, best, short, expected) in table {
            let even = BreakEven::new(distance, Money::parse("100.0005").unwrap(), units("10")); // 10.00005 each
            let level = |best: &str| even.level(side, price(best), price("0.01")).unwrap();
            assert_eq!((level(short), level(best)), (None, Some(price(expected))), "{side:?} {distance:?}");
        }
    }

    #[test]
    fn what_was_paid_stays_exact_over_splits() {
        let mut even = BreakEven::new(Trail::Amount(price("1")), Money::parse("100").unwrap(), units("10"));
        even.split(1, 3).unwrap();
        even.add(Money::parse("30").unwrap(), units("1")).unwrap(); // 130 for 13/3
        let level = |best: &str| even.level(Side::Sell, price(best), price("0.01")).unwrap();
        assert_eq!((level("32.99"), level("33")), (None, Some(price("30"))));
    }
}
