//! Puts commands, events, slices and snapshots into one order and gives them their sequence numbers.
//!
//! A command stands before the events it caused, so that an intent is on the disk before its effect.

use workbench_engine::curve::EquityRow;
use workbench_engine::driver::Recorded;
use workbench_engine::event::Record;
use workbench_engine::ledger::Leg;
use workbench_market::Result;

use crate::books::Books;
use crate::events;
use crate::records::{Ending, Packed};

/// Where records go: to the disk, or to a comparison with those that are there.
pub trait Sink {
    fn put(&mut self, record: &Packed) -> Result<()>;
}

/// What a driver has added since the last batch.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    pub records: Vec<Record>,
    pub legs: Vec<Leg>,
    pub inputs: Vec<Recorded>,
    /// Slices that ended, each with the number of records of this batch that came before its end.
    pub slices: Vec<(usize, EquityRow)>,
}

/// What an [`Encoder`] writes; a log names it in its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// A record for every slice, not only for what changed.
    pub has_slices: bool,
    /// How many records stand between two snapshots.
    pub snapshot_every: u64,
}

/// Turns batches into records.
#[derive(Debug)]
pub struct Encoder {
    snapshot_every: u64,
    sequence: u64,
    last_snapshot: u64,
    inputs: u64,
    slices: u64,
    books: Books,
    packed: Packed,
}

impl Encoder {
    pub fn new(snapshot_every: u64) -> Self {
        Self {
            snapshot_every,
            sequence: 0,
            last_snapshot: 0,
            inputs: 0,
            slices: 0,
            books: Books::default(),
            packed: Packed::default(),
        }
    }

    fn next(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    pub fn take(&mut self, batch: &Batch, sink: &mut impl Sink) -> Result<()> {
        let (mut legs, mut inputs) = (&batch.legs[..], batch.inputs.iter());
        let mut slices = batch.slices.iter().peekable();
        for (at, record) in batch.records.iter().enumerate() {
            while let Some((_, row)) = slices.next_if(|(before, _)| *before <= at) {
                self.slice(row, sink)?;
            }
            if record.cause > self.inputs
                && let Some(recorded) = inputs.next()
            {
                self.command(record.time_ns, recorded, sink)?;
            }
            let own = legs.iter().take_while(|leg| leg.sequence == record.sequence).count();
            self.event(record, &legs[..own], sink)?;
            legs = &legs[own..];
        }
        slices.try_for_each(|(_, row)| self.slice(row, sink))
    }

    fn command(&mut self, time_ns: i64, recorded: &Recorded, sink: &mut impl Sink) -> Result<()> {
        self.inputs += 1;
        (self.books.commands, self.books.slice) = (self.inputs, recorded.slice);
        let sequence = self.next();
        self.packed.command(sequence, time_ns, self.inputs, recorded);
        self.put(time_ns, sink)
    }

    fn event(&mut self, record: &Record, legs: &[Leg], sink: &mut impl Sink) -> Result<()> {
        self.books.events = record.sequence;
        for leg in legs {
            self.books.post(leg.account.name(), u64::from(leg.currency), leg.asset, leg.amount)?;
        }
        for (asset, quantity) in events::moves(&record.event)?.into_iter().flatten() {
            self.books.shift(asset, quantity)?;
        }
        let sequence = self.next();
        self.packed.event(sequence, record, legs)?;
        self.put(record.time_ns, sink)
    }

    fn slice(&mut self, row: &EquityRow, sink: &mut impl Sink) -> Result<()> {
        self.slices += 1;
        self.books.slice = self.slices;
        let sequence = self.next();
        self.packed.slice(sequence, self.slices, row);
        self.put(row.time_ns, sink)
    }

    /// Hands a record on, and the books after it where a snapshot is due.
    fn put(&mut self, time_ns: i64, sink: &mut impl Sink) -> Result<()> {
        sink.put(&self.packed)?;
        if self.sequence - self.last_snapshot < self.snapshot_every {
            return Ok(());
        }
        let sequence = self.next();
        self.last_snapshot = sequence;
        self.packed.snapshot(sequence, time_ns, &self.books);
        sink.put(&self.packed)
    }

    pub fn end(&mut self, ending: &Ending, sink: &mut impl Sink) -> Result<()> {
        let sequence = self.next();
        self.packed.end(sequence, ending);
        sink.put(&self.packed)
    }
}
