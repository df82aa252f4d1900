//! One run of signals on one asset, folded from decision to decision.
//!
//! The one idea: between an entry and an exit nothing happens but prices, so the fold goes from one set bit of the rules to
//! the next, and the closes in between are worth cash + holding x price.

use workbench_engine::command::Goal;
use workbench_engine::lean::{Account, Asked, Outcome, Traded, Venue};
use workbench_engine::obstacle::{Foldable, Obstacle};
use workbench_engine::order::Side;
use workbench_engine::state::FillRule;
use workbench_indicators::Bits;
use workbench_market::number::{Money, Quantity};

use crate::statistics::Dealings;
use crate::tape::{Act, Curve, Tape};

/// Rows in a word of a rule.
const WORD: usize = 64;

/// What becomes of one run.
pub struct Folded {
    pub dealings: Dealings,
    /// Orders that were refused.
    pub denied: usize,
    pub final_equity: Money,
}

/// A run while it is folded.
pub struct Fold<'a> {
    tape: &'a Tape,
    account: &'a mut Account,
    curve: &'a mut Curve,
    fill: FillRule,
    rules: [Option<&'a Bits>; 2],
    dealings: Dealings,
    denied: usize,
    /// The next of the acts of the tape.
    next_act: usize,
    /// The next row at which a stop or a target can be reached, and whether its Open is over.
    watched: usize,
    is_open_over: bool,
    /// What came in less what went out since nothing was held.
    profit: Money,
}

impl<'a> Fold<'a> {
    pub fn new(
        tape: &'a Tape,
        account: &'a mut Account,
        curve: &'a mut Curve,
        fill: FillRule,
        rules: [Option<&'a Bits>; 2],
    ) -> Self {
        let dealings = Dealings::default();
        let (denied, next_act, watched, is_open_over, profit) = (0, 0, 0, false, Money::ZERO);
        Self { tape, account, curve, fill, rules, dealings, denied, next_act, watched, is_open_over, profit }
    }

    /// Folds one run, unless something happens that only the engine knows.
    pub fn run(mut self, goal: Goal, cash: Money, warms_up: bool) -> Foldable<Folded> {
        self.account.fund(cash);
        self.curve.clear();
        let mut row = self.tape.first.max(if warms_up { ready(self.rules, self.tape.rows()) } else { 0 });
        loop {
            let next = self.next(row);
            if let Some(sold) = self.watch(next.map_or(self.tape.rows(), |at| at + 1))? {
                row = sold;
                continue;
            }
            row = match (self.pass(next.unwrap_or(self.tape.rows()))?, next) {
                (Some(emptied), _) => emptied,
                (None, Some(at)) if self.ask(at, goal)? => self.work(at)?,
                (None, Some(at)) => at + 1,
                (None, None) => return self.finish(),
            };
        }
    }

    fn finish(mut self) -> Foldable<Folded> {
        self.mark(self.tape.sessions())?;
        let final_equity = match self.tape.sessions() {
            // Cash comes with the first bar that is traded.
            0 => Money::ZERO,
            _ => self
                .account
                .money()?
                .plus(self.tape.instrument.value(self.account.held(), self.tape.close(self.tape.rows() - 1))?)?,
        };
        Ok(Folded { dealings: self.dealings, denied: self.denied, final_equity })
    }

    /// Goes on with what happens to the holding and the order before the Opens up to this row. Where a split leaves
    /// nothing of a holding, it stops and says at which row.
    fn pass(&mut self, row: usize) -> Foldable<Option<usize>> {
        while let Some(&(at, act)) = self.tape.acts.get(self.next_act).filter(|(at, _)| *at <= row) {
            self.next_act += 1;
            let is_held = !self.account.held().is_zero();
            if is_held {
                self.mark(self.tape.session(at))?;
            }
            let received = match act {
                Act::Split { numerator, denominator } => {
                    self.account.split((numerator, denominator), self.tape.open(at))?
                }
                Act::Dividend { amount, pay_ns } if is_held => {
                    self.account.dividend(amount, pay_ns, self.tape.series.span(at).open_ns)?
                }
                Act::Dividend { .. } => continue,
            };
            if is_held {
                self.profit = self.profit.plus(received)?;
                self.check()?;
                if self.closed()? {
                    return Ok(Some(at));
                }
            }
        }
        Ok(None)
    }

    /// Asks for what the rules want at a close; whether an order works from then on.
    fn ask(&mut self, at: usize, goal: Goal) -> Foldable<bool> {
        let (close_ns, last) = (self.tape.series.span(at).close_ns, self.tape.close(at));
        self.account.collect(close_ns, false)?;
        let is_flat = self.account.held().is_zero() && self.account.working().is_none();
        let asked =
            if is_flat { self.account.enter(goal, close_ns, last)? } else { self.account.leave(close_ns, last)? };
        self.denied += usize::from(asked == Asked::Denied);
        Ok(asked == Asked::Working)
    }

    /// Fills what was asked at a close, bar by bar, until it has ended; gives the row that is decided on next.
    fn work(&mut self, mut at: usize) -> Foldable<usize> {
        let mut row = self.first_row(at);
        while row < self.tape.rows() {
            while self.pass(row)?.is_some() {}
            if let Some(side) = self.account.working() {
                self.trade(row, row == at)?;
                if self.account.working().is_some() {
                    let is_left = side == Side::Buy && row > at && self.leaves(row);
                    if is_left && !self.ask(row, Goal::AllIn)? {
                        return Ok(row + 1);
                    }
                    (at, row) = if is_left { (row, self.first_row(row)) } else { (at, row + 1) };
                    continue;
                }
            }
            return Ok(row.max(at + 1));
        }
        Ok(row)
    }

    /// What a price does to stop and target, and then to the order that works; what an entry opens is protected at once.
    fn trade(&mut self, row: usize, is_asked_here: bool) -> Foldable<()> {
        let venue = self.venue(row, is_asked_here);
        self.account.collect(venue.time_ns, venue.is_open)?;
        if self.account.is_protected() && !is_asked_here && self.reach(&venue)? {
            return Ok(());
        }
        let was = (self.account.money()?, self.account.held());
        match self.account.fill(&venue)? {
            Outcome::Denied => self.denied += 1,
            Outcome::Nothing if self.account.is_protected() => return Err(Obstacle::Protection),
            Outcome::Nothing => {}
            Outcome::Filled(traded) => self.note(row, was, &traded)?,
        }
        if self.account.is_protected() {
            (self.watched, self.is_open_over) = if venue.is_open { (row, true) } else { (row + 1, false) };
            if venue.is_open {
                self.reach(&venue)?;
                self.account.rest(venue.open_ns);
            }
        }
        Ok(())
    }

    /// Writes down a fill, before which there was this much money and holding.
    fn note(&mut self, row: usize, (money, held): (Money, Quantity), traded: &Traded) -> Foldable<()> {
        self.curve.extend(self.tape, self.tape.session(row), money, held)?;
        self.check()?;
        self.dealings.fill(traded.value.to_f64(), traded.fee.to_f64());
        self.profit = self.profit.plus(traded.received())?.minus(traded.fee)?;
        self.closed()?;
        Ok(())
    }

    /// Whether one price reaches stop or target, which sells all that is held.
    fn reach(&mut self, venue: &Venue) -> Foldable<bool> {
        let was = (self.account.money()?, self.account.held());
        let sold = self.account.reach(venue)?;
        sold.as_ref().map_or(Ok(()), |traded| self.note(venue.row, was, traded))?;
        Ok(sold.is_some())
    }

    /// Goes from bar to bar up to a row, while something protects what is held; where that is sold, gives the row.
    fn watch(&mut self, end: usize) -> Foldable<Option<usize>> {
        while self.account.is_protected() && self.watched < end {
            let row = self.watched;
            if !self.is_open_over && self.has_ended_at_open(row)? {
                return Ok(Some(row));
            }
            (self.watched, self.is_open_over) = (row + 1, false);
            if self.has_ended_inside(row)? {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    fn has_ended_at_open(&mut self, row: usize) -> Foldable<bool> {
        if self.pass(row)?.is_some() {
            return Ok(true);
        }
        let venue = self.venue(row, false);
        if venue.is_open && self.reach(&venue)? {
            return Ok(true);
        }
        self.account.rest(venue.open_ns);
        Ok(false)
    }

    fn has_ended_inside(&mut self, row: usize) -> Foldable<bool> {
        let (range, venue) = (self.tape.range(row), self.venue(row, true));
        let was = (self.account.money()?, self.account.held());
        let sold = match self.fill {
            FillRule::NextClose => self.account.reach(&venue)?,
            _ => match self.account.reach_inside(&range, &venue, false)? {
                None => self.account.reach_inside(&range, &venue, true)?,
                sold => sold,
            },
        };
        if let Some(traded) = sold {
            self.note(row, was, &traded)?;
            return Ok(true);
        }
        self.account.follow(range.high, range.low)?;
        Ok(false)
    }

    /// Whether nothing is held any longer, which ends a trade.
    fn closed(&mut self) -> Foldable<bool> {
        let is_closed = self.account.held().is_zero();
        if is_closed {
            self.dealings.trade(std::mem::replace(&mut self.profit, Money::ZERO).to_f64());
        }
        Ok(is_closed)
    }

    /// The curve up to a session with what there is now.
    fn mark(&mut self, session: usize) -> Foldable<()> {
        Ok(self.curve.extend(self.tape, session, self.account.money()?, self.account.held())?)
    }

    /// What the engine would refuse at some close later on is left to it.
    fn check(&self) -> Foldable<()> {
        self.account.money()?.plus(self.tape.instrument.value(self.account.held(), self.tape.most)?)?;
        Ok(())
    }

    /// The next row, from this one on, at which something is asked: to leave what is held, else to enter and not to leave.
    fn next(&self, row: usize) -> Option<usize> {
        let ([enters, leaves], is_held) = (self.rules, !self.account.held().is_zero());
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

    /// Whether the rule to leave holds at a row.
    fn leaves(&self, row: usize) -> bool {
        holds(self.rules[1], row)
    }

    /// The first row in which what is asked at the close of this one can fill.
    fn first_row(&self, row: usize) -> usize {
        if self.fill == FillRule::SameClose { row } else { row + 1 }
    }

    /// Where an order fills in a row; under same_close at the close it was asked on, and later at Opens.
    fn venue(&self, row: usize, is_asked_here: bool) -> Venue {
        self.tape.venue(row, self.fill != FillRule::NextClose && !is_asked_here)
    }
}

/// The first row at which every rule has a value, or behind the last.
pub fn ready([enters, leaves]: [Option<&Bits>; 2], rows: usize) -> usize {
    let defined = |rule: Option<&Bits>, word: usize| rule.map_or(u64::MAX, |rule| rule.defined[word]);
    let found = (0..rows.div_ceil(WORD)).find_map(|word| {
        let both = defined(enters, word) & defined(leaves, word);
        (both != 0).then(|| word * WORD + both.trailing_zeros() as usize)
    });
    found.unwrap_or(rows)
}

/// Whether a rule holds at a row.
pub fn holds(rule: Option<&Bits>, row: usize) -> bool {
    rule.is_some_and(|rule| rule.holds[row / WORD] >> (row % WORD) & 1 == 1)
}
