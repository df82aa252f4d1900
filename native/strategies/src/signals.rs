//! Signals: a position is opened while a rule to enter holds, and closed while a rule to leave does.
//!
//! The one idea: a decision is a function of the driver alone. Whatever was asked before stands in its state, so signals
//! carry nothing from slice to slice, and what they ask for are the commands that a callback would have given.

use std::ops::Range;

use workbench_engine::command::{Command, Goal, Weight};
use workbench_engine::driver::Driver;
use workbench_engine::exits::Exits;
use workbench_engine::order::Side;
use workbench_engine::state::State;
use workbench_market::Result;
use workbench_market::decimal::float_on_step;
use workbench_market::number::{Quantity, Rounding};

/// Digits of a weight behind the point.
pub const WEIGHT_DIGITS: u32 = 20;

/// Where the rules come from.
#[derive(Clone, Debug)]
pub enum Rules {
    /// The numbers of streams of the driver.
    Streams(Four<Option<usize>>),
    /// Levels that were made before the run, for each asset.
    Ready(Vec<Levels>),
}

/// Something for each of the rules: to enter and to leave, long and short.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Four<T> {
    pub entry: T,
    pub exit: T,
    pub short_entry: T,
    pub short_exit: T,
}

impl<T> Four<T> {
    fn each<U>(&self, of: impl Fn(&T) -> U) -> Four<U> {
        Four {
            entry: of(&self.entry),
            exit: of(&self.exit),
            short_entry: of(&self.short_entry),
            short_exit: of(&self.short_exit),
        }
    }
}

impl Four<bool> {
    /// The side to be on: an exit forbids its entry, and entries on both sides contradict each other.
    const fn wanted(&self) -> Option<Side> {
        match (self.entry && !self.exit, self.short_entry && !self.short_exit) {
            (true, false) => Some(Side::Buy),
            (false, true) => Some(Side::Sell),
            _ => None,
        }
    }
}

/// The levels of one asset, one for each of its bars; empty where there is no such rule.
#[derive(Clone, Debug, Default)]
pub struct Levels {
    pub rules: Four<Vec<bool>>,
    /// The part of equity that an entry at this bar is for; empty where all are alike.
    pub weights: Vec<f64>,
}

/// How much an entry opens.
#[derive(Clone, Debug)]
pub enum Size {
    /// The same goal for every asset.
    Alike(Goal),
    /// A quantity on the step of each asset.
    Units(Vec<Quantity>),
}

/// Rules, and what is done where they hold.
#[derive(Clone, Debug)]
pub struct Signals {
    pub rules: Rules,
    pub size: Size,
    /// What protects a position that an entry opens.
    pub exits: Option<Box<Exits>>,
}

/// Where an asset stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stand {
    Flat,
    /// Something is held on this side of entries, or an entry is working.
    In(Side),
    /// What is held is being closed already.
    Leaving,
}

impl Signals {
    /// What the rules ask for at the slice that is being decided, in its order of assets.
    pub fn decide(&self, driver: &Driver, commands: &mut Vec<Command>) -> Result<()> {
        for &asset in &driver.slice.assets {
            if driver.is_ready(asset) {
                let holds = self.rules.at(driver, asset);
                if holds != Four::default() {
                    commands.extend(self.command(driver, asset, &holds)?);
                }
            }
        }
        Ok(())
    }

    /// The first of some rows that were worked out at which the rules ask for something, where no order is at work.
    pub fn first(&self, driver: &Driver, asset: usize, rows: Range<usize>) -> Option<usize> {
        let is_held = !driver.state.positions[asset].quantity.is_zero();
        let found = match &self.rules {
            Rules::Streams(Four { entry, exit, .. }) => {
                let of = |rule: &Option<usize>| rule.map(|stream| driver.streams.ahead(stream, asset, rows.clone()));
                asked(is_held, of(entry), of(exit), |value| value.is_finite() && value != 0.0)
            }
            Rules::Ready(levels) => {
                let Four { entry, exit, .. } = &levels[asset].rules;
                asked(is_held, entry.get(rows.clone()), exit.get(rows.clone()), |holds| holds)
            }
        };
        found.map(|at| rows.start + at)
    }

    /// Leaving goes first: where both rules of a side hold nothing is opened. An entry of the other side reverses.
    fn command(&self, driver: &Driver, asset: usize, holds: &Four<bool>) -> Result<Option<Command>> {
        let leave = (Goal::Quantity(Quantity::ZERO), None);
        let (goal, exits) = match (stand(&driver.state, asset), holds.wanted()) {
            (Stand::Flat, Some(side)) => (self.goal(driver, asset, side)?, self.exits.clone()),
            (Stand::In(now), Some(side)) if now != side => (self.goal(driver, asset, side)?, self.exits.clone()),
            (Stand::In(Side::Buy), _) if holds.exit => leave,
            (Stand::In(Side::Sell), _) if holds.short_exit => leave,
            _ => return Ok(None),
        };
        Ok(Some(Command::Target { asset, goal, exits }))
    }

    fn goal(&self, driver: &Driver, asset: usize, side: Side) -> Result<Goal> {
        let goal = self.size(driver, asset)?;
        Ok(match (goal, side) {
            (Goal::Weight(weight), Side::Sell) => Goal::Weight(weight.negative()),
            (Goal::Quantity(quantity), _) => Goal::Quantity(side.signed(quantity)),
            _ => goal,
        })
    }

    fn size(&self, driver: &Driver, asset: usize) -> Result<Goal> {
        if let Some(weight) = self.rules.weight(driver, asset) {
            return float_on_step(weight, WEIGHT_DIGITS, 1, Rounding::HalfEven)
                .map(|raw| Goal::Weight(Weight::from_raw(raw)));
        }
        Ok(match &self.size {
            Size::Alike(goal) => *goal,
            Size::Units(each) => Goal::Quantity(each[asset]),
        })
    }
}

impl Rules {
    /// Which rules hold at the bar of an asset that has closed; an undefined one does not, nor one that is not there.
    fn at(&self, driver: &Driver, asset: usize) -> Four<bool> {
        match self {
            Self::Streams(streams) => {
                let holds = |stream: usize| driver.streams.value(stream, asset).is_some_and(|value| value != 0.0);
                streams.each(|stream| stream.is_some_and(holds))
            }
            Self::Ready(levels) => {
                let row = driver.rows(asset) - 1;
                levels[asset].rules.each(|level| level.get(row).is_some_and(|holds| *holds))
            }
        }
    }

    fn weight(&self, driver: &Driver, asset: usize) -> Option<f64> {
        let Self::Ready(levels) = self else { return None };
        levels[asset].weights.get(driver.rows(asset) - 1).copied()
    }
}

/// Where something is first asked: to leave what is held, else to enter and not to leave.
fn asked<T: Copy>(
    is_held: bool,
    enters: Option<&[T]>,
    leaves: Option<&[T]>,
    holds: impl Fn(T) -> bool,
) -> Option<usize> {
    match (is_held, enters, leaves) {
        (true, _, Some(leaves)) => leaves.iter().position(|&leaves| holds(leaves)),
        (false, Some(enters), None) => enters.iter().position(|&enters| holds(enters)),
        (false, Some(enters), Some(leaves)) => {
            enters.iter().zip(leaves).position(|(&enters, &leaves)| holds(enters) && !holds(leaves))
        }
        _ => None,
    }
}

fn stand(state: &State, asset: usize) -> Stand {
    let is_working = |side: Side| {
        let mut working = state.working[asset].iter().map(|&index| &state.orders[index].ask);
        working.any(|ask| ask.side == side && ask.origin.is_target())
    };
    let held = state.positions[asset].quantity;
    if !held.is_zero() {
        let closing = Side::closing(held);
        return if is_working(closing) { Stand::Leaving } else { Stand::In(closing.opposite()) };
    }
    match (is_working(Side::Buy), is_working(Side::Sell)) {
        // On margin what closes ends with the position, so that a sell of ours opens one.
        (false, true) if state.rules.margin.is_some() => Stand::In(Side::Sell),
        (_, true) => Stand::Leaving,
        (true, false) => Stand::In(Side::Buy),
        (false, false) => Stand::Flat,
    }
}
