//! Many runs of signals that differ in numbers, on all cores, each folded to its figures as it goes.
//!
//! The one idea: a run that can be folded is, and every other one is driven bar by bar through the same engine, on the same
//! threads, to the same figures. A caller cannot tell them apart but by the time they take.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use workbench_engine::command::Goal;
use workbench_engine::driver::{Driver, Pause};
use workbench_engine::event::Event;
use workbench_engine::exits::Exits;
use workbench_engine::lean::Account;
use workbench_engine::life::Status;
use workbench_engine::trades::trades;
use workbench_market::number::Money;
use workbench_market::{Error, Result};
use workbench_strategies::signals::{Four, Rules, Signals, Size};

use crate::fold::{Fold, Folded};
use crate::form::{Form, Slots};
use crate::parallel::threads;
use crate::plan::{Plan, Scratch};
use crate::statistics::{Dealings, Statistics, statistics};
use crate::tape::{Curve, Tape};

/// How often the caller may look up.
const PULSE: Duration = Duration::from_millis(50);
/// How many runs a thread takes at a time.
const TAKEN: usize = 8;

/// What the runs have in common and what they differ in.
pub struct Sweep {
    /// A driver with all its bars that has not begun.
    pub driver: Driver,
    pub entry: Option<Form>,
    pub exit: Option<Form>,
    pub slots: Arc<Slots>,
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
    /// Orders that were refused.
    pub denied: usize,
    pub final_equity: Money,
    /// Whether it had to be driven bar by bar.
    pub is_driven: bool,
}

/// What became of the runs that were asked for, in their order, and what stopped the rest of them.
pub struct Outcome<Stop> {
    pub rows: Vec<Option<Result<Row>>>,
    pub stop: Option<Stop>,
}

/// What the threads share.
struct Work<'a> {
    wanted: &'a [usize],
    next: AtomicUsize,
    is_stopped: AtomicBool,
    rows: Mutex<Vec<Option<Result<Row>>>>,
}

/// A sweep with the columns that its runs share.
pub struct Prepared {
    sweep: Sweep,
    lean: Option<(Tape, Plan)>,
}

impl Prepared {
    pub fn new(sweep: Sweep) -> Result<Self> {
        let lean = match sweep.tape() {
            Some(tape) => {
                let plan = Plan::new(tape.columns(), [sweep.entry.as_ref(), sweep.exit.as_ref()], &sweep.slots)?;
                Some((tape, plan))
            }
            None => None,
        };
        Ok(Self { sweep, lean })
    }

    /// Runs these; `look` is called now and then, and stops what has not begun by what it returns.
    pub fn run<Stop>(&self, wanted: &[usize], mut look: impl FnMut() -> Option<Stop>) -> Outcome<Stop> {
        let rows = Mutex::new(wanted.iter().map(|_| None).collect());
        let work = Work { wanted, next: AtomicUsize::new(0), is_stopped: AtomicBool::new(false), rows };
        let mut stop = None;
        thread::scope(|scope| {
            let (ended, ends) = channel::<()>();
            for _ in 0..threads(wanted.len()) {
                let (ended, work) = (ended.clone(), &work);
                scope.spawn(move || {
                    // The channel closes when the last thread has let go of its end.
                    let _ended = ended;
                    self.take(work);
                });
            }
            drop(ended);
            while let Err(RecvTimeoutError::Timeout) = ends.recv_timeout(PULSE) {
                if stop.is_none() {
                    stop = look();
                    work.is_stopped.store(stop.is_some(), Ordering::Relaxed);
                }
            }
        });
        Outcome { rows: work.rows.into_inner().unwrap_or_else(PoisonError::into_inner), stop }
    }

    /// One thread: takes some runs at a time until none is left.
    fn take(&self, work: &Work<'_>) {
        let mut bench = self.lean.as_ref().and_then(|(tape, plan)| Bench::new(&self.sweep, tape, plan));
        loop {
            let first = work.next.fetch_add(TAKEN, Ordering::Relaxed);
            let last = work.wanted.len().min(first + TAKEN);
            if first >= last || work.is_stopped.load(Ordering::Relaxed) {
                return;
            }
            let one = |run: &usize| self.sweep.one(*run, bench.as_mut(), &work.is_stopped).transpose();
            let made: Vec<_> = work.wanted[first..last].iter().map(one).collect();
            let mut rows = work.rows.lock().unwrap_or_else(PoisonError::into_inner);
            rows[first..last].iter_mut().zip(made).for_each(|(row, made)| *row = made);
        }
    }
}

impl Sweep {
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
        let Folded { dealings, denied, final_equity } = folded;
        let found = statistics(&curve.equity, &curve.held, dealings, self.deposits.to_f64(), self.per_year);
        let statistics = found.map_err(|error| Error::Number(error.to_string()))?;
        let (fills, trades) = (dealings.fills, dealings.trades);
        Ok(Row { statistics, fills, trades, denied: *denied, final_equity: *final_equity, is_driven })
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
        let rules = Rules::Streams(Four { entry: watch(&self.entry)?, exit: watch(&self.exit)?, ..Four::default() });
        Ok(Signals { rules, size: self.sizes.of(run).clone(), exits: self.exits.of(run).clone() })
    }
}

/// What one thread folds with.
pub(crate) struct Bench<'a> {
    tape: &'a Tape,
    plan: &'a Plan,
    account: Account,
    curve: Curve,
    scratch: Scratch,
}

impl<'a> Bench<'a> {
    pub fn new(sweep: &Sweep, tape: &'a Tape, plan: &'a Plan) -> Option<Self> {
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
    let denied = driver.state.orders.iter().filter(|order| order.status == Status::Denied).count();
    Ok((Folded { dealings, denied, final_equity: driver.state.equity()? }, curve))
}
