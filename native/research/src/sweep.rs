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
use workbench_engine::currency::fees_elsewhere;
use workbench_engine::driver::{Driver, Pause};
use workbench_engine::event::Event;
use workbench_engine::exits::Exits;
use workbench_engine::lean::Account;
use workbench_engine::life::Status;
use workbench_engine::obstacle::{Foldable, Obstacle};
use workbench_engine::trades::trades;
use workbench_market::number::Money;
use workbench_market::{Error, Result};
use workbench_strategies::signals::{Four, Rules, Signals, Size};

use crate::fold::{Fold, Folded};
use crate::form::{Form, Slots};
use crate::joint::Joint;
use crate::moments::Market;
use crate::parallel::threads;
use crate::plan::{Plan, Scratch};
use crate::statistics::{Dealings, Statistics, statistics};
use crate::tape::{Curve, Tape};

/// How often the caller may look up.
const PULSE: Duration = Duration::from_millis(50);
/// How many quiet bars go by before a run looks whether it is to stop.
const BARS_PER_LOOK: usize = 1 << 14;
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
    /// Why it had to be driven bar by bar; None where it was folded.
    pub driven: Option<Obstacle>,
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
    lean: Foldable<Lean>,
}

/// What all folds of a sweep read: the bars, and a plan for each asset.
pub(crate) struct Lean {
    bars: Bars,
    plans: Vec<Plan>,
}

pub(crate) enum Bars {
    One(Box<Tape>),
    Several(Market),
}

impl Prepared {
    pub fn new(sweep: Sweep) -> Result<Self> {
        let lean = match sweep.bars() {
            Ok(bars) => Ok(sweep.lean(bars)?),
            Err(obstacle) => Err(obstacle),
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
        let lean = self.lean.as_ref().map_err(|obstacle| *obstacle);
        let mut bench = lean.and_then(|lean| Bench::new(&self.sweep, lean));
        loop {
            let first = work.next.fetch_add(TAKEN, Ordering::Relaxed);
            let last = work.wanted.len().min(first + TAKEN);
            if first >= last || work.is_stopped.load(Ordering::Relaxed) {
                return;
            }
            let one = |run: &usize| self.sweep.one(*run, &mut bench, &work.is_stopped).transpose();
            let made: Vec<_> = work.wanted[first..last].iter().map(one).collect();
            let mut rows = work.rows.lock().unwrap_or_else(PoisonError::into_inner);
            rows[first..last].iter_mut().zip(made).for_each(|(row, made)| *row = made);
        }
    }
}

impl Sweep {
    /// The figures of one run; None where it was stopped.
    fn one(&self, run: usize, bench: &mut Foldable<Bench<'_>>, is_stopped: &AtomicBool) -> Result<Option<Row>> {
        let folded = match bench {
            Ok(bench) => self.folded(run, bench)?,
            Err(obstacle) => Err(*obstacle),
        };
        match folded {
            Ok(row) => Ok(Some(row)),
            Err(obstacle) => {
                let row = self.driven(run, is_stopped)?;
                Ok(row.map(|row| Row { driven: Some(obstacle), ..row }))
            }
        }
    }

    /// The bars that runs are folded on, unless rules, longer bars or the end of an asset can get in between.
    pub(crate) fn bars(&self) -> Foldable<Bars> {
        if let Some(obstacle) = Obstacle::of(&self.driver.state.rules) {
            return Err(obstacle);
        }
        if [&self.entry, &self.exit].into_iter().flatten().any(Form::has_longer) {
            return Err(Obstacle::Longer);
        }
        if self.driver.state.currencies.is_some() {
            return Err(Obstacle::Currencies);
        }
        if self.driver.state.agenda.is_some() {
            return Err(Obstacle::Ends);
        }
        let [instrument] = &*self.driver.state.instruments else { return Market::new(&self.driver).map(Bars::Several) };
        let (driver, series) = (&self.driver, self.driver.series[0].clone());
        Tape::new(instrument.clone(), series, driver.start(), driver.actions(0)).map(|tape| Bars::One(Box::new(tape)))
    }

    pub(crate) fn lean(&self, bars: Bars) -> Result<Lean> {
        let tapes = bars.tapes();
        let rules = [self.entry.as_ref(), self.exit.as_ref()];
        let plan = |tape: &Tape| Plan::new(tape.layout(), rules, &self.slots, tapes.len());
        let plans = tapes.iter().map(plan).collect::<Result<_>>()?;
        Ok(Lean { bars, plans })
    }

    pub(crate) fn folded(&self, run: usize, bench: &mut Bench<'_>) -> Result<Foldable<Row>> {
        let Bench { lean, accounts, curve, scratches } = bench;
        let each = lean.plans.iter().zip(scratches);
        let rules = each.map(|(plan, scratch)| plan.rules(run, scratch)).collect::<Result<Vec<_>>>()?;
        let fill = self.driver.state.rules.fill;
        accounts.iter_mut().for_each(|account| account.exits.clone_from(self.exits.of(run)));
        let goals = self.goals(run, accounts.len());
        let folded = match &lean.bars {
            Bars::One(tape) => {
                Fold::new(tape, &mut accounts[0], curve, fill, rules[0]).run(goals[0], self.deposits, self.warms_up)
            }
            Bars::Several(market) => {
                Joint::new(market, accounts, curve, &rules, fill).run(&goals, self.deposits, self.warms_up)
            }
        };
        match folded {
            Ok(folded) => self.row(&folded, curve).map(Ok),
            Err(obstacle) => Ok(Err(obstacle)),
        }
    }

    /// What an entry opens of each asset.
    fn goals(&self, run: usize, assets: usize) -> Vec<Goal> {
        match self.sizes.of(run) {
            Size::Alike(goal) => vec![*goal; assets],
            Size::Units(each) => each.iter().map(|&units| Goal::Quantity(units)).collect(),
        }
    }

    fn row(&self, folded: &Folded, curve: &Curve) -> Result<Row> {
        let Folded { dealings, denied, final_equity } = folded;
        let found = statistics(curve.equity(), curve.held(), dealings, self.deposits.to_f64(), self.per_year);
        let statistics = found.map_err(|error| Error::Number(error.to_string()))?;
        let (fills, trades) = (dealings.fills, dealings.trades);
        Ok(Row { statistics, fills, trades, denied: *denied, final_equity: *final_equity, driven: None })
    }

    pub(crate) fn driven(&self, run: usize, is_stopped: &AtomicBool) -> Result<Option<Row>> {
        self.drive(run, is_stopped)?.map(|driver| self.measured(&driver)).transpose()
    }

    /// The figures of a run that was driven to its end.
    pub(crate) fn measured(&self, driver: &Driver) -> Result<Row> {
        let (folded, curve) = measured(driver)?;
        self.row(&folded, &curve)
    }

    /// Drives one run through the engine; None where it was stopped.
    pub(crate) fn drive(&self, run: usize, is_stopped: &AtomicBool) -> Result<Option<Driver>> {
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
                    driver.coast(BARS_PER_LOOK, |driver, rows| signals.first(driver, 0, rows));
                }
                Pause::Busy => {}
                Pause::Starved | Pause::Done => break,
            }
            if is_stopped.load(Ordering::Relaxed) {
                return Ok(None);
            }
        }
        driver.finish()?;
        Ok(Some(driver))
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

impl Bars {
    fn tapes(&self) -> &[Tape] {
        match self {
            Self::One(tape) => std::slice::from_ref(tape),
            Self::Several(market) => &market.tapes,
        }
    }
}

/// What one thread folds with.
pub(crate) struct Bench<'a> {
    lean: &'a Lean,
    accounts: Vec<Account>,
    curve: Curve,
    scratches: Vec<Scratch>,
}

impl<'a> Bench<'a> {
    pub fn new(sweep: &Sweep, lean: &'a Lean) -> Foldable<Self> {
        let account = |tape: &Tape| Account::new(tape.instrument.clone(), sweep.driver.state.rules.clone());
        let accounts = lean.bars.tapes().iter().map(account).collect::<Foldable<_>>()?;
        let scratches = lean.plans.iter().map(Plan::scratch).collect();
        Ok(Self { lean, accounts, curve: Curve::default(), scratches })
    }
}

/// What one of an asset's currency was worth in the account's at a time.
fn rate(driver: &Driver, asset: usize, time_ns: i64) -> Result<f64> {
    let Some(all) = &driver.state.currencies else { return Ok(1.0) };
    Ok(all.rates.convert_at(time_ns, Money::ONE, driver.state.currency(asset), 0)?.to_f64())
}

/// What a run that was driven to its end amounts to.
fn measured(driver: &Driver) -> Result<(Folded, Curve)> {
    let (mut curve, mut session, mut dealings) = (Curve::default(), None, Dealings::default());
    for row in driver.curve() {
        let row = row?;
        if session.replace(row.session) == Some(row.session) {
            curve.pop();
        }
        let equity = row.cash.plus(row.positions)?.plus(row.receivable)?;
        curve.push(equity.to_f64(), row.positions.to_f64());
    }
    let fees = fees_elsewhere(&driver.state)?;
    let fills = driver.state.records.iter().filter_map(|record| match &record.event {
        Event::Filled(fill) => Some((record.time_ns, fill)),
        _ => None,
    });
    for ((time_ns, fill), other) in fills.zip(fees) {
        let rate = rate(driver, fill.asset, time_ns)?;
        dealings.fill(fill.value.to_f64() * rate, fill.fee.to_f64() * rate + other.to_f64());
    }
    for trade in trades(&driver.state)? {
        if let Some(exit_ns) = trade.exit_ns {
            dealings.trade(trade.profit()?.to_f64() * rate(driver, trade.asset, exit_ns)?);
        }
    }
    let denied = driver.state.orders.iter().filter(|order| order.status == Status::Denied).count();
    Ok((Folded { dealings, denied, final_equity: driver.state.equity()? }, curve))
}
