//! Many runs of signals that differ in numbers, on all cores, each folded to its figures as it goes.
//!
//! The one idea: a run that can be folded is, and every other one is driven bar by bar through the same engine, on the same
//! threads, to the same figures. A caller cannot tell them apart but by the time they take.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use workbench_engine::command::Goal;
use workbench_engine::driver::{Driver, Pause};
use workbench_engine::event::Event;
use workbench_engine::exits::Exits;
use workbench_engine::lean::Account;
use workbench_engine::trades::trades;
use workbench_market::number::Money;
use workbench_market::{Error, Result};
use workbench_strategies::signals::{Rules, Signals, Size};

use crate::fold::{Fold, Folded};
use crate::form::{Form, Slots};
use crate::parallel::threads;
use crate::plan::{Plan, Scratch};
use crate::statistics::{Dealings, Statistics, statistics};
use crate::tape::{Curve, Tape};

/// How often the caller is told how far it is.
const PULSE: Duration = Duration::from_millis(50);
/// How many runs a thread takes at a time.
const TAKEN: usize = 8;

/// What the runs have in common and what they differ in.
pub struct Sweep {
    /// A driver with all its bars that has not begun.
    pub driver: Driver,
    pub entry: Option<Form>,
    pub exit: Option<Form>,
    pub slots: Slots,
    /// How much entries open, and which of it each run does.
    pub sizes: Choice<Size>,
    /// What protects entries, and which of it each run has.
    pub exits: Choice<Option<Box<Exits>>>,
    pub warms_up: bool,
    pub deposits: Money,
    pub per_year: f64,
}

/// Values, and which of them each run has.
pub struct Choice<T> {
    pub values: Vec<T>,
    pub codes: Vec<u32>,
}

impl<T> Choice<T> {
    fn of(&self, run: usize) -> &T {
        &self.values[self.codes[run] as usize]
    }
}

/// The figures of one run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    pub statistics: Statistics,
    pub fills: usize,
    pub trades: usize,
    pub final_equity: Money,
    /// Whether it had to be driven bar by bar.
    pub is_driven: bool,
}

/// What is finished, and why not all is.
pub struct Outcome<Stop> {
    pub rows: Vec<Option<Row>>,
    pub stop: Option<Stop>,
    /// The run that failed.
    pub failed: Option<(usize, Error)>,
}

/// What the threads share.
struct Work {
    next: AtomicUsize,
    done: AtomicUsize,
    is_stopped: AtomicBool,
    rows: Mutex<Vec<Option<Row>>>,
    failed: Mutex<Option<(usize, Error)>>,
}

impl Sweep {
    /// Runs those that are not finished yet; `tell` hears how many are and may stop the others.
    pub fn run<Stop>(
        &self,
        is_finished: &[bool],
        tell: impl FnMut(usize) -> std::result::Result<(), Stop>,
    ) -> Result<Outcome<Stop>> {
        let wanted: Vec<usize> = (0..self.slots.runs()).filter(|&run| !is_finished[run]).collect();
        let tape = self.tape();
        let plan = match &tape {
            Some(tape) => Some(Plan::new(tape.columns(), [self.entry.as_ref(), self.exit.as_ref()], &self.slots)?),
            None => None,
        };
        let lean = tape.as_ref().zip(plan.as_ref());
        Ok(self.on_threads(&wanted, lean, tell))
    }

    fn on_threads<Stop>(
        &self,
        wanted: &[usize],
        lean: Option<(&Tape, &Plan<'_>)>,
        mut tell: impl FnMut(usize) -> std::result::Result<(), Stop>,
    ) -> Outcome<Stop> {
        let work = Work {
            next: AtomicUsize::new(0),
            done: AtomicUsize::new(0),
            is_stopped: AtomicBool::new(false),
            rows: Mutex::new(vec![None; self.slots.runs()]),
            failed: Mutex::new(None),
        };
        let mut stop = None;
        thread::scope(|scope| {
            let (ended, ends) = channel::<()>();
            for _ in 0..threads(wanted.len()) {
                let ended = ended.clone();
                let work = &work;
                scope.spawn(move || {
                    // The channel closes when the last thread has let go of its end.
                    let _ended = ended;
                    self.take(work, wanted, lean);
                });
            }
            drop(ended);
            while let Err(RecvTimeoutError::Timeout) = ends.recv_timeout(PULSE) {
                if stop.is_none()
                    && let Err(given) = tell(work.done.load(Ordering::Relaxed))
                {
                    stop = Some(given);
                    work.is_stopped.store(true, Ordering::Relaxed);
                }
            }
        });
        let failed = work.failed.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
        Outcome { rows: work.rows.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()), stop, failed }
    }

    /// One thread: takes some runs at a time until none is left.
    fn take(&self, work: &Work, wanted: &[usize], lean: Option<(&Tape, &Plan<'_>)>) {
        let mut bench = lean.and_then(|(tape, plan)| Bench::new(self, tape, plan));
        loop {
            let first = work.next.fetch_add(TAKEN, Ordering::Relaxed);
            let Some(taken) = wanted.get(first..(first + TAKEN).min(wanted.len())).filter(|taken| !taken.is_empty())
            else {
                return;
            };
            let mut rows = Vec::with_capacity(taken.len());
            for &run in taken {
                if work.is_stopped.load(Ordering::Relaxed) {
                    break;
                }
                match self.one(run, bench.as_mut(), &work.is_stopped) {
                    Ok(Some(row)) => rows.push((run, row)),
                    Ok(None) => break,
                    Err(error) => {
                        work.is_stopped.store(true, Ordering::Relaxed);
                        if let Ok(mut failed) = work.failed.lock() {
                            failed.get_or_insert((run, error));
                        }
                    }
                }
            }
            work.done.fetch_add(rows.len(), Ordering::Relaxed);
            if let Ok(mut all) = work.rows.lock() {
                rows.into_iter().for_each(|(run, row)| all[run] = Some(row));
            }
        }
    }

    /// The figures of one run; None where it was stopped.
    fn one(&self, run: usize, bench: Option<&mut Bench<'_>>, is_stopped: &AtomicBool) -> Result<Option<Row>> {
        if let Some(bench) = bench
            && let Some(row) = self.folded(run, bench)?
        {
            return Ok(Some(row));
        }
        self.driven(run, is_stopped)
    }

    /// The one asset that runs are folded on; None where actions, longer bars or other assets can get in between.
    pub(crate) fn tape(&self) -> Option<Tape> {
        let [instrument] = &*self.driver.state.instruments else { return None };
        let has_longer = [&self.entry, &self.exit].into_iter().flatten().any(Form::has_longer);
        let is_plain = !has_longer && !self.driver.has_actions();
        is_plain.then(|| Tape::new(instrument.clone(), self.driver.series[0].clone(), self.driver.start()))
    }

    pub(crate) fn folded(&self, run: usize, bench: &mut Bench<'_>) -> Result<Option<Row>> {
        let goal = match self.sizes.of(run) {
            Size::Alike(goal) => *goal,
            Size::Units(each) => Goal::Quantity(each[0]),
        };
        if self.exits.of(run).is_some() {
            return Ok(None);
        }
        let Bench { tape, plan, account, curve, scratch } = bench;
        let rules = plan.rules(run, scratch)?;
        let fill = self.driver.state.rules.fill;
        // What cannot be counted is left to the engine, which says so in its own words.
        match (Fold { tape, account, curve, fill, rules }).run(goal, self.deposits, self.warms_up) {
            Ok(Some(folded)) => self.row(&folded, curve, false).map(Some),
            Ok(None) | Err(_) => Ok(None),
        }
    }

    fn row(&self, folded: &Folded, curve: &Curve, is_driven: bool) -> Result<Row> {
        let Folded { dealings, final_equity } = folded;
        let found = statistics(&curve.equity, &curve.held, dealings, self.deposits.to_f64(), self.per_year);
        let statistics = found.map_err(|error| Error::Number(error.to_string()))?;
        let (fills, trades) = (dealings.fills, dealings.trades);
        Ok(Row { statistics, fills, trades, final_equity: *final_equity, is_driven })
    }

    /// Drives one run through the engine.
    pub(crate) fn driven(&self, run: usize, is_stopped: &AtomicBool) -> Result<Option<Row>> {
        let mut driver = self.driver.fresh();
        let signals = self.signals(run, &mut driver)?;
        if !self.warms_up {
            driver.skip_warmup();
        }
        let mut commands = Vec::new();
        loop {
            match driver.advance()? {
                Pause::Decide => {
                    signals.decide(&driver, &mut commands)?;
                    driver.decide(&mut commands)?;
                }
                Pause::Busy => {}
                Pause::Starved | Pause::Done => break,
            }
            if is_stopped.load(Ordering::Relaxed) {
                return Ok(None);
            }
        }
        driver.finish()?;
        let (folded, curve) = measured(&driver)?;
        self.row(&folded, &curve, true).map(Some)
    }

    /// The signals of one run, whose rules the driver watches from then on.
    fn signals(&self, run: usize, driver: &mut Driver) -> Result<Signals> {
        let mut watch = |form: &Option<Form>| match form {
            Some(form) => driver.watch(form.node(&self.slots, run)).map(Some),
            None => Ok(None),
        };
        let rules = Rules::Streams { entry: watch(&self.entry)?, exit: watch(&self.exit)? };
        Ok(Signals { rules, size: self.sizes.of(run).clone(), exits: self.exits.of(run).clone() })
    }

    /// Drives one run again to get at its error, and the time it happened at.
    pub fn fail(&self, run: usize) -> Option<Error> {
        self.driven(run, &AtomicBool::new(false)).err()
    }
}

/// What one thread folds with.
pub(crate) struct Bench<'a> {
    tape: &'a Tape,
    plan: &'a Plan<'a>,
    account: Account,
    curve: Curve,
    scratch: Scratch,
}

impl<'a> Bench<'a> {
    pub fn new(sweep: &Sweep, tape: &'a Tape, plan: &'a Plan<'a>) -> Option<Self> {
        let account = Account::new(tape.instrument.clone(), sweep.driver.state.rules.clone())?;
        Some(Self { tape, plan, account, curve: Curve::default(), scratch: plan.scratch() })
    }
}

/// What a run that was driven to its end amounts to.
fn measured(driver: &Driver) -> Result<(Folded, Curve)> {
    let (mut curve, mut session, mut dealings) = (Curve::default(), None, Dealings::default());
    for row in &driver.equity {
        if session.replace(row.session) == Some(row.session) {
            curve.equity.pop();
            curve.held.pop();
        }
        curve.equity.push(row.cash.plus(row.positions)?.plus(row.receivable)?.to_f64());
        curve.held.push(row.positions.to_f64());
    }
    for record in &driver.state.records {
        if let Event::Filled(fill) = &record.event {
            dealings.fill(fill.value.to_f64(), fill.fee.to_f64());
        }
    }
    for trade in trades(&driver.state)?.iter().filter(|trade| trade.exit_ns.is_some()) {
        dealings.trade(trade.profit()?.to_f64());
    }
    Ok((Folded { dealings, final_equity: driver.state.equity()? }, curve))
}
