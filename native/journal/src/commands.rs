//! Recorded commands as plain tuples, so that they can be saved and fed again without the strategy.

use workbench_engine::command::{Command, Goal, Weight};
use workbench_engine::driver::Recorded;
use workbench_engine::exits::Exits;
use workbench_market::number::{Money, Quantity};
use workbench_market::{Error, Result};

use crate::words;

/// (slice, command, its words); every number is its exact text.
pub type Line = (u64, String, Vec<String>);

pub fn line(recorded: &Recorded) -> Line {
    let (name, words) = spelled(&recorded.command);
    (recorded.slice, name.into(), words)
}

fn spelled(command: &Command) -> (&'static str, Vec<String>) {
    match command {
        Command::Order { id, ask } => ("order", words::order(*id, ask)),
        Command::Target { asset, goal, exits } => {
            let protecting = exits.iter().flat_map(|exits| words::exit_words(exits));
            ("target", goal_words(*asset, *goal).into_iter().chain(protecting).collect())
        }
        Command::Rebalance { weights, band } => {
            let pairs = weights.iter().flat_map(|(asset, weight)| [asset.to_string(), weight.to_string()]);
            ("rebalance", std::iter::once(band.to_string()).chain(pairs).collect())
        }
        Command::Flatten { asset } => ("flatten", vec![asset.to_string()]),
        Command::Cancel { order } => ("cancel", vec![order.to_string()]),
        Command::CancelAll { asset } => ("cancel_all", vec![asset.to_string()]),
        Command::Protect { asset, exits } => {
            ("protect", std::iter::once(asset.to_string()).chain(words::exit_words(exits)).collect())
        }
        Command::Of { book, command } => {
            let (name, words) = spelled(command);
            ("of", [book.to_string(), name.into()].into_iter().chain(words).collect())
        }
        Command::Allocate { weights } => ("allocate", weights.iter().map(ToString::to_string).collect()),
    }
}

fn goal_words(asset: usize, goal: Goal) -> Vec<String> {
    let (kind, number) = match goal {
        Goal::Quantity(quantity) => ("quantity", quantity.to_string()),
        Goal::Weight(weight) => ("weight", weight.to_string()),
        Goal::Value(value) => ("value", value.to_string()),
        Goal::AllIn => ("all_in", String::new()),
    };
    vec![asset.to_string(), kind.into(), number]
}

fn torn(line: &Line) -> Error {
    Error::Parameter(format!("recorded command {line:?} cannot be read; it was not written by this version"))
}

fn number<T: std::str::FromStr>(line: &Line, at: usize) -> Result<T> {
    line.2.get(at).and_then(|word| word.parse().ok()).ok_or_else(|| torn(line))
}

fn word(line: &Line, at: usize) -> Result<&str> {
    line.2.get(at).map(String::as_str).ok_or_else(|| torn(line))
}

pub fn recorded(line: &Line) -> Result<Recorded> {
    let command = match line.1.as_str() {
        "order" => {
            Command::Order { id: number(line, 0)?, ask: Box::new(words::ask(&line.2).ok_or_else(|| torn(line))?) }
        }
        "target" => {
            let exits = words::exits(&line.2).ok_or_else(|| torn(line))?;
            let exits = (exits != Exits::default()).then(|| Box::new(exits));
            Command::Target { asset: number(line, 0)?, goal: goal(line)?, exits }
        }
        "rebalance" => {
            let band = Weight::parse(word(line, 0)?)?;
            let pair = |at: usize| Ok((number(line, at)?, Weight::parse(word(line, at + 1)?)?));
            let weights = (1..line.2.len()).step_by(2).map(pair).collect::<Result<_>>()?;
            Command::Rebalance { weights, band }
        }
        "flatten" => Command::Flatten { asset: number(line, 0)? },
        "cancel" => Command::Cancel { order: number(line, 0)? },
        "cancel_all" => Command::CancelAll { asset: number(line, 0)? },
        "protect" => {
            let exits = words::exits(&line.2).ok_or_else(|| torn(line))?;
            Command::Protect { asset: number(line, 0)?, exits: Box::new(exits) }
        }
        "of" => {
            let words = line.2.get(2..).ok_or_else(|| torn(line))?.to_vec();
            let inner = recorded(&(line.0, word(line, 1)?.into(), words))?;
            Command::Of { book: number(line, 0)?, command: Box::new(inner.command) }
        }
        "allocate" => {
            let weights = line.2.iter().map(|word| Weight::parse(word)).collect::<Result<_>>()?;
            Command::Allocate { weights }
        }
        _ => return Err(torn(line)),
    };
    Ok(Recorded { slice: line.0, command })
}

fn goal(line: &Line) -> Result<Goal> {
    let text = word(line, 2)?;
    match word(line, 1)? {
        "quantity" => Quantity::parse(text).map(Goal::Quantity),
        "weight" => Weight::parse(text).map(Goal::Weight),
        "value" => Money::parse(text).map(Goal::Value),
        "all_in" => Ok(Goal::AllIn),
        _ => Err(torn(line)),
    }
}
