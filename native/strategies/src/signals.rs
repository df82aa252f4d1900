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
    /// The numbers of streams of the driver; a rule that is not there never holds.
    Streams { entry: Option<usize>, exit: Option<usize> },
    /// Levels that were made before the run, for each asset.
    Ready(Vec<Levels>),
}

/// The levels of one asset, one for each of its bars.
#[derive(Clone, Debug, Default)]
pub struct Levels {
    pub entry: Vec<bool>,
    pub exit: Vec<bool>,
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
    /// Something is held, or an entry is working.
    Long,
    /// What is held is being sold already.
    Leaving,
}

impl Signals {
    /// What the rules ask for at the slice that is being decided, in its order of assets.
    pub fn decide(&self, driver: &Driver, commands: &mut Vec<Command>) -> Result<()> {
        for &asset in &driver.slice.assets {
            if driver.is_ready(asset) {
                let (enters, leaves) = self.rules.at(driver, asset);
                if enters || leaves {
                    commands.extend(self.command(driver, asset, leaves)?);
                }
            }
        }
        Ok(())
    }

    /// The first of some rows that were worked out at which the rules ask for something, where no order is at work.
    pub fn first(&self, driver: &Driver, asset: usize, rows: Range<usize>) -> Option<usize> {
        let is_held = !driver.state.positions[asset].quantity.is_zero();
        let found = match &self.rules {
            Rules::Streams { entry, exit } => {
                let of = |rule: &Option<usize>| rule.map(|stream| driver.streams.ahead(stream, asset, rows.clone()));
                asked(is_held, of(entry), of(exit), |value| value.is_finite() && value != 0.0)
            }
            Rules::Ready(levels) => {
                let Levels { entry, exit, .. } = &levels[asset];
                asked(is_held, Some(&entry[rows.clone()]), Some(&exit[rows.clone()]), |holds| holds)
            }
        };
        found.map(|at| rows.start + at)
    }

    /// Leaving goes first: where both rules hold nothing is opened.
    fn command(&self, driver: &Driver, asset: usize, leaves: bool) -> Result<Option<Command>> {
        let (goal, exits) = match (stand(&driver.state, asset), leaves) {
            (Stand::Long, true) => (Goal::Quantity(Quantity::ZERO), None),
            (Stand::Flat, false) => (self.goal(driver, asset)?, self.exits.clone()),
            _ => return Ok(None),
        };
        Ok(Some(Command::Target { asset, goal, exits }))
    }

    fn goal(&self, driver: &Driver, asset: usize) -> Result<Goal> {
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
    /// Whether the rules to enter and to leave hold at the bar of an asset that has closed; an undefined one does not.
    fn at(&self, driver: &Driver, asset: usize) -> (bool, bool) {
        match self {
            Self::Streams { entry, exit } => {
                let holds = |stream: usize| driver.streams.value(stream, asset).is_some_and(|value| value != 0.0);
                (entry.is_some_and(holds), exit.is_some_and(holds))
            }
            Self::Ready(levels) => {
                let row = driver.rows(asset) - 1;
                (levels[asset].entry[row], levels[asset].exit[row])
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
    match state.positions[asset].quantity.is_zero() {
        _ if is_working(Side::Sell) => Stand::Leaving,
        true if !is_working(Side::Buy) => Stand::Flat,
        _ => Stand::Long,
    }
}
