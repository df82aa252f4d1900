//! Longer bars at the boundary: Python knows calendars, so it checks their lengths and cuts rows into slots.

use arrow_array::Int64Array;
use pyo3::prelude::*;
use pyo3::types::PyString;
use workbench_engine::driver::Driver;
use workbench_engine::frames::Slot;
use workbench_indicators::{Node, Origin, Waiting};
use workbench_market::Error;

use crate::arrow::{batches, column};
use crate::desk::Shared;
use crate::errors::raise;
use crate::indicators::Naming;
use crate::simulation::nanoseconds;
use crate::window::{Of, Window};

/// The lengths and assets of a run.
struct Names<'a, 'py> {
    py: Python<'py>,
    shared: &'a Shared,
    driver: &'a mut Driver,
}

impl Naming for Names<'_, '_> {
    /// A length, if longer bars of it can be made of the run's own.
    fn frame(&mut self, every: &str) -> PyResult<usize> {
        self.shared.host.bind(self.py).call_method1("longer", (every,))?;
        Ok(self.driver.streams.frames.number(every))
    }

    fn asset(&mut self, name: &str) -> PyResult<usize> {
        self.shared.assets.find(PyString::new(self.py, name).as_any())
    }

    fn assets(&self) -> Vec<String> {
        self.shared.instruments.iter().map(|instrument| instrument.name.to_string()).collect()
    }
}

/// The description of an indicator in terms of a run.
pub fn describe(py: Python<'_>, shared: &Shared, driver: &mut Driver, spec: &Bound<'_, PyAny>) -> PyResult<Node> {
    crate::indicators::node(spec, &mut Names { py, shared, driver })
}

/// Cuts the rows of an asset that were fed from `first` on, at every length that is watched.
pub fn cut(py: Python<'_>, shared: &Shared, asset: usize, rows: &Bound<'_, PyAny>, first: usize) -> PyResult<()> {
    let lengths: Vec<String> = shared.desk(py)?.driver.streams.frames.lengths().map(str::to_owned).collect();
    for (frame, every) in lengths.iter().enumerate() {
        let slots = slots(shared.host.bind(py), asset, every, rows, first)?;
        shared.desk_mut(py)?.driver.streams.frames.cut(frame, asset, slots.into_iter());
    }
    Ok(())
}

/// Where the host cuts rows of an asset into bars of a length.
pub fn slots(
    host: &Bound<'_, PyAny>,
    asset: usize,
    every: &str,
    rows: &Bound<'_, PyAny>,
    first: usize,
) -> PyResult<Vec<Slot>> {
    let mut slots = Vec::new();
    for batch in &batches(&host.call_method1("slots", (asset, every, rows))?)? {
        let columns = ["row", "open_us", "close_us"].map(|name| column::<Int64Array>(batch, name));
        let [rows, opens, closes] = columns;
        let (rows, opens, closes) = (rows?, opens?, closes?);
        for at in 0..batch.num_rows() {
            let (open_ns, close_ns) = (nanoseconds(opens.value(at))?, nanoseconds(closes.value(at))?);
            slots.push(Slot { row: first + rows.value(at) as usize, open_ns, close_ns });
        }
    }
    Ok(slots)
}

/// How many bars a stream needs, how many there are, and which: empty for the run's own.
pub fn progress(driver: &Driver, stream: usize, asset: usize) -> (usize, usize, String) {
    let streams = &driver.streams;
    match streams.waiting(stream, asset) {
        Some(Waiting { origin, bars }) => {
            let whose = origin.asset.unwrap_or(asset);
            let seen = origin.frame.map_or_else(|| driver.rows(whose), |frame| streams.frames.closed(frame, whose));
            (bars, seen, named(driver, origin))
        }
        None => (streams.warmup(stream), driver.rows(asset), String::new()),
    }
}

/// How bars are called that are not the asset's own: "1h", "KO", "1h of KO".
fn named(driver: &Driver, origin: Origin) -> String {
    let every = origin.frame.and_then(|frame| driver.streams.frames.lengths().nth(frame)).map(str::to_owned);
    let asset = origin.asset.map(|asset| driver.state.instruments[asset].name.to_string());
    every.into_iter().chain(asset).collect::<Vec<_>>().join(" of ")
}

/// What an asset that was never ready lacks: longer bars first, since their warm-up is the longer one.
pub fn lacking(driver: &Driver, asset: usize) -> (usize, usize, usize, String) {
    let longer = (0..driver.streams.len()).find(|&stream| driver.streams.waiting(stream, asset).is_some());
    let own = || (driver.warmup(), driver.rows(asset), String::new());
    let (needed, seen, every) = longer.map_or_else(own, |stream| progress(driver, stream, asset));
    (asset, needed, seen, every)
}

/// Every bar closed by a time, of the run's own length or of a longer one.
pub fn bars<'py>(
    py: Python<'py>,
    shared: &Shared,
    time_ns: i64,
    every: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    shared.host.bind(py).call_method1("bars", (time_ns.div_euclid(1_000), every))
}

/// The last `n` values of a field of longer bars that are closed by a time.
pub fn window(
    py: Python<'_>,
    shared: &Shared,
    time_ns: i64,
    asset: usize,
    n: usize,
    field: &'static str,
    every: &Bound<'_, PyAny>,
) -> PyResult<Window> {
    let asked = (time_ns.div_euclid(1_000), every, asset, n, field);
    let values: Vec<Option<f64>> = shared.host.bind(py).call_method1("window", asked)?.extract()?;
    let name = &shared.instruments[asset].name;
    if values.len() < n {
        let message = format!(
            "history of {n} bars of {every} of {name}: {} have closed; watch an indicator or start later",
            values.len()
        );
        return Err(raise(Error::Undefined(message)));
    }
    let known: Vec<f64> = values.into_iter().flatten().collect();
    if known.len() < n {
        let message = format!(
            "the volume of {name} is unknown in {} of its last {n} bars of {every}; ask for fewer bars",
            n - known.len()
        );
        return Err(raise(Error::Undefined(message)));
    }
    let every = Some(every.str()?.to_string());
    Ok(Window { values: known, of: Of { field, asset: shared.assets.object(py, asset), every } })
}
