//! Capture: what a driver has added goes to a thread of its own, which encodes, compresses and writes it.
//!
//! The run only compares a few lengths per slice, and copies what is new when there is enough of it.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use workbench_engine::curve::EquityRow;
use workbench_engine::driver::Driver;
use workbench_market::{Error, Result};

use crate::encoder::{Batch, Encoder, Style};
use crate::records::Ending;
use crate::writer::{Sync, Writer};

/// How many records, or slices, are handed over at once.
const BATCH: usize = 512;
/// How many batches may wait for the disk before the run does; what waits is lost if the process is killed.
const WAITING: usize = 8;

/// How far a driver has come.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    records: usize,
    legs: usize,
    inputs: usize,
    rows: usize,
}

impl Counts {
    fn of(driver: &Driver) -> Self {
        Self {
            records: driver.state.records.len(),
            legs: driver.state.ledger.legs().len(),
            inputs: driver.inputs.len(),
            rows: driver.equity.len(),
        }
    }
}

/// Reads what a driver has added, batch by batch.
#[derive(Debug, Default)]
pub struct Cursor {
    sent: Counts,
    seen: Counts,
    takes_slices: bool,
}

impl Cursor {
    /// With a record for every slice, or only for what changed.
    pub fn new(takes_slices: bool) -> Self {
        Self { takes_slices, ..Self::default() }
    }

    /// Notes how far the driver has come; true once a batch is worth it.
    pub fn look(&mut self, driver: &Driver) -> bool {
        self.seen = Counts::of(driver);
        let slices = if self.takes_slices { self.seen.rows - self.sent.rows } else { 0 };
        self.seen.records - self.sent.records >= BATCH || slices >= BATCH
    }

    /// What came between the last batch and the last look.
    pub fn batch(&mut self, driver: &Driver) -> Result<Batch> {
        let (from, to) = (self.sent, self.seen);
        let rows = if self.takes_slices { from.rows..to.rows } else { 0..0 };
        let slice = |row: EquityRow| (row.records as usize - from.records, row);
        let batch = Batch {
            records: driver.state.records[from.records..to.records].to_vec(),
            legs: driver.state.ledger.legs()[from.legs..to.legs].to_vec(),
            inputs: driver.inputs[from.inputs..to.inputs].to_vec(),
            slices: rows.map(|at| driver.equity_row(at).map(slice)).collect::<Result<_>>()?,
        };
        self.sent = to;
        Ok(batch)
    }
}

enum Order {
    Take(Batch),
    End(Box<Ending>),
}

/// A log that is being written.
pub struct Capture {
    cursor: Cursor,
    sync: Sync,
    orders: Option<SyncSender<Order>>,
    /// Behind a lock only so that a capture can be shared.
    answers: Mutex<Receiver<()>>,
    writing: Option<JoinHandle<Result<()>>>,
}

impl Capture {
    /// Creates the file.
    pub fn create(path: &Path, header: &[u8], style: Style, sync: Sync) -> Result<Self> {
        let writer = Writer::create(path, header, sync)?;
        let (orders, wanted) = sync_channel(WAITING);
        let (done, answers) = sync_channel(1);
        let writing = std::thread::Builder::new().name("journal".into());
        let work = move || write(writer, Encoder::new(style.snapshot_every), &wanted, &done, sync);
        let writing = writing.spawn(work).map_err(|error| Error::Journal(format!("no thread to write in: {error}")))?;
        Ok(Self {
            cursor: Cursor::new(style.has_slices),
            sync,
            orders: Some(orders),
            answers: Mutex::new(answers),
            writing: Some(writing),
        })
    }

    /// To be called when the driver has stopped: hands over what is new when it is worth it.
    pub fn look(&mut self, driver: &Driver) -> Result<()> {
        if self.cursor.look(driver) || self.sync == Sync::Always { self.hand_over(driver) } else { Ok(()) }
    }

    fn hand_over(&mut self, driver: &Driver) -> Result<()> {
        let batch = self.cursor.batch(driver)?;
        if batch.records.is_empty() && batch.slices.is_empty() {
            return Ok(());
        }
        self.send(Order::Take(batch))?;
        if self.sync != Sync::Always {
            return Ok(());
        }
        let answers = self.answers.get_mut().unwrap_or_else(PoisonError::into_inner);
        if answers.recv().is_ok() { Ok(()) } else { self.join() }
    }

    fn send(&mut self, order: Order) -> Result<()> {
        let sent = self.orders.as_ref().map(|orders| orders.send(order));
        if sent.is_some_and(|sent| sent.is_ok()) { Ok(()) } else { self.join() }
    }

    /// Hands over what was there at the last look and waits until it is written; a log without an ending tells so.
    pub fn close(mut self, driver: &Driver, ending: Option<Ending>) -> Result<()> {
        self.hand_over(driver)?;
        if let Some(ending) = ending {
            self.send(Order::End(Box::new(ending)))?;
        }
        self.join()
    }

    fn join(&mut self) -> Result<()> {
        self.orders = None;
        let lost = || Error::Journal("the thread that writes the journal was lost; what it wrote can be read".into());
        self.writing.take().map_or(Ok(()), |writing| writing.join().unwrap_or_else(|_| Err(lost())))
    }
}

impl Drop for Capture {
    /// What was handed over is written whatever happens; an error on the way down has nobody to go to.
    fn drop(&mut self) {
        let _ = self.join();
    }
}

fn write(
    mut writer: Writer,
    mut encoder: Encoder,
    wanted: &Receiver<Order>,
    done: &SyncSender<()>,
    sync: Sync,
) -> Result<()> {
    for order in wanted {
        match order {
            Order::Take(batch) => encoder.take(&batch, &mut writer)?,
            Order::End(ending) => encoder.end(&ending, &mut writer)?,
        }
        writer.commit()?;
        if sync == Sync::Always {
            // Whoever waited may have gone; there is nobody to tell then.
            let _ = done.try_send(());
        }
    }
    writer.finish()
}
