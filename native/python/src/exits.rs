//! What protects a position, as the strategy spells it: for an order that opens one, and for one that is held.

use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};
use workbench_engine::exits::{Exit, Exits, Target};
use workbench_engine::order::Side;
use workbench_engine::terms::Kind;
use workbench_market::Error;
use workbench_market::number::Price;

use crate::errors::{OrRaise, raise};
use crate::number::exact_at;
use crate::wish::Wish;

type Value<'py> = Bound<'py, PyAny>;

impl<'py> Wish<'_, 'py> {
    /// What protects the position that an order of this kind opens, or that is held; None where nothing does.
    pub fn exits(&self, kind: Option<Kind>) -> PyResult<Option<Box<Exits>>> {
        let exits = Exits {
            stop_loss: self.stop_loss()?,
            trailing_stop: self.distance("trailing_stop", true, "it is the distance to the best price")?,
            break_even: self.distance(
                "break_even",
                false,
                "it is the gain at which the stop moves to what was paid",
            )?,
            targets: self.targets()?,
        };
        if exits == Exits::default() {
            return Ok(None);
        }
        // A pair of two currencies may have sold more than it bought without an account that holds short positions.
        if kind.is_some() && self.side == Side::Sell && !self.has_shorts {
            return Err(raise(Error::Unsupported(
                "sell with stop_loss= or take_profit= opens a short position, which needs a margin account: \
                 Backtest(..., account=wb.Margin()); to protect a long one give them to buy"
                    .into(),
            )));
        }
        if exits.break_even.is_some() && exits.stop_loss.is_none() && exits.trailing_stop.is_none() {
            return self.refuse("break_even= moves a stop; give stop_loss= or trailing_stop= too");
        }
        self.check_order(kind, &exits)?;
        Ok(Some(Box::new(exits)))
    }

    /// Prices lie on their sides of the entry, targets one beyond the other.
    fn check_order(&self, kind: Option<Kind>, exits: &Exits) -> PyResult<()> {
        let at = |exit| if let Exit::At(price) = exit { Some(price) } else { None };
        // Where a trailing entry will fill is not known yet.
        let own = kind.filter(|kind| !matches!(kind, Kind::Trailing { .. })).and_then(Kind::price);
        let targets = exits.targets.iter().map(|target| at(target.exit));
        let prices = [exits.stop_loss.and_then(at), own].into_iter().chain(targets).flatten();
        let is_short = self.side == Side::Sell;
        if prices.collect::<Vec<Price>>().is_sorted_by(|a, b| if is_short { a > b } else { a < b }) {
            return Ok(());
        }
        let than = if kind.is_some() { "the entry's price and each other" } else { "each other" };
        let (stop, target) = if is_short { ("above", "below") } else { ("below", "above") };
        let of = if is_short { " of a short position" } else { "" };
        self.refuse(&format!("stop_loss={of} must lie {stop}, take_profit= {target} {than}"))
    }

    fn stop_loss(&self) -> PyResult<Option<Exit>> {
        self.one_of("stop_loss", |name, value, is_part| self.exit(name, value, is_part, true))
    }

    fn targets(&self) -> PyResult<Vec<Target>> {
        Ok(self
            .one_of("take_profit", |name, value, is_part| self.read_targets(name, value, is_part))?
            .unwrap_or_default())
    }

    /// An option that is given as a price or, with `_pct` behind its name, as a part of it.
    fn one_of<T>(&self, name: &str, read: impl Fn(&str, &Value<'py>, bool) -> PyResult<T>) -> PyResult<Option<T>> {
        let pct = format!("{name}_pct");
        match (self.get(name)?, self.get(&pct)?) {
            (Some(_), Some(_)) => {
                self.refuse(&format!("give {name}= (a price) or {pct}= (a part of the price), not both"))
            }
            (Some(price), None) => read(name, &price, false).map(Some),
            (None, Some(part)) => read(&pct, &part, true).map(Some),
            (None, None) => Ok(None),
        }
    }

    fn exit(&self, name: &str, value: &Value<'py>, is_part: bool, is_loss: bool) -> PyResult<Exit> {
        if is_part {
            // What lies below the price is less than all of it.
            return self.part(name, value, is_loss == (self.side == Side::Buy)).map(Exit::Part);
        }
        self.priced(name, value, self.side.opposite()).map(Exit::At)
    }

    /// One price for all of it, or pairs of a price and the part of the position that it is for.
    fn read_targets(&self, name: &str, value: &Value<'py>, is_part: bool) -> PyResult<Vec<Target>> {
        if !is_sequence(value) {
            return Ok(vec![Target { exit: self.exit(name, value, is_part, false)?, part: Price::ONE }]);
        }
        let mut targets = Vec::new();
        for pair in value.try_iter()? {
            targets.push(self.target(name, &pair?, is_part)?);
        }
        let sum = targets.iter().try_fold(Price::ZERO, |sum, target| sum.plus(target.part)).or_raise()?;
        if targets.is_empty() || sum > Price::ONE {
            return self.refuse(&format!("the parts of {name}={value} must add up to at most 1, not to {sum}"));
        }
        let falls = self.side == Side::Sell && !is_part;
        if !targets.is_sorted_by(|a, b| if falls { distance(b) < distance(a) } else { distance(a) < distance(b) }) {
            return self.refuse(&format!("{name}={value} must go from the nearest target to the farthest"));
        }
        Ok(targets)
    }

    fn target(&self, name: &str, pair: &Value<'py>, is_part: bool) -> PyResult<Target> {
        let both = if is_sequence(pair) { pair.extract::<Vec<Value<'py>>>()? } else { Vec::new() };
        let [price, part] = both.as_slice() else {
            return self.refuse(&format!(
                "{name} takes a number, or pairs of a price and a part of the position such as [(110, 0.5), (120, 0.5)], \
                 got {pair}"
            ));
        };
        let exit = self.exit(name, price, is_part, false)?;
        let part = Price::new(exact_at(name, part, 12)?).or_raise()?;
        if part.raw() <= 0 || part > Price::ONE {
            return self
                .refuse(&format!("the part {part} in {name} must be above 0 and at most 1; write 0.5 for half"));
        }
        Ok(Target { exit, part })
    }
}

fn is_sequence(value: &Value<'_>) -> bool {
    value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>()
}

/// What targets are ordered by: their price, or the part of it that they are away.
const fn distance(target: &Target) -> Price {
    match target.exit {
        Exit::At(price) | Exit::Part(price) => price,
    }
}
