//! Logs across the boundary: written while a simulation runs, read back, and rebuilt without the strategy.

use std::iter::Peekable;
use std::path::PathBuf;
use std::vec::IntoIter;

use pyo3::prelude::*;
use workbench_engine::command::Command;
use workbench_engine::digest;
use workbench_engine::driver::{Driver, Pause, Recorded};
use workbench_journal::capture::{Capture, Cursor};
use workbench_journal::commands::{Line, recorded};
use workbench_journal::compare::Comparison;
use workbench_journal::encoder::{Encoder, Style};
use workbench_journal::header;
use workbench_journal::pack::Value;
use workbench_journal::reader::{Entry, Reader};
use workbench_journal::records::{Ending, Kind};
use workbench_journal::writer::{Sync, Writer};
use workbench_market::Result;

use crate::arrow::Table;
use crate::desk::{Desk, Phase};
use crate::errors::{OrRaise, raise};
use crate::packed::{from_python, to_python};
use crate::simulation::Simulation;
use crate::time::nanoseconds;

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Log>()?;
    module.add_function(wrap_pyfunction!(record, module)?)?;
    module.add_function(wrap_pyfunction!(write_log, module)?)
}

type Commands = Peekable<IntoIter<Recorded>>;

/// Runs a driver on recorded commands while `goes_on` says so; it is asked at every pause, before and after decisions,
/// but not in quiet slices up to `coasts_to`, in which nothing but the value of a holding changes.
pub fn feed(
    py: Python<'_>,
    driver: &mut Driver,
    commands: &mut Commands,
    coasts_to: u64,
    mut goes_on: impl FnMut(&mut Driver, bool) -> Result<bool> + Send,
) -> PyResult<()> {
    while py.detach(|| is_busy(driver, commands, coasts_to, &mut goes_on)).or_raise()? {
        py.check_signals()?;
    }
    Ok(())
}

/// After so many slices it is looked whether somebody has pressed Ctrl-C.
const SLICES_PER_BREATH: usize = 20_000;

/// The same without the interpreter, for a while; tells whether there is more to do.
fn is_busy(
    driver: &mut Driver,
    commands: &mut Commands,
    coasts_to: u64,
    goes_on: &mut impl FnMut(&mut Driver, bool) -> Result<bool>,
) -> Result<bool> {
    for _ in 0..SLICES_PER_BREATH {
        match driver.advance()? {
            Pause::Decide => {
                let number = driver.slice.number;
                let mut is_plain = true;
                let is_first = |r: &Recorded| r.slice == number && matches!(r.command, Command::Allocate { .. });
                while let Some(first) = commands.next_if(is_first) {
                    is_plain = false;
                    driver.command(number, first.command)?;
                }
                if !goes_on(driver, false)? {
                    return Ok(false);
                }
                let mut due = Vec::new();
                while let Some(recorded) = commands.next_if(|r| r.slice == driver.slice.number) {
                    is_plain = false;
                    due.push(recorded.command);
                }
                driver.decide(&mut due)?;
                if !goes_on(driver, true)? {
                    return Ok(false);
                }
                // What a command has changed at once, such as a cancel, is seen in the slice behind it.
                if is_plain {
                    let until = commands.peek().map_or(coasts_to, |next| coasts_to.min(next.slice.saturating_sub(1)));
                    let most = until.saturating_sub(number).min(SLICES_PER_BREATH as u64);
                    driver.coast(most as usize, |_, _| None);
                }
            }
            Pause::Busy => return Ok(true),
            Pause::Starved | Pause::Done => return Ok(false),
        }
    }
    Ok(true)
}

/// Hash of the journal, and of the state with it; kept once the run has ended.
pub fn hashes(desk: &mut Desk) -> PyResult<(String, String)> {
    if let Some(known) = &desk.hashes {
        return Ok(known.clone());
    }
    let journal = digest::journal_hash(&desk.driver.state);
    let state = digest::state_hash(&desk.driver.state, &journal).or_raise()?;
    if desk.phase == Phase::Frozen {
        desk.hashes = Some((journal.clone(), state.clone()));
    }
    Ok((journal, state))
}

fn ending(desk: &mut Desk) -> PyResult<Ending> {
    let (journal_hash, state_hash) = hashes(desk)?;
    let driver = &desk.driver;
    let (time_ns, slices) = (driver.state.now_ns, driver.equity.len() as u64);
    Ok(Ending { time_ns, slices, journal_hash, state_hash, equity: driver.state.equity().or_raise()? })
}

/// Ends the log of a run that has ended.
pub fn close(desk: &mut Desk) -> PyResult<()> {
    let Some(mut capture) = desk.capture.take() else { return Ok(()) };
    let ending = ending(desk)?;
    capture.look(&desk.driver).and_then(|()| capture.close(&desk.driver, Some(ending))).or_raise()
}

/// Ends the log of a run that was broken off: it holds what happened up to the bar at which that came about.
pub fn abandon(py: Python<'_>, desk: &mut Desk) {
    let Some(mut capture) = desk.capture.take() else { return };
    // Where the core itself has failed, what it did last is half done and left out.
    let looked = if desk.phase == Phase::Deciding { capture.look(&desk.driver) } else { Ok(()) };
    if let Err(error) = looked.and_then(|()| capture.close(&desk.driver, None)) {
        // The run's own error is on its way already and goes first.
        raise(error).write_unraisable(py, None);
    }
}

/// Writes the log of a simulation to a path while it runs; `header` is its document.
#[pyfunction]
fn record(
    simulation: &Bound<'_, Simulation>,
    path: PathBuf,
    header: &Bound<'_, PyAny>,
    has_slices: bool,
    snapshot_every: u64,
    fsync: &str,
) -> PyResult<()> {
    let document = header::bytes(&from_python(header)?);
    let (style, sync) = (Style { has_slices, snapshot_every }, Sync::named(fsync).or_raise()?);
    let capture = Capture::create(&path, &document, style, sync).or_raise()?;
    simulation.get().shared.desk_mut(simulation.py())?.capture = Some(capture);
    Ok(())
}

/// Writes the log of a simulation that has ended, without its slices.
#[pyfunction]
fn write_log(
    simulation: &Bound<'_, Simulation>,
    path: PathBuf,
    header: &Bound<'_, PyAny>,
    snapshot_every: u64,
) -> PyResult<()> {
    let document = header::bytes(&from_python(header)?);
    let mut desk = simulation.get().shared.desk_mut(simulation.py())?;
    let ending = ending(&mut desk)?;
    let mut writer = Writer::create(&path, &document, Sync::Block).or_raise()?;
    let (mut cursor, mut encoder) = (Cursor::new(false), Encoder::new(snapshot_every));
    cursor.look(&desk.driver);
    encoder.take(&cursor.batch(&desk.driver).or_raise()?, &mut writer).or_raise()?;
    encoder.end(&ending, &mut writer).and_then(|()| writer.finish()).or_raise()
}

/// A log on the disk, opened for reading.
#[pyclass(frozen, module = "workbench._native")]
pub struct Log(Reader);

/// A record: its sequence number, kind, time in microseconds, and what is of its kind.
type Row<'py> = (u64, &'static str, i64, Vec<Bound<'py, PyAny>>);
/// Events and commands so far, the slice, balances by account, and holdings as (asset, quantity, cost).
type Account<'py> =
    (u64, u64, u64, Vec<(String, Bound<'py, PyAny>)>, Vec<(usize, Bound<'py, PyAny>, Bound<'py, PyAny>)>);

#[pymethods]
impl Log {
    #[new]
    fn new(path: PathBuf) -> PyResult<Self> {
        Reader::open(&path).map(Self).or_raise()
    }

    fn __len__(&self) -> usize {
        self.0.records() as usize
    }

    fn header<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.0.document)
    }

    /// Whether a log with this header would be one of the same run.
    fn is_of(&self, header: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(header::bytes(&from_python(header)?) == self.0.header())
    }

    /// What is missing at the end: its offset, its bytes, and whether records may have been among them.
    fn lost(&self) -> Option<(u64, u64, bool)> {
        self.0.lost().map(|lost| (lost.offset, lost.bytes, lost.has_records))
    }

    fn size(&self) -> (u64, usize) {
        (self.0.size(), self.0.blocks())
    }

    fn seek<'py>(&self, py: Python<'py>, sequence: u64) -> PyResult<Option<(Row<'py>, Account<'py>)>> {
        self.0.seek(sequence).or_raise()?.map(|(entry, books)| Ok((row(py, &entry)?, account(py, &books)?))).transpose()
    }

    fn seek_time<'py>(&self, py: Python<'py>, time_us: i64) -> PyResult<Option<(Row<'py>, Account<'py>)>> {
        let found = self.0.seek_time(nanoseconds(time_us)?.saturating_add(999)).or_raise()?;
        found.map(|(entry, books)| Ok((row(py, &entry)?, account(py, &books)?))).transpose()
    }

    /// Records, blocks and the last link of the chain, once everything has been checked.
    fn verify(&self, py: Python<'_>) -> PyResult<(u64, u64, String)> {
        let found = py.detach(|| self.0.verify()).or_raise()?;
        Ok((found.records, found.blocks, digest::hex(&found.chain)))
    }

    /// The recorded commands: sequence, time in microseconds, and (slice, command, words).
    fn commands(&self) -> PyResult<Vec<(u64, i64, Line)>> {
        commands(&self.0).or_raise()
    }

    fn events(&self, names: Vec<String>) -> PyResult<Table> {
        crate::log_tables::events(&self.0, &names)
    }

    fn slices(&self) -> PyResult<Table> {
        crate::log_tables::slices(&self.0)
    }

    /// Feeds the recorded commands to a fresh simulation; whatever it gives must be what the log holds.
    fn rebuild(
        &self,
        py: Python<'_>,
        simulation: &Bound<'_, Simulation>,
        has_slices: bool,
        snapshot_every: u64,
    ) -> PyResult<()> {
        let mut desk = simulation.get().shared.desk_mut(py)?;
        Rebuild::new(&self.0, Style { has_slices, snapshot_every })?.run(py, &mut desk)
    }
}

fn row<'py>(py: Python<'py>, entry: &Entry) -> PyResult<Row<'py>> {
    let values = entry.values[3..].iter().map(|value| to_python(py, value)).collect::<PyResult<_>>()?;
    let kind = entry.kind.map_or("unknown", Kind::name);
    Ok((entry.sequence, kind, entry.time_ns.div_euclid(1_000), values))
}

fn account<'py>(py: Python<'py>, books: &workbench_journal::books::Books) -> PyResult<Account<'py>> {
    let exact = |scale: u32, raw: i128| to_python(py, &Value::Exact { scale, raw });
    let balances = books.balances().iter().map(|(name, money)| Ok((name.clone(), exact(20, money.raw())?)));
    let holdings =
        books.holdings().map(|(asset, h)| Ok((asset, exact(8, h.quantity.raw())?, exact(20, h.cost.raw())?)));
    let (balances, holdings) = (balances.collect::<PyResult<_>>()?, holdings.collect::<PyResult<_>>()?);
    Ok((books.events, books.commands, books.slice, balances, holdings))
}

fn commands(reader: &Reader) -> Result<Vec<(u64, i64, Line)>> {
    let mut found = Vec::new();
    reader.each(|entry| {
        if entry.kind == Some(Kind::Command) {
            let line = line(&entry.values).ok_or_else(|| reader.foreign(entry.sequence))?;
            found.push((entry.sequence, entry.time_ns.div_euclid(1_000), line));
        }
        Ok(())
    })?;
    Ok(found)
}

fn line(values: &[Value]) -> Option<Line> {
    let [_, _, _, _, slice, name, words] = values else { return None };
    let words = words.list()?.iter().map(|word| word.text().map(str::to_owned)).collect::<Option<_>>()?;
    Some((slice.count()?, name.text()?.to_owned(), words))
}

/// A run given again by the commands of its log.
struct Rebuild<'a> {
    comparison: Comparison<'a>,
    cursor: Cursor,
    encoder: Encoder,
    commands: Commands,
    has_end: bool,
    /// Events and slices of a log that has no end: there the run was broken off.
    until: (usize, u64),
}

impl<'a> Rebuild<'a> {
    fn new(reader: &'a Reader, style: Style) -> PyResult<Self> {
        let lines = commands(reader).or_raise()?;
        let commands = lines.iter().map(|(_, _, line)| recorded(line)).collect::<Result<Vec<_>>>().or_raise()?;
        let last = reader.seek(reader.records()).or_raise()?;
        let has_end = last.as_ref().is_some_and(|(entry, _)| entry.kind == Some(Kind::End));
        let until = last.map_or((0, 0), |(_, books)| (books.events as usize, books.slice));
        Ok(Self {
            comparison: Comparison::new(reader),
            cursor: Cursor::new(style.has_slices),
            encoder: Encoder::new(style.snapshot_every),
            commands: commands.into_iter().peekable(),
            has_end,
            until,
        })
    }

    fn run(mut self, py: Python<'_>, desk: &mut Desk) -> PyResult<()> {
        let mut commands = std::mem::replace(&mut self.commands, Vec::new().into_iter().peekable());
        if self.has_end || self.until != (0, 0) {
            feed(py, &mut desk.driver, &mut commands, 0, |driver, _| self.go_on(driver))?;
        }
        // A log may also break off behind the last slice, while working orders end.
        let is_over = self.has_end || desk.driver.state.records.len() < self.until.0 || commands.peek().is_some();
        if is_over && desk.driver.is_trading() {
            desk.driver.epilogue(&mut commands.map(|recorded| recorded.command).collect()).or_raise()?;
            desk.driver.finish().or_raise()?;
        }
        desk.phase = Phase::Frozen;
        self.cursor.look(&desk.driver);
        self.compare(&desk.driver).or_raise()?;
        if self.has_end {
            let ending = ending(desk)?;
            self.encoder.end(&ending, &mut self.comparison).or_raise()?;
        }
        self.comparison.complete().or_raise()
    }

    fn go_on(&mut self, driver: &Driver) -> Result<bool> {
        if self.cursor.look(driver) {
            self.compare(driver)?;
        }
        let is_over = driver.state.records.len() >= self.until.0 && driver.equity.len() as u64 >= self.until.1;
        Ok(self.has_end || !is_over)
    }

    fn compare(&mut self, driver: &Driver) -> Result<()> {
        self.encoder.take(&self.cursor.batch(driver)?, &mut self.comparison)
    }
}
