//! One run of signals on several assets in one account, folded from moment to moment.
//!
//! The one idea: each asset has an account of its own for its orders and its holding, and whichever is at work is handed the
//! one purse. Moments are gone through in the order of the engine, all Opens or all closes of one time together, sells
//! before buys; an asset without anything at work costs a look at two bits.

use workbench_engine::command::Goal;
use workbench_engine::lean::{Account, Asked, Outcome, Purse, Traded, Venue};
use workbench_engine::obstacle::{Foldable, Obstacle};
use workbench_engine::order::Side;
use workbench_engine::state::FillRule;
use workbench_indicators::Bits;
use workbench_market::number::{Money, Price, Rounding};

use crate::fold::{Folded, holds, ready};
use crate::moments::Market;
use crate::statistics::Dealings;
use crate::tape::{Act, Curve};

/// Where one asset stands.
#[derive(Clone, Default)]
struct Desk {
    ready: usize,
    next_act: usize,
    /// The first row whose range its stop may follow.
    followed: usize,
    /// The last close, in units of now.
    last: Price,
    /// The number of its open trade.
    trade: Option<usize>,
}

/// A run while it is folded.
pub struct Joint<'a> {
    market: &'a Market,
    accounts: &'a mut [Account],
    curve: &'a mut Curve,
    rules: &'a [[Option<&'a Bits>; 2]],
    fill: FillRule,
    purse: Purse,
    desks: Vec<Desk>,
    dealings: Dealings,
    denied: usize,
    /// What each trade has brought, in the order of entries, and whether it is over.
    trades: Vec<(Money, bool)>,
}

impl<'a> Joint<'a> {
    pub fn new(
        market: &'a Market,
        accounts: &'a mut [Account],
        curve: &'a mut Curve,
        rules: &'a [[Option<&'a Bits>; 2]],
        fill: FillRule,
    ) -> Self {
        let (purse, desks) = (Purse::default(), vec![Desk::default(); accounts.len()]);
        let (dealings, denied, trades) = (Dealings::default(), 0, Vec::new());
        Self { market, accounts, curve, rules, fill, purse, desks, dealings, denied, trades }
    }

    /// Folds one run, unless something happens that only the engine knows.
    pub fn run(mut self, goals: &[Goal], cash: Money, warms_up: bool) -> Foldable<Folded> {
        self.curve.clear();
        for asset in 0..self.accounts.len() {
            self.accounts[asset].fund(Money::ZERO);
            self.desks[asset].ready =
                if warms_up { ready(self.rules[asset], self.market.tapes[asset].rows()) } else { 0 };
        }
        self.with(0, |account| {
            account.fund(cash);
            Ok(())
        })?;
        let mut is_traded = false;
        for moment in &self.market.moments {
            let places = &self.market.places[moment.places.clone()];
            self.with(0, |account| account.collect(moment.time_ns, moment.is_open))?;
            if moment.is_open {
                self.open(places)?;
                continue;
            }
            self.close(places)?;
            if moment.is_traded {
                is_traded = true;
                self.decide(places, goals)?;
            }
            if moment.ends_session {
                self.mark()?;
            }
        }
        self.finish(is_traded)
    }

    fn finish(mut self, is_traded: bool) -> Foldable<Folded> {
        for (profit, is_over) in &self.trades {
            if *is_over {
                self.dealings.trade(profit.to_f64());
            }
        }
        let final_equity = if is_traded { self.money()?.plus(self.worth(None)?)? } else { Money::ZERO };
        Ok(Folded { dealings: self.dealings, denied: self.denied, final_equity })
    }

    /// Lets an account work with the purse.
    fn with<T>(&mut self, asset: usize, work: impl FnOnce(&mut Account) -> Foldable<T>) -> Foldable<T> {
        self.accounts[asset].swap(&mut self.purse);
        let done = work(&mut self.accounts[asset]);
        self.accounts[asset].swap(&mut self.purse);
        done
    }

    fn money(&mut self) -> Foldable<Money> {
        self.with(0, |account| account.money())
    }

    /// What is held is worth at the last closes, but for one asset.
    fn worth(&self, but: Option<usize>) -> Foldable<Money> {
        let mut sum = Money::ZERO;
        for (asset, account) in self.accounts.iter().enumerate() {
            if !account.held().is_zero() && Some(asset) != but {
                let instrument = &self.market.tapes[asset].instrument;
                sum = sum.plus(instrument.value(account.held(), self.desks[asset].last)?)?;
            }
        }
        Ok(sum)
    }

    fn mark(&mut self) -> Foldable<()> {
        let worth = self.worth(None)?;
        let equity = self.money()?.plus(worth)?;
        self.curve.push(equity.to_f64(), worth.to_f64());
        Ok(())
    }

    fn is_busy(&self, asset: usize) -> bool {
        self.accounts[asset].working().is_some() || self.accounts[asset].is_protected()
    }

    fn open(&mut self, places: &[(usize, usize)]) -> Foldable<()> {
        for &(asset, row) in places {
            self.act(asset, row)?;
        }
        if !places.iter().any(|&(asset, _)| self.is_busy(asset)) {
            return Ok(());
        }
        if self.fill != FillRule::NextClose {
            self.match_all(places, true)?;
        }
        for &(asset, row) in places {
            self.accounts[asset].rest(self.market.tapes[asset].series.span(row).open_ns);
        }
        Ok(())
    }

    /// What happens to an asset before the Open of a row.
    fn act(&mut self, asset: usize, row: usize) -> Foldable<()> {
        let tape = &self.market.tapes[asset];
        while let Some(&(_, act)) = tape.acts.get(self.desks[asset].next_act).filter(|(at, _)| *at <= row) {
            self.desks[asset].next_act += 1;
            let is_held = !self.accounts[asset].held().is_zero();
            let received = match act {
                Act::Split { numerator, denominator } => {
                    let last = &mut self.desks[asset].last;
                    *last = last.scaled(i128::from(denominator), i128::from(numerator), Rounding::MARK)?;
                    self.with(asset, |account| account.split((numerator, denominator), tape.open(row)))?
                }
                Act::Dividend { amount, pay_ns } if is_held => {
                    self.with(asset, |account| account.dividend(amount, pay_ns, tape.series.span(row).open_ns))?
                }
                Act::Dividend { .. } => continue,
            };
            if is_held {
                self.gain(asset, received)?;
                self.check()?;
            }
        }
        Ok(())
    }

    /// All that one price of each bar does: sells before buys, then what the buys are protected by.
    fn match_all(&mut self, places: &[(usize, usize)], is_open: bool) -> Foldable<()> {
        for &(asset, row) in places {
            let venue = self.market.tapes[asset].venue(row, is_open);
            let is_sold = self.accounts[asset].is_protected() && self.reach(asset, &venue)?;
            if !is_sold && self.accounts[asset].working() == Some(Side::Sell) {
                self.trade(asset, &venue)?;
            }
        }
        let mut opened = Vec::new();
        for &(asset, row) in places {
            if self.accounts[asset].working() == Some(Side::Buy) {
                let venue = self.market.tapes[asset].venue(row, is_open);
                self.trade(asset, &venue)?;
                opened.push((asset, venue));
            }
        }
        for (asset, venue) in opened {
            self.desks[asset].followed = if is_open { venue.row } else { venue.row + 1 };
            if is_open {
                self.reach(asset, &venue)?;
            }
        }
        Ok(())
    }

    fn close(&mut self, places: &[(usize, usize)]) -> Foldable<()> {
        if places.iter().any(|&(asset, _)| self.is_busy(asset)) {
            if self.fill == FillRule::NextClose {
                self.match_all(places, false)?;
            } else {
                self.inside(places, false)?;
                self.inside(places, true)?;
            }
            for &(asset, row) in places.iter().filter(|&&(asset, row)| row >= self.desks[asset].followed) {
                let range = self.market.tapes[asset].range(row);
                self.accounts[asset].follow(range.high, range.low)?;
            }
        }
        for &(asset, row) in places {
            self.desks[asset].last = self.market.tapes[asset].close(row);
        }
        Ok(())
    }

    fn inside(&mut self, places: &[(usize, usize)], is_target: bool) -> Foldable<()> {
        for &(asset, row) in places {
            if self.accounts[asset].is_protected() {
                let (range, venue) = (self.market.tapes[asset].range(row), self.market.tapes[asset].venue(row, false));
                if let Some(traded) = self.with(asset, |account| account.reach_inside(&range, &venue, is_target))? {
                    self.note(asset, &traded)?;
                }
            }
        }
        Ok(())
    }

    /// What the rules want at these closes; under same_close it trades at once.
    fn decide(&mut self, places: &[(usize, usize)], goals: &[Goal]) -> Foldable<()> {
        let mut asked = Vec::new();
        for &(asset, row) in places {
            let ([enters, leaves], desk) = (self.rules[asset], &self.desks[asset]);
            let (working, is_held) = (self.accounts[asset].working(), !self.accounts[asset].held().is_zero());
            if row < desk.ready || working == Some(Side::Sell) {
                continue;
            }
            let (is_flat, leaves) = (!is_held && working.is_none(), holds(leaves, row));
            if is_flat && !leaves && holds(enters, row) {
                self.enter(asset, row, goals[asset])?;
            } else if !is_flat && leaves {
                self.leave(asset, row)?;
            } else {
                continue;
            }
            asked.push((asset, row));
        }
        if self.fill == FillRule::SameClose && !asked.is_empty() {
            self.trade_here(&asked)?;
        }
        Ok(())
    }

    /// Trades what was asked at these closes; what protects waits for the next bar.
    fn trade_here(&mut self, asked: &[(usize, usize)]) -> Foldable<()> {
        for side in [Side::Sell, Side::Buy] {
            for &(asset, row) in asked {
                if self.accounts[asset].working() == Some(side) {
                    let venue = self.market.tapes[asset].venue(row, false);
                    self.trade(asset, &venue)?;
                    self.desks[asset].followed = row + 1;
                }
            }
        }
        Ok(())
    }

    fn enter(&mut self, asset: usize, row: usize, goal: Goal) -> Foldable<()> {
        let (elsewhere, soon) = (self.worth(Some(asset))?, self.soon()?);
        let (close_ns, last) = (self.market.tapes[asset].series.span(row).close_ns, self.desks[asset].last);
        let asked = self.with(asset, |account| {
            (account.elsewhere, account.soon) = (elsewhere, soon);
            account.enter(goal, close_ns, last)
        })?;
        self.denied += usize::from(asked == Asked::Denied);
        Ok(())
    }

    fn leave(&mut self, asset: usize, row: usize) -> Foldable<()> {
        let (close_ns, last) = (self.market.tapes[asset].series.span(row).close_ns, self.desks[asset].last);
        let asked = self.with(asset, |account| account.leave(close_ns, last))?;
        self.denied += usize::from(asked == Asked::Denied);
        Ok(())
    }

    /// What the sells that work bring at the last closes.
    fn soon(&self) -> Foldable<Money> {
        let mut sum = Money::ZERO;
        for ((account, desk), tape) in self.accounts.iter().zip(&self.desks).zip(&self.market.tapes) {
            let selling = account.selling()?;
            if !selling.is_zero() {
                sum = sum.plus(tape.instrument.value(selling, desk.last)?)?;
            }
        }
        Ok(sum)
    }

    fn reach(&mut self, asset: usize, venue: &Venue) -> Foldable<bool> {
        let sold = self.with(asset, |account| account.reach(venue))?;
        sold.as_ref().map_or(Ok(()), |traded| self.note(asset, traded))?;
        Ok(sold.is_some())
    }

    fn trade(&mut self, asset: usize, venue: &Venue) -> Foldable<()> {
        match self.with(asset, |account| account.fill(venue))? {
            Outcome::Denied => self.denied += 1,
            Outcome::Nothing if self.accounts[asset].is_protected() => return Err(Obstacle::Protection),
            Outcome::Nothing => {}
            Outcome::Filled(traded) => self.note(asset, &traded)?,
        }
        Ok(())
    }

    fn note(&mut self, asset: usize, traded: &Traded) -> Foldable<()> {
        self.dealings.fill(traded.value.to_f64(), traded.fee.to_f64());
        if self.desks[asset].trade.is_none() {
            self.desks[asset].trade = Some(self.trades.len());
            self.trades.push((Money::ZERO, false));
        }
        self.gain(asset, traded.received().minus(traded.fee)?)?;
        self.check()
    }

    /// What an open trade has brought; it is over when nothing is held.
    fn gain(&mut self, asset: usize, received: Money) -> Foldable<()> {
        let Some(trade) = self.desks[asset].trade else { return Ok(()) };
        let (profit, is_over) = &mut self.trades[trade];
        *profit = profit.plus(received)?;
        if self.accounts[asset].held().is_zero() {
            *is_over = true;
            self.desks[asset].trade = None;
        }
        Ok(())
    }

    /// What the engine would refuse at some close later on is left to it.
    fn check(&mut self) -> Foldable<()> {
        let mut most = self.money()?;
        for (account, tape) in self.accounts.iter().zip(&self.market.tapes) {
            most = most.plus(tape.instrument.value(account.held(), tape.most)?)?;
        }
        Ok(())
    }
}
