//! The driver: merges the bars of all assets into moments, feeds [`crate::step`] and stops where a strategy decides.
//!
//! It is turned inside out: [`Driver::advance`] runs up to the next decision, the caller asks the strategy, and
//! [`Driver::decide`] takes its commands. Files, chunks and single bars go through the same two calls.

use std::sync::Arc;

use workbench_indicators::Node;
use workbench_market::instrument::Instrument;
use workbench_market::number::Money;
use workbench_market::{Error, Result};

use crate::command::Command;
use crate::currency::{BookRow, Currencies};
use crate::curve::{Curve, EquityRow, Piece};
use crate::due::{Action, ActionKind, Due, Waiting};
use crate::near::Near;
use crate::series::{Series, Ticks};
use crate::state::{Rules, State};
use crate::step::{Closing, Input, Opening, step};
use crate::streams::Streams;
use crate::told::Past;

/// Where trading begins: earlier bars feed history and streams only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    pub session: i32,
    pub open_ns: i64,
}

/// Why the driver stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// A slice is complete and the strategy decides.
    Decide,
    /// The next moment may still need bars that have not been fed.
    Starved,
    /// Many moments went by without a decision; a good time to look for an interrupt.
    Busy,
    /// The last slice is behind us.
    Done,
}

/// The slice that was closed last: its time, its session and the assets with a bar in it.
#[derive(Clone, Debug)]
pub struct Slice {
    pub number: u64,
    pub time_ns: i64,
    pub session: i32,
    /// When the last of its bars opened.
    pub open_ns: i64,
    pub assets: Vec<usize>,
}

/// A command that changed something, and the slice it was given in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    pub slice: u64,
    pub command: Command,
}

/// Where an asset stands: the row that comes next, whether it has opened, and when it opens or closes.
#[derive(Clone, Copy, Debug)]
struct Cursor {
    row: usize,
    is_open: bool,
    /// `UNKNOWN` while the row has not been fed.
    next_ns: i64,
}

const UNKNOWN: i64 = i64::MAX;

impl Cursor {
    const START: Self = Self { row: 0, is_open: false, next_ns: UNKNOWN };

    fn look(&mut self, near: &mut Near, series: &Series) {
        self.next_ns = match self.row < series.len() {
            true if self.is_open => near.at(self.row, series).0.close_ns,
            true => near.at(self.row, series).0.open_ns,
            false => UNKNOWN,
        };
    }

    fn opens_at(&self, time_ns: i64) -> bool {
        !self.is_open && self.next_ns == time_ns
    }

    fn closes_at(&self, time_ns: i64) -> bool {
        self.is_open && self.next_ns == time_ns
    }
}

/// How many assets are looked at and streams updated before a run without decisions pauses: a few milliseconds.
const WORK_PER_BREATH: usize = 1 << 18;

pub struct Driver {
    pub state: State,
    pub series: Vec<Series>,
    pub slice: Slice,
    pub equity: Curve,
    /// Of each row of the curve what there was by currency; empty in a run in one.
    pub books: Vec<BookRow>,
    pub inputs: Vec<Recorded>,
    pub streams: Streams,
    actions: Waiting,
    cursors: Vec<Cursor>,
    near: Vec<Near>,
    ready: Vec<bool>,
    cash: Money,
    start: Start,
    fed_until_ns: i64,
    is_complete: bool,
    is_deciding: bool,
    /// Times at which bars close and open next; scratch space that is reused.
    closings: Vec<Closing>,
    openings: Vec<Opening>,
}

impl Driver {
    pub fn new(instruments: Vec<Instrument>, rules: Rules, cash: Money, start: Start) -> Self {
        let count = instruments.len();
        Self {
            state: State::new(Arc::from(instruments), rules),
            series: vec![Series::default(); count],
            slice: Slice { number: 0, time_ns: i64::MIN, session: i32::MIN, open_ns: i64::MIN, assets: Vec::new() },
            equity: Curve::default(),
            books: Vec::new(),
            inputs: Vec::new(),
            actions: Waiting::new(count),
            cursors: vec![Cursor::START; count],
            near: vec![Near::default(); count],
            streams: Streams::new(count),
            ready: vec![true; count],
            cash,
            start,
            fed_until_ns: i64::MIN,
            is_complete: false,
            is_deciding: false,
            closings: Vec::with_capacity(count),
            openings: Vec::with_capacity(count),
        }
    }

    /// The same run before its first bar, with all its bars: of one that has not begun.
    pub fn fresh(&self) -> Self {
        let mut fresh = Self::new(self.state.instruments.to_vec(), self.state.rules.clone(), self.cash, self.start);
        fresh.state.currencies = self.state.currencies.as_ref().map(|all| Box::new(all.fresh()));
        fresh.state.books = self.state.books.as_ref().map(|books| Box::new(books.fresh()));
        fresh.series.clone_from(&self.series);
        fresh.state.finer.clone_from(&self.state.finer);
        fresh.streams.frames = self.streams.frames.clone();
        fresh.actions = self.actions.clone();
        fresh.state.agenda.clone_from(&self.state.agenda);
        fresh.complete();
        fresh
    }

    /// Gives the run several currencies; what is paid in at the start are their deposits.
    pub fn set_currencies(&mut self, currencies: Currencies) {
        self.state.currencies = Some(Box::new(currencies));
    }

    pub const fn start(&self) -> Start {
        self.start
    }

    /// The corporate actions of an asset that has not begun, in the order in which they act.
    pub fn actions(&self, asset: usize) -> &[Action] {
        self.actions.of(asset)
    }

    /// The corporate actions of an asset; they act by session, those of one day by their rank.
    pub fn set_actions(&mut self, asset: usize, actions: Vec<Action>) {
        self.actions.set(asset, actions);
    }

    /// Watches an indicator on every asset and returns its stream's number.
    pub fn watch(&mut self, node: Node) -> Result<usize> {
        let (number, is_new) = self.streams.watch(node)?;
        if is_new {
            self.ready.fill(false);
        }
        Ok(number)
    }

    /// Calls every asset ready at once, whatever its streams say.
    pub fn skip_warmup(&mut self) {
        self.ready.fill(true);
    }

    /// Whether every stream has had a value for the asset.
    pub fn is_ready(&self, asset: usize) -> bool {
        self.ready[asset]
    }

    /// How many bars the slowest of all streams needs.
    pub fn warmup(&self) -> usize {
        (0..self.streams.len()).map(|stream| self.streams.warmup(stream)).max().unwrap_or(0)
    }

    /// How many bars of the asset have closed.
    pub fn rows(&self, asset: usize) -> usize {
        self.cursors[asset].row
    }

    /// Every bar that opens before this time has been fed; bars come in the order of their open times.
    pub fn fed_until(&mut self, open_ns: i64) {
        self.fed_until_ns = self.fed_until_ns.max(open_ns);
    }

    /// No more bars will come.
    pub fn complete(&mut self) {
        self.is_complete = true;
        // There is at least one slice for each bar of the asset with most, so this much of the curve is needed.
        self.equity.reserve(self.series.iter().map(Series::len).max().unwrap_or(0));
    }

    pub fn is_trading(&self) -> bool {
        !self.state.records.is_empty()
    }

    /// Runs to the next decision, to the end of what was fed, or to the end.
    pub fn advance(&mut self) -> Result<Pause> {
        let mut work = 0;
        while work < WORK_PER_BREATH {
            let Some(time_ns) = self.next_time() else {
                return Ok(if self.is_complete { Pause::Done } else { Pause::Starved });
            };
            if !self.is_complete && time_ns > self.fed_until_ns {
                return Ok(Pause::Starved);
            }
            if self.close(time_ns)? {
                return Ok(Pause::Decide);
            }
            if self.state.is_bankrupt {
                return Ok(Pause::Done);
            }
            if !self.is_complete && time_ns >= self.fed_until_ns {
                return Ok(Pause::Starved);
            }
            work += self.series.len() + self.closings.len() * self.streams.len();
            self.open(time_ns)?;
        }
        Ok(Pause::Busy)
    }

    fn next_time(&mut self) -> Option<i64> {
        if self.state.is_bankrupt {
            return None;
        }
        let mut next_ns = UNKNOWN;
        for (asset, cursor) in self.cursors.iter_mut().enumerate() {
            if cursor.next_ns == UNKNOWN {
                cursor.look(&mut self.near[asset], &self.series[asset]);
            }
            next_ns = next_ns.min(cursor.next_ns);
        }
        (next_ns != UNKNOWN).then_some(next_ns)
    }

    /// Closes every bar that ends now; true if a slice is to be decided on.
    fn close(&mut self, time_ns: i64) -> Result<bool> {
        self.closings.clear();
        self.slice.assets.clear();
        for (asset, cursor) in self.cursors.iter_mut().enumerate().filter(|(_, cursor)| cursor.closes_at(time_ns)) {
            let (near, series) = (&mut self.near[asset], &self.series[asset]);
            let (span, bar) = near.at(cursor.row, series);
            let ticks = Ticks::of(bar, &self.state.instruments[asset]);
            self.closings.push(Closing { asset, high: ticks.high, low: ticks.low, close: ticks.close });
            self.slice.assets.push(asset);
            self.slice.open_ns = self.slice.open_ns.max(span.open_ns);
            self.slice.session = self.slice.session.max(span.session);
            (cursor.row, cursor.is_open) = (cursor.row + 1, false);
            cursor.look(near, series);
        }
        if self.closings.is_empty() {
            return Ok(false);
        }
        step(&mut self.state, Input::Close { time_ns, session: self.slice.session, closings: &self.closings })?;
        self.update_streams(time_ns)?;
        self.begin_slice(time_ns)
    }

    fn begin_slice(&mut self, time_ns: i64) -> Result<bool> {
        self.slice.time_ns = time_ns;
        if !self.is_trading() {
            if self.slice.session < self.start.session || self.slice.open_ns < self.start.open_ns {
                return Ok(false);
            }
            let deposits =
                self.state.currencies.as_ref().map_or_else(|| vec![(0, self.cash)], |all| all.deposits.clone());
            for (currency, amount) in deposits {
                step(&mut self.state, Input::Deposit { time_ns, currency, amount })?;
            }
        }
        self.slice.number += 1;
        self.is_deciding = !self.state.is_bankrupt;
        if !self.is_deciding {
            self.end_slice()?;
        }
        Ok(self.is_deciding)
    }

    fn update_streams(&mut self, time_ns: i64) -> Result<()> {
        if !self.streams.frames.is_empty() {
            self.close_longer(time_ns)?;
        }
        if self.streams.is_telling() {
            self.tell(time_ns);
        }
        for &asset in &self.slice.assets {
            let row = self.cursors[asset].row - 1;
            self.ready[asset] |= self.streams.update(asset, row, &self.series[asset]);
        }
        self.streams.check()
    }

    /// Tells the streams that read other assets what has closed, before their own bars.
    fn tell(&mut self, time_ns: i64) {
        for &asset in &self.slice.assets {
            self.streams.hear(time_ns, asset, &self.series[asset].bar(self.cursors[asset].row - 1));
        }
        self.streams.tell();
    }

    /// Takes the bars of this slice into the longer ones, and closes those whose time has come, with a bar or without.
    fn close_longer(&mut self, time_ns: i64) -> Result<()> {
        let Self { streams, series, cursors, state, slice, .. } = self;
        for &asset in &slice.assets {
            streams.frames.fold(asset, cursors[asset].row - 1, &series[asset], &state.instruments[asset])?;
        }
        if !streams.frames.is_due(time_ns) {
            return Ok(());
        }
        for (asset, (series, cursor)) in series.iter().zip(cursors).enumerate() {
            let running_ns = cursor.is_open.then(|| series.span(cursor.row).open_ns);
            streams.close(asset, time_ns, running_ns, series, &state.instruments[asset])?;
        }
        streams.frames.look_ahead();
        Ok(())
    }

    /// Takes the strategy's commands, carries them out in their order and ends the slice with one equity row.
    pub fn decide(&mut self, commands: &mut Vec<Command>) -> Result<()> {
        if !self.is_deciding {
            return Err(Error::Context("commands can only be given while a slice is decided".into()));
        }
        self.is_deciding = false;
        self.carry_out(self.slice.number, commands)?;
        step(&mut self.state, Input::Decided)?;
        self.end_slice()
    }

    /// One equity row.
    fn end_slice(&mut self) -> Result<()> {
        self.state.close_books(self.equity.len())?;
        self.state.equity()?; // A row whose parts have no exact sum could not be read later.
        if self.state.currencies.is_some() {
            return self.push_totals();
        }
        self.equity.push(EquityRow {
            time_ns: self.slice.time_ns,
            session: self.slice.session,
            records: self.state.records.len() as u32,
            cash: self.state.cash(),
            positions: self.state.positions_value,
            receivable: self.state.ledger.outstanding()?,
        });
        Ok(())
    }

    /// The rows of the curve of equity.
    pub fn curve(&self) -> impl Iterator<Item = Result<EquityRow>> {
        let (series, instrument) = (&self.series[0], &self.state.instruments[0]);
        self.equity.pieces().flat_map(move |piece: Piece<'_>| piece.rows(series, instrument))
    }

    /// One of them.
    pub fn equity_row(&self, at: usize) -> Result<EquityRow> {
        self.equity.row(at, &self.series[0], &self.state.instruments[0])
    }

    /// The row of an account in several currencies.
    fn push_totals(&mut self) -> Result<()> {
        let totals = self.state.totals()?;
        self.books.push(self.state.book_row()?);
        self.equity.push(EquityRow {
            time_ns: self.slice.time_ns,
            session: self.slice.session,
            records: self.state.records.len() as u32,
            cash: totals.cash,
            positions: totals.equity.minus(totals.cash)?.minus(totals.receivable)?,
            receivable: totals.receivable,
        });
        Ok(())
    }

    /// Whether a slice is behind us, no bar is open, every bar has been fed, and no action is to come.
    pub(crate) fn is_between_last_bars(&self) -> bool {
        let is_open = self.cursors.iter().any(|cursor| cursor.is_open);
        self.is_complete && !self.is_deciding && !is_open && self.actions.is_over()
    }

    /// The next bar of an asset is that of this row.
    pub(crate) fn go_on_at(&mut self, asset: usize, row: usize) {
        self.cursors[asset] = Cursor { row, ..Cursor::START };
    }

    /// Feeds commands in their order; ids that were given out are taken first, so that no other order gets one of them.
    fn carry_out(&mut self, slice: u64, commands: &mut Vec<Command>) -> Result<()> {
        if let Some(last_id) = commands.iter().filter_map(Command::asked_id).max() {
            step(&mut self.state, Input::Claim { last_id })?;
        }
        commands.drain(..).try_for_each(|command| self.command(slice, command))
    }

    /// Feeds one command; the simulated venue accepts at once. Only commands that changed something are recorded.
    pub fn command(&mut self, slice: u64, command: Command) -> Result<()> {
        let (before, number) = (self.state.records.len(), self.inputs.len() as u64 + 1);
        for approved in step(&mut self.state, Input::Command { number, command: &command })? {
            step(&mut self.state, Input::Accepted(approved))?;
        }
        if self.state.records.len() > before {
            self.inputs.push(Recorded { slice, command });
        }
        Ok(())
    }

    /// Opens every bar that begins now, after the corporate actions that are due before it.
    fn open(&mut self, time_ns: i64) -> Result<()> {
        self.openings.clear();
        for (asset, cursor) in self.cursors.iter_mut().enumerate().filter(|(_, cursor)| cursor.opens_at(time_ns)) {
            let (near, series) = (&mut self.near[asset], &self.series[asset]);
            let ticks = Ticks::of(&near.at(cursor.row, series).1, &self.state.instruments[asset]);
            self.openings.push(Opening { asset, open: ticks.open, volume: ticks.volume() });
            cursor.is_open = true;
            cursor.look(near, series);
        }
        if self.openings.is_empty() {
            return Ok(());
        }
        self.act(time_ns)?;
        step(&mut self.state, Input::Open { time_ns, openings: &self.openings })?;
        Ok(())
    }

    /// The actions that are due before this Open.
    fn act(&mut self, time_ns: i64) -> Result<()> {
        let Self { actions, openings, cursors, series, .. } = self;
        let session = |asset: usize| series[asset].span(cursors[asset].row).session;
        let due = actions.due(time_ns, openings, session, |asset| cursors[asset].is_open);
        due.into_iter().try_for_each(|due| self.act_once(time_ns, due))
    }

    fn act_once(&mut self, time_ns: i64, Due { asset, action, open }: Due) -> Result<()> {
        match action.kind {
            ActionKind::Split { numerator, denominator } => {
                step(&mut self.state, Input::Split { time_ns, asset, numerator, denominator, open })?;
                // An asset that ends without another Open has no bar to come, so its history stays as it was told.
                if open.is_some() {
                    self.rescale(asset, numerator, denominator)?;
                }
            }
            ActionKind::Dividend { amount, pay_ns } => {
                step(&mut self.state, Input::Dividend { time_ns, asset, amount, pay_ns })?;
            }
            ActionKind::End(end) => {
                step(&mut self.state, Input::AssetEnd { time_ns, asset, end, open })?;
            }
        }
        Ok(())
    }

    /// History and streams in the units after a split.
    fn rescale(&mut self, asset: usize, numerator: i64, denominator: i64) -> Result<()> {
        let row = self.cursors[asset].row;
        self.series[asset].split(row, numerator, denominator);
        let past = |(cursor, series): (&Cursor, &Series)| Past {
            rows: cursor.row,
            running_ns: cursor.is_open.then(|| series.span(cursor.row).open_ns),
        };
        let pasts: Vec<Past> = self.cursors.iter().zip(&self.series).map(past).collect();
        self.streams.rebuild(asset, &pasts, self.slice.time_ns, &self.series, &self.state.instruments)?;
        self.streams.check()
    }

    /// Takes what is asked when the last slice is over: it is checked like any command, and nothing of it trades. It is
    /// recorded under the number of the slice that never came.
    pub fn epilogue(&mut self, commands: &mut Vec<Command>) -> Result<()> {
        self.carry_out(self.slice.number + 1, commands)
    }

    /// Ends the run: working orders end as they are.
    pub fn finish(&mut self) -> Result<()> {
        step(&mut self.state, Input::End).map(|_| ())
    }
}
