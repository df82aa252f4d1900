//! What a context and its simulation share: the driver, the commands asked so far, and who is who.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use pyo3::prelude::*;
use pyo3::types::PyString;
use workbench_engine::command::Command;
use workbench_engine::driver::Driver;
use workbench_engine::liquidation::{Cushion, Line};
use workbench_engine::state::State;
use workbench_journal::capture::Capture;
use workbench_market::instrument::{Instrument, Kind};
use workbench_market::number::Money;
use workbench_market::{Error, Result};

use crate::books::Waiting;
use crate::checks::Checks;
use crate::errors::{OrRaise, nearest, raise};
use crate::gil_cell::{Changing, GilCell, GilSlot, Reading};
use crate::recorder::Recorder;
use crate::spare::Spare;
use crate::values::{Bar, Held, Position};

/// Where in a run the strategy is; it decides what a context allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Start,
    Deciding,
    Between,
    End,
    Frozen,
}

/// A function to be called at due times; `dues` is a Python iterator of nanoseconds.
pub struct Timer {
    pub call: Py<PyAny>,
    /// The book of the strategy that asked for it.
    pub book: Option<usize>,
    pub schedule: Py<PyAny>,
    pub dues: Option<Py<PyAny>>,
    pub next_ns: i64,
}

/// The objects that callbacks are handed for an asset.
#[derive(Default)]
pub struct Spares {
    bar: Spare<Bar>,
    position: Spare<Position>,
}

pub struct Desk {
    pub driver: Driver,
    pub cash: Money,
    pub commands: Vec<Command>,
    /// The highest order id given out, asked but not yet processed ones included.
    pub last_id: u64,
    /// The numbers of the groups of linked orders, by asset, book and name.
    pub groups: HashMap<(usize, Option<usize>, String), u64>,
    pub phase: Phase,
    pub recorder: Recorder,
    pub checks: Checks,
    pub timers: Vec<Timer>,
    /// The indicators that the strategy watches, in the order of asking.
    pub watched: Vec<Py<PyAny>>,
    /// What the strategies of books wait for; empty where there are none.
    pub waiting: Vec<Waiting>,
    /// The last session at whose begin it was asked whether books are due to share out anew.
    pub session_of_books: i32,
    /// How many records the strategy has been told of.
    pub told: usize,
    /// When the next row of a dataset becomes known.
    pub next_known_us: i64,
    /// The log that is being written, if one is.
    pub capture: Option<Capture>,
    /// The hashes of the journal and of the state, once the run has ended.
    pub hashes: Option<(String, String)>,
    pub spares: Vec<Spares>,
    /// What is left of the account's own until a margin call; looked up once until the driver moves on.
    pub cushion: Option<Cushion>,
}

impl Desk {
    /// Adds a function that is to be called by a schedule.
    pub fn add_timer(&mut self, call: Py<PyAny>, schedule: Py<PyAny>) {
        let book = self.driver.state.book_now();
        self.timers.push(Timer { call, book, schedule, dues: None, next_ns: i64::MAX });
    }
}

/// The assets of a run: their Python objects, found by identity first and by name second.
pub struct Assets {
    pub objects: Vec<Py<PyAny>>,
    index: HashMap<String, usize>,
    last: AtomicUsize,
}

impl Assets {
    pub fn new(objects: Vec<Py<PyAny>>, names: Vec<String>) -> Self {
        let index = names.into_iter().enumerate().map(|(at, name)| (name, at)).collect();
        Self { objects, index, last: AtomicUsize::new(0) }
    }

    pub fn object(&self, py: Python<'_>, asset: usize) -> Py<PyAny> {
        self.objects[asset].clone_ref(py)
    }

    /// The asset whose callback is running: the first guess of every look-up.
    pub fn hint(&self, asset: usize) {
        self.last.store(asset, Ordering::Relaxed);
    }

    pub fn find(&self, asset: &Bound<'_, PyAny>) -> PyResult<usize> {
        let guess = self.last.load(Ordering::Relaxed);
        if self.objects[guess].as_ptr() == asset.as_ptr() {
            return Ok(guess);
        }
        let Ok(name) = asset.cast::<PyString>() else {
            let message =
                format!("an asset is named by text or an Asset, got {}; use bar.asset or \"AAPL\"", asset.repr()?);
            return Err(raise(Error::Parameter(message)));
        };
        self.index.get(&*name.to_string_lossy()).copied().ok_or_else(|| self.unknown(asset))
    }

    fn unknown(&self, asset: &Bound<'_, PyAny>) -> PyErr {
        let mut names: Vec<&str> = self.index.keys().map(String::as_str).collect();
        names.sort_unstable();
        let nearest = nearest(asset.py(), &asset.to_string(), &names);
        names.truncate(10);
        raise(Error::UnknownAsset(format!(
            "asset '{asset}' is not in this run; there are {}{nearest}",
            names.join(", ")
        )))
    }
}

pub struct Shared {
    pub cell: GilCell<Desk>,
    pub assets: Assets,
    pub instruments: Arc<[Instrument]>,
    /// The Python side: calendars, random numbers, Bars and datasets as of now.
    pub host: Py<PyAny>,
    /// The account's currency.
    pub currency: String,
}

impl Shared {
    /// The desk for reading.
    pub fn desk<'a>(&'a self, py: Python<'a>) -> PyResult<Reading<'a, Desk>> {
        self.cell.read(py).ok_or_else(busy)
    }

    /// The desk for changing.
    pub fn desk_mut<'a>(&'a self, py: Python<'a>) -> PyResult<Changing<'a, Desk>> {
        self.cell.change(py).ok_or_else(busy)
    }

    /// An asset that orders can be for.
    pub fn tradable(&self, asset: &Bound<'_, PyAny>) -> PyResult<usize> {
        let index = self.assets.find(asset)?;
        if self.instruments[index].kind != Kind::Reference {
            return Ok(index);
        }
        let name = &self.instruments[index].name;
        Err(raise(Error::Order(format!(
            "{name} is only for signals and cannot be ordered; order a contract (of a future, wb.roll tells which) or a fund that follows it"
        ))))
    }

    /// The Bar of a slice that is being decided.
    pub fn bar(&self, py: Python<'_>, desk: &mut Desk, asset: usize) -> PyResult<Py<Bar>> {
        let (series, last) = (&desk.driver.series[asset], desk.driver.rows(asset) - 1);
        let row = (series.span(last), series.bar(last));
        let digits = crate::values::digits(&self.instruments[asset]);
        let fresh = || Bar { asset: self.assets.object(py, asset), row: GilSlot::new(row), digits };
        desk.spares[asset].bar.give(py, |bar| bar.row.set(py, row), fresh)
    }

    /// What is held of an asset now.
    pub fn position(&self, py: Python<'_>, desk: &mut Desk, asset: usize) -> PyResult<Py<Position>> {
        let state = &desk.driver.state;
        let holding = state.holding(asset, state.book_now()).or_raise()?;
        // A call is a matter of the account: no price of it belongs to a book.
        let is_account = state.book_now().is_none();
        let line = if is_account { line(state, &mut desk.cushion, asset).or_raise()? } else { None };
        let held = Held { holding, line };
        let fresh = || Position {
            asset: self.assets.object(py, asset),
            instruments: Arc::clone(&self.instruments),
            index: asset,
            held: GilSlot::new(held),
        };
        desk.spares[asset].position.give(py, |position| position.held.set(py, held), fresh)
    }
}

/// What the price of liquidation of a holding is worked out from when it is asked for; None of what has none.
fn line(state: &State, known: &mut Option<Cushion>, asset: usize) -> Result<Option<Line>> {
    let Some(margin) = state.rules.margin.as_ref().filter(|_| !state.positions[asset].quantity.is_zero()) else {
        return Ok(None);
    };
    let cushion = known.map_or_else(|| Cushion::of(state, margin), Ok)?;
    *known = Some(cushion);
    Line::of(state, margin, cushion, asset)
}

fn busy() -> PyErr {
    raise(Error::Context(
        "the context is used by another thread at this moment; use it from the callback's thread".into(),
    ))
}
