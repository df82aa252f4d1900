//! A simulation: feeds bars to the driver and calls the strategy where it decides.

use std::collections::HashMap;
use std::sync::Arc;

use pyo3::prelude::*;
use workbench_engine::driver::Pause;
use workbench_engine::ledger::Account;
use workbench_journal::commands::{Line, line, recorded};
use workbench_market::Result;
use workbench_strategies::signals::Signals;

use crate::arrow::Table;
use crate::cancel::Cancel;
use crate::checks::Checks;
use crate::context::Context;
use crate::desk::{Assets, Desk, Phase, Shared, Spares};
use crate::errors::{OrRaise, dated};
use crate::gil_cell::GilCell;
use crate::hooks::Member;
use crate::number::to_decimal;
use crate::pulse::Pulse;
use crate::recorder::Recorder;
use crate::rows::push;
use crate::tables;
use crate::time::nanoseconds;
use crate::walk::Walk;

/// How often a long run looks up: for Ctrl-C and for its progress bar; see also [`crate::pulse`].
const SLICES_PER_LOOK: u64 = 256;

/// One run in the making: bars go in, decisions are asked for, tables come out.
#[pyclass(frozen, module = "workbench._native")]
pub struct Simulation {
    pub shared: Arc<Shared>,
    pub(crate) context: Py<Context>,
    /// The hooks of the strategy, or of each of several with a book.
    pub(crate) members: Vec<Member>,
    signals: Option<Signals>,
    pub(crate) warms_up: bool,
    cancel: Cancel,
}

#[pymethods]
impl Simulation {
    #[new]
    #[pyo3(signature = (setup, hooks, host, signals = None))]
    fn new(
        py: Python<'_>,
        setup: &Bound<'_, PyAny>,
        hooks: &Bound<'_, PyAny>,
        host: Py<PyAny>,
        signals: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let setup = crate::setup::read(setup)?;
        let instruments = Arc::clone(&setup.driver.state.instruments);
        let desk = Desk {
            driver: setup.driver,
            cash: setup.cash,
            commands: Vec::new(),
            last_id: 0,
            phase: Phase::Between,
            groups: HashMap::new(),
            recorder: Recorder::default(),
            checks: Checks::default(),
            timers: Vec::new(),
            watched: Vec::new(),
            waiting: Vec::new(),
            session_of_books: i32::MIN,
            told: 0,
            next_known_us: i64::MIN,
            capture: None,
            hashes: None,
            spares: instruments.iter().map(|_| Spares::default()).collect(),
            cushion: None,
        };
        let cancel = Cancel::of(host.bind(py))?;
        let assets = Assets::new(setup.objects, setup.names);
        let shared = Arc::new(Shared { cell: GilCell::new(desk), assets, instruments, host, currency: setup.currency });
        let context = Py::new(py, Context(Arc::clone(&shared)))?;
        let signals = signals.map(|plan| crate::signals::read(plan, &shared)).transpose()?;
        let warms_up = setup.warms_up;
        let members = Member::all(hooks)?;
        if members.iter().any(|member| member.book.is_some()) {
            shared.desk_mut(py)?.waiting.resize_with(members.len(), Default::default);
        }
        Ok(Self { shared, context, members, signals, warms_up, cancel })
    }

    /// Calls on_start; bars come afterwards, so that every stream sees all of them.
    fn start(&self, py: Python<'_>) -> PyResult<()> {
        self.shared.desk_mut(py)?.phase = Phase::Start;
        let started =
            self.each(py, |hooks| hooks.on_start.as_ref(), |hook| hook.call1(py, (&self.context,)).map(|_| ()));
        self.turn_to(py, None)?;
        let mut desk = self.shared.desk_mut(py)?;
        desk.phase = Phase::Between;
        if !self.warms_up {
            desk.driver.skip_warmup();
        }
        started
    }

    /// Adds rows of one asset: open_us, close_us (int64), session (date) and five floats, oldest first.
    fn feed(&self, py: Python<'_>, asset: usize, rows: &Bound<'_, PyAny>) -> PyResult<()> {
        let first = self.shared.desk(py)?.driver.series[asset].len();
        crate::frames::cut(py, &self.shared, asset, rows, first)?;
        let mut desk = self.shared.desk_mut(py)?;
        push(&mut desk.driver.series[asset], &self.shared.instruments[asset], rows)
    }

    /// Adds finer bars of one asset, in the same columns; they tell the path inside its bars.
    fn feed_finer(&self, py: Python<'_>, asset: usize, rows: &Bound<'_, PyAny>) -> PyResult<()> {
        let mut desk = self.shared.desk_mut(py)?;
        push(&mut desk.driver.state.finer[asset], &self.shared.instruments[asset], rows)
    }

    /// Every bar that opens before this time has been fed.
    fn fed_until(&self, py: Python<'_>, open_us: i64) -> PyResult<()> {
        let open_ns = nanoseconds(open_us)?;
        self.shared.desk_mut(py)?.driver.fed_until(open_ns);
        Ok(())
    }

    fn complete(&self, py: Python<'_>) -> PyResult<()> {
        self.shared.desk_mut(py)?.driver.complete();
        Ok(())
    }

    /// Runs until the bars fed so far are used up; true when the run has ended.
    fn run(&self, py: Python<'_>) -> PyResult<bool> {
        let result = self.run_on(py);
        if result.is_err()
            && let Ok(mut desk) = self.shared.desk_mut(py)
        {
            crate::journal::abandon(py, &mut desk);
            desk.phase = Phase::Frozen;
        }
        result
    }

    /// Runs up to the slice of that number and gives its context, before the strategy is asked what to do in it.
    fn run_to(&self, py: Python<'_>, slice: u64) -> PyResult<Py<Context>> {
        loop {
            match self.advance(py)? {
                Pause::Decide if self.shared.desk(py)?.driver.slice.number >= slice => break,
                Pause::Decide => self.decide(py)?,
                Pause::Busy => {}
                Pause::Starved | Pause::Done => break,
            }
        }
        Ok(self.context.clone_ref(py))
    }

    /// Asks the strategy what to do in the slice that `run_to` has come to.
    fn step(&self, py: Python<'_>) -> PyResult<()> {
        self.decide(py)
    }

    /// Feeds recorded commands up to the slice of that number and gives its context, before its commands.
    fn replay(&self, py: Python<'_>, commands: Vec<Line>, slice: u64) -> PyResult<Py<Context>> {
        let commands = commands.iter().map(recorded).collect::<Result<Vec<_>>>().or_raise()?;
        let mut desk = self.shared.desk_mut(py)?;
        crate::journal::feed(
            py,
            &mut desk.driver,
            &mut commands.into_iter().peekable(),
            slice.saturating_sub(1),
            |driver, _| Ok(driver.slice.number < slice),
        )?;
        desk.phase = Phase::Frozen;
        Ok(self.context.clone_ref(py))
    }

    /// Feeds recorded commands to the end and gives what was held and which orders worked, as spans of slices.
    fn walk(&self, py: Python<'_>, commands: Vec<Line>) -> PyResult<(Table, Table)> {
        let commands = commands.iter().map(recorded).collect::<Result<Vec<_>>>().or_raise()?;
        let (mut desk, mut walk) = (self.shared.desk_mut(py)?, Walk::default());
        crate::journal::feed(
            py,
            &mut desk.driver,
            &mut commands.into_iter().peekable(),
            u64::MAX,
            |driver, is_decided| {
                if !is_decided {
                    walk.note(driver);
                }
                Ok(true)
            },
        )?;
        desk.phase = Phase::Frozen;
        walk.tables(desk.driver.slice.number)
    }

    fn fills(&self, py: Python<'_>, is_exact: bool) -> PyResult<Table> {
        tables::fills(&self.shared.desk(py)?.driver, is_exact)
    }
    fn orders(&self, py: Python<'_>, is_exact: bool) -> PyResult<Table> {
        tables::orders(&self.shared.desk(py)?.driver, is_exact)
    }
    fn equity(&self, py: Python<'_>, is_exact: bool) -> PyResult<Table> {
        crate::equity::equity(&self.shared.desk(py)?.driver, is_exact)
    }
    fn trades(&self, py: Python<'_>, is_exact: bool) -> PyResult<Table> {
        tables::trades(&self.shared.desk(py)?.driver, is_exact)
    }
    fn ledger(&self, py: Python<'_>, is_exact: bool) -> PyResult<Table> {
        tables::ledger(&self.shared.desk(py)?.driver, is_exact, &self.shared.currency)
    }
    /// What there was of each currency at the end of each slice.
    fn currencies(&self, py: Python<'_>, is_exact: bool) -> PyResult<Table> {
        crate::currencies::balances(&self.shared.desk(py)?.driver, is_exact)
    }
    fn explained(&self, py: Python<'_>) -> PyResult<Table> {
        tables::explained(&self.shared.desk(py)?.driver, &self.shared.currency)
    }
    fn recorded(&self, py: Python<'_>) -> PyResult<Table> {
        let desk = self.shared.desk(py)?;
        desk.recorder.table(desk.driver.state.books.as_ref().map_or(&[], |books| &books.names))
    }

    /// What was checked by name.
    fn checks(&self, py: Python<'_>) -> PyResult<Table> {
        let desk = self.shared.desk(py)?;
        desk.checks.table(&desk.driver)
    }

    /// What each book had at the end of each slice; the fills as they came to books; transfers; causes of profit.
    fn books(&self, py: Python<'_>, is_exact: bool) -> PyResult<Table> {
        crate::books::rows(&self.shared.desk(py)?.driver, is_exact)
    }
    fn book_fills(&self, py: Python<'_>, is_exact: bool) -> PyResult<Table> {
        crate::books::deals(&self.shared.desk(py)?.driver, is_exact)
    }
    fn transfers(&self, py: Python<'_>, is_exact: bool) -> PyResult<Table> {
        crate::books::transfers(&self.shared.desk(py)?.driver, is_exact)
    }
    fn books_explained(&self, py: Python<'_>) -> PyResult<Table> {
        crate::books::explained(&self.shared.desk(py)?.driver)
    }

    /// The indicators that the strategy watched, in the order of asking.
    fn watched(&self, py: Python<'_>) -> PyResult<Vec<Py<PyAny>>> {
        Ok(self.shared.desk(py)?.watched.iter().map(|each| each.clone_ref(py)).collect())
    }

    /// The commands that changed something, as (slice, command, words).
    fn commands(&self, py: Python<'_>) -> PyResult<Vec<Line>> {
        Ok(self.shared.desk(py)?.driver.inputs.iter().map(line).collect())
    }

    /// Assets that never became ready: index, bars needed, bars closed, and their length where they are longer ones.
    fn waiting(&self, py: Python<'_>) -> PyResult<Vec<(usize, usize, usize, String)>> {
        let driver = &self.shared.desk(py)?.driver;
        let idle = (0..self.shared.instruments.len()).filter(|&asset| !driver.is_ready(asset));
        Ok(idle.map(|asset| crate::frames::lacking(driver, asset)).collect())
    }

    /// How often the volume cap left an order waiting, per asset.
    fn capped(&self, py: Python<'_>) -> PyResult<Vec<u64>> {
        Ok(self.shared.desk(py)?.driver.state.capped.clone())
    }

    /// When trading was halted, in microseconds, and the limit that did it; None if it never was.
    fn halted(&self, py: Python<'_>) -> PyResult<Option<(i64, &'static str)>> {
        let desk = self.shared.desk(py)?;
        Ok(tables::halted(&desk.driver))
    }

    /// Margin calls and bankruptcy: microseconds, event, equity and the maintenance that it was below, as exact text.
    fn margin_calls(&self, py: Python<'_>) -> PyResult<Vec<tables::CallRow>> {
        Ok(tables::margin_calls(&self.shared.desk(py)?.driver))
    }

    /// Ends of assets that met holdings or orders: kind, index, index of the asset in its place, microseconds.
    fn ends(&self, py: Python<'_>) -> PyResult<Vec<tables::EndRow>> {
        Ok(tables::ends(&self.shared.desk(py)?.driver))
    }

    /// Balances of the ledger by account.
    fn balances<'py>(&self, py: Python<'py>) -> PyResult<Vec<(&'static str, Bound<'py, PyAny>)>> {
        let desk = self.shared.desk(py)?;
        Account::ALL.into_iter().map(|a| Ok((a.name(), to_decimal(py, desk.driver.state.ledger.balance(a))?))).collect()
    }

    /// What was paid in, in the account's currency at the rates of then.
    fn deposits<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_decimal(py, crate::currencies::deposits(&self.shared.desk(py)?.driver).or_raise()?)
    }

    fn final_equity<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_decimal(py, self.shared.desk(py)?.driver.state.equity().or_raise()?)
    }

    /// Hash of the journal, and of the state with it.
    fn hashes(&self, py: Python<'_>) -> PyResult<(String, String)> {
        crate::journal::hashes(&mut *self.shared.desk_mut(py)?)
    }
}

impl Simulation {
    fn run_on(&self, py: Python<'_>) -> PyResult<bool> {
        let mut pulse = Pulse::new(&*self.shared.desk(py)?);
        loop {
            self.cancel.look()?;
            match self.advance(py)? {
                Pause::Starved => return Ok(false),
                Pause::Done => break,
                Pause::Busy => pulse.beat(py, &self.shared)?,
                Pause::Decide => {
                    self.decide(py)?;
                    pulse.count += 1;
                    if pulse.count.is_multiple_of(SLICES_PER_LOOK) {
                        pulse.beat(py, &self.shared)?;
                    }
                }
            }
        }
        self.end(py)?;
        Ok(true)
    }

    /// Up to what a callback decides on; signals decide for themselves and go on.
    fn advance(&self, py: Python<'_>) -> PyResult<Pause> {
        let by_signals = self.signals.as_ref().map(|signals| crate::signals::advance(py, &self.shared, signals));
        by_signals.unwrap_or_else(|| self.driven(py, |desk| desk.driver.advance()))
    }

    /// One slice: told events, data, bars, slice, timers; then the commands.
    fn decide(&self, py: Python<'_>) -> PyResult<()> {
        {
            let mut desk = self.shared.desk_mut(py)?;
            desk.phase = Phase::Deciding;
            // Children of brackets have taken ids since the last slice.
            desk.last_id = desk.last_id.max(desk.driver.state.last_order_id);
        }
        self.share_out(py)?;
        self.tell(py)?;
        self.data(py)?;
        self.bars(py)?;
        self.slice(py)?;
        self.timers(py)?;
        self.turn_to(py, None)?;
        self.driven(py, |Desk { driver, commands, last_id, phase, capture, .. }| {
            *phase = Phase::Between;
            driver.decide(commands)?;
            *last_id = (*last_id).max(driver.state.last_order_id);
            capture.as_mut().map_or(Ok(()), |capture| capture.look(driver))
        })
    }

    /// What the driver answers; a breached limit names the bar it happened at.
    pub(crate) fn driven<T>(
        &self,
        py: Python<'_>,
        ask: impl FnOnce(&mut Desk) -> workbench_market::Result<T>,
    ) -> PyResult<T> {
        let mut desk = self.shared.desk_mut(py)?;
        desk.cushion = None;
        let answer = ask(&mut desk);
        let time_ns = desk.driver.state.now_ns;
        answer.map_err(|error| dated(py, error, time_ns))
    }

    /// The last news are told, what is asked then cannot trade any more, and the strategy says good-bye.
    fn end(&self, py: Python<'_>) -> PyResult<()> {
        if self.shared.desk(py)?.driver.is_trading() {
            self.shared.desk_mut(py)?.phase = Phase::Deciding;
            self.tell(py)?;
            self.turn_to(py, None)?;
            self.driven(py, |Desk { driver, commands, .. }| {
                driver.epilogue(commands)?;
                driver.finish()
            })?;
        }
        self.shared.desk_mut(py)?.phase = Phase::End;
        self.each(py, |hooks| hooks.on_end.as_ref(), |hook| hook.call1(py, (&self.context,)).map(|_| ()))
            .map_err(|error| self.noted(py, error, "on_end", None))?;
        self.turn_to(py, None)?;
        let mut desk = self.shared.desk_mut(py)?;
        desk.phase = Phase::Frozen;
        crate::journal::close(&mut desk)
    }
}
