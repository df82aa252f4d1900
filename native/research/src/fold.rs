//! One run of signals on one asset, folded from decision to decision.
//!
//! The one idea: between an entry and an exit nothing happens but prices, so the fold goes from one set bit of the rules to
//! the next, and the closes in between are worth cash + holding x price.

use workbench_engine::command::Goal;
use workbench_engine::lean::{Account, Asked, Outcome, Traded, Venue};
use workbench_engine::state::FillRule;
use workbench_indicators::Bits;
use workbench_market::Result;
use workbench_market::number::Money;

use crate::statistics::Dealings;
use crate::tape::{Curve, Tape};

/// Rows in a word of a rule.
const WORD: usize = 64;

/// What becomes of one run.
pub struct Folded {
    pub dealings: Dealings,
    /// Orders that were refused.
    pub denied: usize,
    pub final_equity: Money,
}

/// Where a run stands while it is folded.
pub struct Fold<'a> {
    pub tape: &'a Tape,
    pub account: &'a mut Account,
    pub curve: &'a mut Curve,
    pub fill: FillRule,
    pub rules: [Option<&'a Bits>; 2],
}

impl Fold<'_> {
    /// Folds one run; None where something could happen between asking and filling.
    pub fn run(self, goal: Goal, cash: Money, warms_up: bool) -> Result<Option<Folded>> {
        self.account.fund(cash);
        self.curve.clear();
        let (mut dealings, mut denied) = (Dealings::default(), 0);
        let mut entry: Option<Traded> = None;
        let mut row = self.tape.first.max(if warms_up { self.ready() } else { 0 });
        while let Some(at) = self.next(row, entry.is_some()) {
            row = at + 1;
            let last = self.tape.close(at);
            let asked = match entry {
                None => self.account.enter(goal, self.tape.series.span(at).close_ns, last)?,
                Some(_) => self.account.leave(last)?,
            };
            match asked {
                Asked::Working => {}
                Asked::Denied => {
                    denied += 1;
                    continue;
                }
                Asked::Nothing => continue,
            }
            let Some(venue_row) = self.venue_row(at) else { break };
            let (before, held) = (self.account.cash, self.account.held);
            let traded = match self.account.fill(&self.venue(venue_row))? {
                Outcome::Filled(traded) => traded,
                Outcome::Denied => {
                    denied += 1;
                    continue;
                }
                Outcome::Beyond => return Ok(None),
            };
            self.curve.extend(self.tape, self.tape.session(venue_row), before, held)?;
            // What the engine would refuse at some close later on is left to it.
            self.account.cash.plus(self.tape.instrument.value(self.account.held, self.tape.most)?)?;
            dealings.fill(traded.value.to_f64(), traded.fee.to_f64());
            entry = match entry {
                None => Some(traded),
                Some(entry) => {
                    dealings.trade(profit(&entry, &traded)?.to_f64());
                    None
                }
            };
        }
        let (cash, held) = (self.account.cash, self.account.held);
        self.curve.extend(self.tape, self.tape.sessions(), cash, held)?;
        let final_equity = match self.tape.sessions() {
            // Cash comes with the first bar that is traded.
            0 => Money::ZERO,
            _ => cash.plus(self.tape.instrument.value(held, self.tape.close(self.tape.rows() - 1))?)?,
        };
        Ok(Some(Folded { dealings, denied, final_equity }))
    }

    /// The first row at which every rule has a value.
    fn ready(&self) -> usize {
        let [enters, leaves] = self.rules;
        let words = self.tape.rows().div_ceil(WORD);
        let defined = |rule: Option<&Bits>, word: usize| rule.map_or(u64::MAX, |rule| rule.defined[word]);
        let found = (0..words).find_map(|word| {
            let both = defined(enters, word) & defined(leaves, word);
            (both != 0).then(|| word * WORD + both.trailing_zeros() as usize)
        });
        found.unwrap_or(self.tape.rows())
    }

    /// The next row, from this one on, at which something is asked: to leave what is held, else to enter and not to leave.
    fn next(&self, row: usize, is_held: bool) -> Option<usize> {
        let [enters, leaves] = self.rules;
        let holds = |rule: Option<&Bits>, word: usize| rule.map_or(0, |rule| rule.holds[word]);
        let asked = |word: usize| {
            if is_held { holds(leaves, word) } else { holds(enters, word) & !holds(leaves, word) }
        };
        let words = self.tape.rows().div_ceil(WORD);
        let mut word = row / WORD;
        let mut bits = if word < words { asked(word) & (u64::MAX << (row % WORD)) } else { 0 };
        while bits == 0 {
            word += 1;
            if word >= words {
                return None;
            }
            bits = asked(word);
        }
        Some(word * WORD + bits.trailing_zeros() as usize)
    }

    /// The row in which what is asked at the close of this one fills; None after the last.
    fn venue_row(&self, row: usize) -> Option<usize> {
        match self.fill {
            FillRule::SameClose => Some(row),
            _ => Some(row + 1).filter(|&next| next < self.tape.rows()),
        }
    }

    fn venue(&self, row: usize) -> Venue {
        let span = self.tape.series.span(row);
        let (time_ns, reference) = match self.fill {
            FillRule::NextOpen => (span.open_ns, self.tape.open(row)),
            FillRule::NextClose | FillRule::SameClose => (span.close_ns, self.tape.close(row)),
        };
        Venue { time_ns, reference, volume: self.tape.volume(row) }
    }
}

/// What came in less what went out.
fn profit(entry: &Traded, exit: &Traded) -> Result<Money> {
    exit.value.minus(entry.value)?.minus(entry.fee.plus(exit.fee)?)
}
