//! A simulation: feeds bars to the driver and calls the strategy where it decides.

use std::collections::HashMap;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use workbench_engine::driver::Pause;
use workbench_engine::event::{Event, Record};
use workbench_engine::ledger::Account;
use workbench_journal::commands::{Line, line, recorded};
use workbench_market::Result;
use workbench_strategies::signals::Signals;

use crate::arrow::Table;
use crate::context::Context;
use crate::desk::{Assets, Desk, Phase, Shared, Spares};
use crate::errors::{OrRaise, dated};
use crate::gil_cell::GilCell;
use crate::hooks::Hooks;
use crate::number::to_decimal;
use crate::pulse::Pulse;
use crate::recorder::Recorder;
use crate::rows::push;
use crate::tables;
use crate::time::{nanoseconds, to_date, to_datetime};
use crate::values::{Fill, Order};

/// How often a long run looks up: for Ctrl-C and for its progress bar; see also [`crate::pulse`].
const SLICES_PER_LOOK: u64 = 256;

/// One run in the making: bars go in, decisions are asked for, tables come out.
#[pyclass(frozen, module = "workbench._native")]
pub struct Simulation {
    pub shared: Arc<Shared>,
    context: Py<Context>,
    hooks: Hooks,
    signals: Option<Signals>,
    warms_up: bool,
}

#[pymethods]
impl Simulation {
    #[new]
    #[pyo3(signature = (setup, hooks, host, signals = None))]
    fn new(
        py: Python<'_>,
        setup: &Bound<'_, PyAny>,
        hooks: &Bound<'_, PyDict>,
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
            timers: Vec::new(),
            told: 0,
            next_known_us: i64::MIN,
            capture: None,
            hashes: None,
            spares: instruments.iter().map(|_| Spares::default()).collect(),
            cushion: None,
        };
        let assets = Assets::new(setup.objects, setup.names);
        let shared = Arc::new(Shared { cell: GilCell::new(desk), assets, instruments, host, currency: setup.currency });
        let context = Py::new(py, Context(Arc::clone(&shared)))?;
        let signals = signals.map(|plan| crate::signals::read(plan, &shared)).transpose()?;
        let warms_up = setup.warms_up;
        Ok(Self { shared, context, hooks: Hooks::read(hooks)?, signals, warms_up })
    }

    /// Calls on_start; bars come afterwards, so that every stream sees all of them.
    fn start(&self, py: Python<'_>) -> PyResult<()> {
        self.shared.desk_mut(py)?.phase = Phase::Start;
        let started = self.hooks.on_start.as_ref().map(|hook| hook.call1(py, (&self.context,)));
        let mut desk = self.shared.desk_mut(py)?;
        desk.phase = Phase::Between;
        if !self.warms_up {
            desk.driver.skip_warmup();
        }
        started.map_or(Ok(()), |result| result.map(|_| ()))
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

    /// Feeds recorded commands up to the slice of that number and gives its context, before its commands.
    fn replay(&self, py: Python<'_>, commands: Vec<Line>, slice: u64) -> PyResult<Py<Context>> {
        let commands = commands.iter().map(recorded).collect::<Result<Vec<_>>>().or_raise()?;
        let mut desk = self.shared.desk_mut(py)?;
        crate::journal::feed(py, &mut desk.driver, &mut commands.into_iter().peekable(), |driver, _| {
            Ok(driver.slice.number < slice)
        })?;
        desk.phase = Phase::Frozen;
        Ok(self.context.clone_ref(py))
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
        self.shared.desk(py)?.recorder.table()
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
        self.tell(py)?;
        if let Some(hook) = &self.hooks.on_data {
            let told = crate::data::deliver(py, &self.shared, &self.context, hook);
            told.map_err(|error| self.noted(py, error, "on_data", None))?;
        }
        self.bars(py)?;
        self.slice(py)?;
        self.timers(py)?;
        self.driven(py, |Desk { driver, commands, last_id, phase, capture, .. }| {
            *phase = Phase::Between;
            driver.decide(commands)?;
            *last_id = (*last_id).max(driver.state.last_order_id);
            capture.as_mut().map_or(Ok(()), |capture| capture.look(driver))
        })
    }

    /// What the driver answers; a breached limit names the bar it happened at.
    fn driven<T>(&self, py: Python<'_>, ask: impl FnOnce(&mut Desk) -> workbench_market::Result<T>) -> PyResult<T> {
        let mut desk = self.shared.desk_mut(py)?;
        desk.cushion = None;
        let answer = ask(&mut desk);
        let time_ns = desk.driver.state.now_ns;
        answer.map_err(|error| dated(py, error, time_ns))
    }

    /// Tells of fills and refusals since the last slice.
    fn tell(&self, py: Python<'_>) -> PyResult<()> {
        if self.hooks.on_fill.is_none() && self.hooks.on_reject.is_none() {
            return Ok(());
        }
        let news: Vec<Record> = {
            let mut desk = self.shared.desk_mut(py)?;
            let news = desk.driver.state.records[desk.told..].to_vec();
            desk.told += news.len();
            news
        };
        for record in news {
            match record.event {
                Event::Filled(fill) => {
                    let Some(hook) = &self.hooks.on_fill else { continue };
                    let asset = self.shared.assets.object(py, fill.asset);
                    let fill_asset = fill.asset;
                    let told = hook.call1(py, (&self.context, Fill { asset, time_ns: record.time_ns, fill }));
                    told.map_err(|error| self.noted(py, error, "on_fill", Some(fill_asset)))?;
                }
                Event::Denied { order, .. } => self.tell_denied(py, order)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn tell_denied(&self, py: Python<'_>, id: u64) -> PyResult<()> {
        let Some(hook) = &self.hooks.on_reject else { return Ok(()) };
        let found = self.shared.desk(py)?.driver.state.orders.iter().rev().find(|order| order.id == id).cloned();
        let Some(order) = found else { return Ok(()) };
        let at = order.ask.asset;
        let value = Order { asset: self.shared.assets.object(py, at), order };
        hook.call1(py, (&self.context, value)).map_err(|error| self.noted(py, error, "on_reject", Some(at)))?;
        Ok(())
    }

    fn bars(&self, py: Python<'_>) -> PyResult<()> {
        let Some(hook) = &self.hooks.on_bar else { return Ok(()) };
        let count = self.shared.desk(py)?.driver.slice.assets.len();
        for at in 0..count {
            let (asset, bar) = {
                let mut desk = self.shared.desk_mut(py)?;
                let asset = desk.driver.slice.assets[at];
                if !desk.driver.is_ready(asset) {
                    continue;
                }
                (asset, self.shared.bar(py, &mut desk, asset)?)
            };
            self.shared.assets.hint(asset);
            hook.call(py, &self.context, &bar).map_err(|error| self.noted(py, error, "on_bar", Some(asset)))?;
        }
        Ok(())
    }

    fn slice(&self, py: Python<'_>) -> PyResult<()> {
        let Some(hook) = &self.hooks.on_slice else { return Ok(()) };
        let bars = PyDict::new(py);
        {
            let mut desk = self.shared.desk_mut(py)?;
            for at in 0..desk.driver.slice.assets.len() {
                let asset = desk.driver.slice.assets[at];
                if desk.driver.is_ready(asset) {
                    let bar = self.shared.bar(py, &mut desk, asset)?;
                    bars.set_item(self.shared.assets.object(py, asset), bar)?;
                }
            }
        }
        if !bars.is_empty() {
            hook.call1(py, (&self.context, bars)).map_err(|error| self.noted(py, error, "on_slice", None))?;
        }
        Ok(())
    }

    fn timers(&self, py: Python<'_>) -> PyResult<()> {
        let count = self.shared.desk(py)?.timers.len();
        for at in 0..count {
            if let Some(call) = self.is_due(py, at)? {
                call.call1(py, (&self.context,)).map_err(|error| self.noted(py, error, "schedule", None))?;
            }
        }
        Ok(())
    }

    /// The function of a timer whose time has come; its later due times are looked up on the way.
    fn is_due(&self, py: Python<'_>, at: usize) -> PyResult<Option<Py<PyAny>>> {
        let (now_ns, open_ns, session) = {
            let slice = &self.shared.desk(py)?.driver.slice;
            (slice.time_ns, slice.open_ns, slice.session)
        };
        let mut desk = self.shared.desk_mut(py)?;
        let timer = &mut desk.timers[at];
        if timer.dues.is_none() {
            let dues = self
                .shared
                .host
                .bind(py)
                .call_method1("dues", (&timer.schedule, to_date(py, session)?, open_ns.div_euclid(1_000)))?;
            timer.dues = Some(dues.try_iter()?.into_any().unbind());
            timer.next_ns = i64::MIN;
        }
        let mut is_due = false;
        while timer.next_ns <= now_ns {
            is_due |= timer.next_ns != i64::MIN;
            timer.next_ns = match &timer.dues {
                Some(dues) => dues.bind(py).call_method0("__next__")?.extract::<i64>()? * 1_000,
                None => i64::MAX,
            };
        }
        Ok(is_due.then(|| timer.call.clone_ref(py)))
    }

    /// The last news are told, what is asked then cannot trade any more, and the strategy says good-bye.
    fn end(&self, py: Python<'_>) -> PyResult<()> {
        if self.shared.desk(py)?.driver.is_trading() {
            self.shared.desk_mut(py)?.phase = Phase::Deciding;
            self.tell(py)?;
            self.driven(py, |Desk { driver, commands, .. }| {
                driver.epilogue(commands)?;
                driver.finish()
            })?;
        }
        self.shared.desk_mut(py)?.phase = Phase::End;
        if let Some(hook) = &self.hooks.on_end {
            hook.call1(py, (&self.context,)).map_err(|error| self.noted(py, error, "on_end", None))?;
        }
        let mut desk = self.shared.desk_mut(py)?;
        desk.phase = Phase::Frozen;
        crate::journal::close(&mut desk)
    }

    /// The strategy's own exception, with the bar it happened at as a note.
    fn noted(&self, py: Python<'_>, error: PyErr, hook: &str, asset: Option<usize>) -> PyErr {
        let note = || -> PyResult<()> {
            let desk = self.shared.desk(py)?;
            let time = to_datetime(py, desk.driver.slice.time_ns)?;
            let of = asset.map_or_else(String::new, |asset| format!(" of {}", self.shared.instruments[asset].name));
            error
                .value(py)
                .call_method1("add_note", (format!("workbench: in {hook} at the bar{of} that closed {time}"),))?;
            Ok(())
        };
        match note() {
            Ok(()) => error,
            Err(other) => other,
        }
    }
}
