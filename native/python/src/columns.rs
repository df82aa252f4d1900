//! Indicators over whole columns: the stream of each description, fed without the interpreter and on every core.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;

use arrow_array::{Array, ArrayRef, Float64Array, RecordBatch};
use arrow_buffer::{BooleanBufferBuilder, NullBuffer, ScalarBuffer};
use pyo3::prelude::*;
use workbench_indicators::{
    Columns, Divisible, Field, Indicator, IndicatorError, Node, Pieces, Several, State, are_finite, build,
    build_several,
};
use workbench_market::Error;

use crate::arrow::{Table, batches, column};
use crate::errors::raise;
use crate::feeds::{Event, Feed, Feeds, close, told};
use crate::room::Room;

/// How many rows an indicator takes at once: their values are looked at again while they are still near.
const ROWS: usize = 16_384;
/// How many values are worth a thread.
const VALUES: usize = 100_000;
/// To ask the system takes longer than a short column.
static CORES: LazyLock<usize> = LazyLock::new(|| thread::available_parallelism().map_or(1, usize::from));

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(indicator_columns, module)?)
}

/// The value at each row of a table with a float64 column for every field that is read; undefined is null.
///
/// One description may have several outputs; its columns stand together. `feeds` are the bars that close beside the rows,
/// as (asset, length), None for those of the rows; `events` are these bars in the order of time: row (the first one that
/// knows it), time_us, feed (its number), and seven floats. `asset` is whose rows these are, where that is known.
#[pyfunction]
#[pyo3(signature = (specs, rows, events = None, feeds = Vec::new(), asset = None))]
fn indicator_columns(
    py: Python<'_>,
    specs: Vec<Bound<'_, PyAny>>,
    rows: &Bound<'_, PyAny>,
    events: Option<&Bound<'_, PyAny>>,
    feeds: Vec<Feed>,
    asset: Option<&str>,
) -> PyResult<Table> {
    let mut names = Feeds(&feeds, asset);
    // The asset of the rows has the number behind those of all feeds.
    let node = |spec| crate::indicators::node(spec, &mut names).map(|node| node.of(feeds.len()));
    let nodes = specs.iter().map(node).collect::<PyResult<Vec<_>>>()?;
    let foreign: Vec<_> = nodes.iter().flat_map(Node::foreign).collect();
    let made = nodes.iter().map(made).collect::<Result<Vec<_>, _>>().map_err(refused)?;
    let batches = batches(rows)?;
    let read = batches.iter().map(fields).collect::<PyResult<Vec<_>>>()?;
    let events = events.map_or_else(|| Ok(Vec::new()), |events| told(events, &feeds))?;
    // Those written in Python wait for the interpreter at each bar, so threads would only wait for each other.
    let threads = if foreign.is_empty() { threads(made.len(), height(&read)) } else { 1 };
    let pieces = if foreign.is_empty() && events.is_empty() { pieces(&made, height(&read)) } else { None };
    let found = match pieces {
        Some(pieces) => {
            let more = (1..pieces.count()).map(|_| self::made(&nodes[0]));
            let made = made.into_iter().map(Ok).chain(more).collect::<Result<_, _>>().map_err(refused)?;
            py.detach(|| pieced(made, &read, pieces))
        }
        None => py.detach(|| together(made, &read, &events, threads)),
    };
    if let Some(message) = foreign.iter().find_map(|outside| outside.0.failed()) {
        return Err(raise(Error::Raised(message)));
    }
    let names: Vec<String> = (0..found.len()).map(|i| i.to_string()).collect();
    Table::new(names.iter().map(String::as_str).zip(found).collect())
}

/// A running indicator and how many columns it has.
enum Made {
    One(Box<dyn Indicator>),
    Several(Box<dyn Several>, usize),
}

fn made(node: &Node) -> Result<Made, IndicatorError> {
    match build(node) {
        Err(IndicatorError::UnknownName(_)) => {
            build_several(node).map(|(several, outputs)| Made::Several(several, outputs.len()))
        }
        one => one.map(Made::One),
    }
}

pub fn refused(error: IndicatorError) -> PyErr {
    raise(match error {
        IndicatorError::Foreign(message) => Error::Raised(message),
        other => Error::Parameter(other.to_string()),
    })
}

pub type Fields<'a> = [Cow<'a, [f64]>; Field::ALL.len()];

/// The numbers of each row; a field that is not there is never read, so those of the first column do.
pub fn fields(batch: &RecordBatch) -> PyResult<Fields<'_>> {
    let schema = batch.schema();
    let first = schema.fields().first().map_or("", |field| field.name().as_str());
    let mut found = Fields::default();
    for (place, (name, _)) in found.iter_mut().zip(Field::ALL) {
        let is_there = batch.column_by_name(name).is_some();
        *place = defined(column(batch, if is_there { name } else { first })?);
    }
    Ok(found)
}

/// Nulls as NaN, the undefined of every input.
pub fn defined(array: &Float64Array) -> Cow<'_, [f64]> {
    if array.null_count() == 0 {
        return Cow::Borrowed(array.values());
    }
    Cow::Owned(array.iter().map(|value| value.unwrap_or(f64::NAN)).collect())
}

/// How many threads are worth starting.
fn threads(indicators: usize, rows: usize) -> usize {
    CORES.min(indicators).min(1 + indicators * rows / VALUES)
}

/// The columns of each indicator, in their order; threads take one indicator after the other.
fn together(made: Vec<Made>, read: &[Fields<'_>], events: &[Event], threads: usize) -> Vec<ArrayRef> {
    if threads < 2 {
        return made.into_iter().flat_map(|each| each.columns(read, events)).collect();
    }
    let found = Mutex::new(vec![Vec::new(); made.len()]);
    let queue = Mutex::new(made.into_iter().enumerate());
    let next = || queue.lock().expect("a thread that takes cannot fail").next();
    let work = || {
        while let Some((place, each)) = next() {
            let columns = each.columns(read, events);
            found.lock().expect("a thread that puts cannot fail")[place] = columns;
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    found.into_inner().expect("all threads have ended").into_iter().flatten().collect()
}

/// How the rows of one indicator are parted, where a second core may be free for it.
fn pieces(made: &[Made], rows: usize) -> Option<Pieces> {
    let [one] = made else { return None };
    if *CORES > 1 { Pieces::of(one, rows) } else { None }
}

/// The columns of one indicator, of which there is one for each piece.
fn pieced(made: Vec<Made>, read: &[Fields<'_>], pieces: Pieces) -> Vec<ArrayRef> {
    let rows = height(read);
    let mut rooms: Vec<Room> = (0..made[0].count()).map(|_| Room::new(rows)).collect();
    let mut defined: Vec<_> = rooms.iter().map(|_| BooleanBufferBuilder::new(rows)).collect();
    let mut parts: Vec<Vec<Part>> = (0..pieces.count()).map(|_| Vec::new()).collect();
    for room in &mut rooms {
        let mut rest = &mut room.rows()[..rows];
        for (piece, columns) in parts.iter_mut().enumerate() {
            let (values, further) = rest.split_at_mut(pieces.rows(piece).len());
            columns.push(Part::new(values));
            rest = further;
        }
    }
    pieces.fill(CORES.min(1 + rows / VALUES), made, &mut parts, |made, rows, columns| {
        columns.iter_mut().for_each(Part::clear);
        some(read, rows).for_each(|(_, rows)| made.fill(rows, columns));
    });
    for mut columns in parts {
        let both = columns.iter_mut().zip(&mut defined);
        both.for_each(|(column, defined)| defined.append_buffer(&column.defined.finish()));
    }
    rooms.into_iter().zip(defined).map(|(room, defined)| finished(room, defined)).collect()
}

impl Divisible for Made {
    fn state(&self) -> Option<State> {
        match self {
            Made::One(indicator) => indicator.state(),
            Made::Several(several, _) => several.state(),
        }
    }

    fn is_at(&self, state: &State) -> bool {
        match self {
            Made::One(indicator) => indicator.is_at(state),
            Made::Several(several, _) => several.is_at(state),
        }
    }

    fn warmup(&self) -> usize {
        match self {
            Made::One(indicator) => indicator.warmup(),
            Made::Several(several, _) => several.warmup(),
        }
    }
}

impl Made {
    fn columns(mut self, read: &[Fields<'_>], mut events: &[Event]) -> Vec<ArrayRef> {
        let rows = height(read);
        let mut rooms: Vec<Room> = (0..self.count()).map(|_| Room::new(rows)).collect();
        let mut columns: Vec<Part> = rooms.iter_mut().map(|room| Part::new(room.rows())).collect();
        for (first, rows) in some(read, 0..rows) {
            events = self.feed(rows, first, events, &mut columns);
        }
        let defined: Vec<_> = columns.into_iter().map(|column| column.defined).collect();
        rooms.into_iter().zip(defined).map(|(room, defined)| finished(room, defined)).collect()
    }

    fn count(&self) -> usize {
        if let Made::Several(_, count) = self { *count } else { 1 }
    }

    /// Takes rows, the first of this number, and before each what closes there; gives what closes later.
    fn feed<'e>(
        &mut self,
        rows: Columns<'_>,
        first: usize,
        mut events: &'e [Event],
        columns: &mut [Part<'_>],
    ) -> &'e [Event] {
        let mut at = 0;
        while let Some(next) = events.first().filter(|next| next.row < first + rows.len()) {
            self.fill(rows.part(at..next.row - first), columns);
            let (now, later) = events.split_at(events.partition_point(|event| event.row <= next.row));
            self.close(now);
            (at, events) = (next.row - first, later);
        }
        self.fill(rows.part(at..rows.len()), columns);
        events
    }

    /// What has several outputs in one pass lives on the rows alone.
    fn close(&mut self, events: &[Event]) {
        if let Made::One(indicator) = self {
            close(indicator.as_mut(), events);
        }
    }

    fn fill(&mut self, rows: Columns<'_>, columns: &mut [Part<'_>]) {
        let mut parts: Vec<&mut [f64]> = columns.iter_mut().map(|column| column.grow(rows.len())).collect();
        let are_known = match self {
            Made::One(indicator) => vec![indicator.fill(rows, parts[0])],
            Made::Several(several, _) => several.fill(rows, parts),
        };
        columns.iter_mut().zip(are_known).for_each(|(column, is_known)| column.tell(is_known));
    }
}

fn height(read: &[Fields<'_>]) -> usize {
    read.iter().map(|fields| fields[0].len()).sum()
}

/// Some of the rows, a few at a time, with the number of the first.
fn some<'a>(read: &'a [Fields<'_>], rows: Range<usize>) -> impl Iterator<Item = (usize, Columns<'a>)> {
    let mut end = 0;
    read.iter().flat_map(move |fields| {
        let all = Columns(fields.each_ref().map(Cow::as_ref));
        let before = end;
        end += all.len();
        let wanted = rows.start.max(before)..rows.end.min(end);
        wanted
            .clone()
            .step_by(ROWS)
            .map(move |first| (first, all.part(first - before..wanted.end.min(first + ROWS) - before)))
    })
}

/// Values of some rows as they come, and which of them are defined.
struct Part<'a> {
    values: &'a mut [f64],
    filled: usize,
    defined: BooleanBufferBuilder,
}

impl Part<'_> {
    fn new(values: &mut [f64]) -> Part<'_> {
        let defined = BooleanBufferBuilder::new(values.len());
        Part { values, filled: 0, defined }
    }

    /// Forgets all values.
    fn clear(&mut self) {
        self.filled = 0;
        self.defined.truncate(0);
    }

    /// Room for further rows.
    fn grow(&mut self, rows: usize) -> &mut [f64] {
        self.filled += rows;
        &mut self.values[self.filled - rows..self.filled]
    }

    /// Tells which of the rows grown are defined: mostly all of them, which may be known, or all but the first.
    fn tell(&mut self, is_known: bool) {
        if is_known {
            return self.defined.append_n(self.filled - self.defined.len(), true);
        }
        let values = &self.values[self.defined.len()..self.filled];
        let undefined = values.iter().take_while(|value| !value.is_finite()).count();
        self.defined.append_n(undefined, false);
        let rest = &values[undefined..];
        if are_finite(rest) {
            self.defined.append_n(rest.len(), true);
        } else {
            rest.iter().for_each(|value| self.defined.append(value.is_finite()));
        }
    }
}

fn finished(room: Room, mut defined: BooleanBufferBuilder) -> ArrayRef {
    let rows = defined.len();
    let nulls = NullBuffer::new(defined.finish());
    let values = ScalarBuffer::new(room.into_buffer(rows), 0, rows);
    Arc::new(Float64Array::new(values, Some(nulls).filter(|nulls| nulls.null_count() > 0)))
}
