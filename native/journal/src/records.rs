//! Records: what stands in a log, each one a MessagePack list `[sequence, kind, time, ...]`, and how it is written.
//!
//! | kind | name | after sequence, kind and time |
//! | --- | --- | --- |
//! | 1 | command | number, slice, name, words |
//! | 2 | event | its own sequence, number of the command that caused it (0: none), name, fields, legs, moves |
//! | 3 | slice | number, session, cash, positions, receivable |
//! | 4 | snapshot | the books so far |
//! | 5 | end | slices, journal hash, state hash, equity |
//!
//! 6 to 9 are kept for bars, answers of a venue, effects and checkpoints of live trading. A leg is `[account, asset,
//! amount]`, and behind it the number of the currency where that is not the account's, a move `[asset, quantity]`; assets are their numbers in the header, times nanoseconds since 1970 in UTC.

use workbench_engine::curve::EquityRow;
use workbench_engine::driver::Recorded;
use workbench_engine::event::Record;
use workbench_engine::ledger::Leg;
use workbench_market::Result;
use workbench_market::number::Money;

use crate::books::Books;
use crate::commands::line;
use crate::events;
use crate::pack::{Packer, Value};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Command = 1,
    Event = 2,
    Slice = 3,
    Snapshot = 4,
    End = 5,
}

impl Kind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Event => "event",
            Self::Slice => "slice",
            Self::Snapshot => "snapshot",
            Self::End => "end",
        }
    }

    pub fn of(number: i64) -> Option<Self> {
        [Self::Command, Self::Event, Self::Slice, Self::Snapshot, Self::End].into_iter().find(|k| *k as i64 == number)
    }
}

/// A record on its way to the disk.
#[derive(Clone, Debug, Default)]
pub struct Packed {
    pub sequence: u64,
    pub time_ns: i64,
    pub is_snapshot: bool,
    pub bytes: Packer,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Ending {
    pub time_ns: i64,
    pub slices: u64,
    pub journal_hash: String,
    pub state_hash: String,
    pub equity: Money,
}

impl Packed {
    pub fn begin(&mut self, sequence: u64, kind: Kind, time_ns: i64, more: usize) {
        (self.sequence, self.time_ns, self.is_snapshot) = (sequence, time_ns, kind == Kind::Snapshot);
        self.bytes.0.clear();
        self.bytes.list(3 + more);
        self.bytes.count(sequence);
        self.bytes.count(kind as u64);
        self.bytes.integer(time_ns);
    }

    pub fn command(&mut self, sequence: u64, time_ns: i64, number: u64, recorded: &Recorded) {
        self.begin(sequence, Kind::Command, time_ns, 4);
        let (slice, name, words) = line(recorded);
        self.bytes.count(number);
        self.bytes.count(slice);
        self.bytes.text(&name);
        self.bytes.list(words.len());
        words.iter().for_each(|word| self.bytes.text(word));
    }

    pub fn event(&mut self, sequence: u64, record: &Record, legs: &[Leg]) -> Result<()> {
        self.begin(sequence, Kind::Event, record.time_ns, 6);
        let out = &mut self.bytes;
        out.count(record.sequence);
        out.count(record.cause);
        out.text(record.event.name());
        events::fields(&record.event, out);
        out.list(legs.len());
        for leg in legs {
            out.list(if leg.currency == 0 { 3 } else { 4 });
            out.text(leg.account.name());
            match leg.asset {
                Some(asset) => out.count(asset as u64),
                None => out.nil(),
            }
            out.exact(leg.amount);
            if leg.currency != 0 {
                out.count(u64::from(leg.currency));
            }
        }
        let moves = events::moves(&record.event)?;
        out.list(moves.iter().flatten().count());
        for (asset, quantity) in moves.into_iter().flatten() {
            out.list(2);
            out.count(asset as u64);
            out.exact(quantity);
        }
        Ok(())
    }

    pub fn slice(&mut self, sequence: u64, number: u64, row: &EquityRow) {
        self.begin(sequence, Kind::Slice, row.time_ns, 5);
        self.bytes.count(number);
        self.bytes.integer(i64::from(row.session));
        [row.cash, row.positions, row.receivable].into_iter().for_each(|amount| self.bytes.exact(amount));
    }

    pub fn snapshot(&mut self, sequence: u64, time_ns: i64, books: &Books) {
        self.begin(sequence, Kind::Snapshot, time_ns, 1);
        books.pack(&mut self.bytes);
    }

    pub fn end(&mut self, sequence: u64, ending: &Ending) {
        self.begin(sequence, Kind::End, ending.time_ns, 4);
        self.bytes.count(ending.slices);
        self.bytes.text(&ending.journal_hash);
        self.bytes.text(&ending.state_hash);
        self.bytes.exact(ending.equity);
    }
}

/// Takes a record that was read into the books; None where it is none of ours.
pub fn apply(books: &mut Books, record: &[Value]) -> Option<()> {
    match (Kind::of(record.get(1)?.integer()?), record.get(3..)?) {
        (Some(Kind::Command), [number, slice, ..]) => {
            (books.commands, books.slice) = (number.count()?, slice.count()?);
        }
        (Some(Kind::Event), [sequence, _, _, _, legs, moves]) => {
            books.events = sequence.count()?;
            for leg in legs.list()? {
                let [account, asset, amount, more @ ..] = leg.list()? else { return None };
                let asset = if *asset == Value::Nil { None } else { Some(asset.count()? as usize) };
                let currency = more.first().map_or(Some(0), Value::count)?;
                books.post(account.text()?, currency, asset, amount.exact()?).ok()?;
            }
            for moved in moves.list()? {
                let [asset, quantity] = moved.list()? else { return None };
                books.shift(asset.count()? as usize, quantity.exact()?).ok()?;
            }
        }
        (Some(Kind::Slice), [number, ..]) => books.slice = number.count()?,
        (Some(Kind::Snapshot), [found]) => *books = Books::read(found)?,
        _ => {}
    }
    Some(())
}
