//! The way back: a log opened, sought in, read from end to end and verified.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Mutex;

use workbench_market::{Error, Result};

use crate::blocks::{BEGINS_WITH_SNAPSHOT, Block, CHAIN, Frame, HEAD, Head};
use crate::books::Books;
use crate::header;
use crate::pack::{Value, read_all};
use crate::records::{Kind, apply};
use crate::tail::{Bytes, Lost, Tail, find};

struct Disk {
    path: String,
    file: Mutex<File>,
    size: u64,
}

impl Bytes for Disk {
    fn size(&self) -> u64 {
        self.size
    }

    fn at(&self, offset: u64, length: usize) -> Result<Vec<u8>> {
        let mut file = self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(offset))
            .and_then(|_| (&mut *file).take(length as u64).read_to_end(&mut bytes))
            .map_err(|error| Error::Journal(format!("{} cannot be read: {error}", self.path)))?;
        Ok(bytes)
    }
}

/// A log on the disk.
pub struct Reader {
    disk: Disk,
    pub document: Value,
    header: Vec<u8>,
    tail: Tail,
}

/// A record that was read.
#[derive(Clone, Debug)]
pub struct Entry {
    pub sequence: u64,
    pub kind: Option<Kind>,
    pub time_ns: i64,
    /// All of it: sequence, kind, time, and what is of its kind.
    pub values: Vec<Value>,
    /// When it arrived; None in a backtest.
    pub arrival_ns: Option<i64>,
}

/// What a log holds, once every byte of it has been checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    pub records: u64,
    pub blocks: u64,
    pub chain: [u8; CHAIN],
}

impl Reader {
    pub fn open(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let refused = |error| Error::Journal(format!("{name} cannot be read: {error}"));
        let file = File::open(path).map_err(refused)?;
        let size = file.metadata().map_err(refused)?.len();
        let disk = Disk { path: name, file: Mutex::new(file), size };
        let (document, header) = header::read(&disk.path, |length| disk.at(0, length))?;
        let tail = find(&disk.path, &disk, header.len() as u64)?;
        Ok(Self { disk, document, header, tail })
    }

    pub fn header(&self) -> &[u8] {
        &self.header
    }

    pub const fn records(&self) -> u64 {
        self.tail.records
    }

    pub const fn lost(&self) -> Option<&Lost> {
        self.tail.lost.as_ref()
    }

    pub const fn size(&self) -> u64 {
        self.disk.size
    }

    pub const fn blocks(&self) -> usize {
        self.tail.places.len()
    }

    /// A block, checked.
    pub fn block(&self, number: usize) -> Result<Block> {
        let place = self.tail.places[number];
        let end = self.tail.places.get(number + 1).map_or(self.tail.end, |next| next.offset);
        let bytes = self.disk.at(place.offset, end.saturating_sub(place.offset) as usize)?;
        let last = self.tail.places.get(number + 1).map_or(self.tail.records, |next| next.sequence - 1);
        let head = Head::read(&bytes, place.offset).filter(|head| {
            (head.sequence, head.time_ns, head.flags, head.end(), head.last())
                == (place.sequence, place.time_ns, place.flags, end, last)
        });
        head.and_then(|head| Block::read(head, &bytes[HEAD..])).ok_or_else(|| {
            Error::Journal(format!(
                "{} is not what was written: bytes {} to {end}, records {} to {last}; restore it from a copy",
                self.disk.path, place.offset, place.sequence
            ))
        })
    }

    /// A record that this version cannot make out.
    pub fn foreign(&self, sequence: u64) -> Error {
        let path = &self.disk.path;
        Error::Journal(format!("record {sequence} of {path} cannot be read; it was not written by this version"))
    }

    pub fn entry(&self, frame: &Frame<'_>) -> Result<Entry> {
        let foreign = || self.foreign(frame.sequence);
        let Some(Value::List(values)) = read_all(frame.record) else { return Err(foreign()) };
        let [sequence, kind, time, ..] = &values[..] else { return Err(foreign()) };
        let (Some(sequence), Some(kind), Some(time_ns)) = (sequence.count(), kind.integer(), time.integer()) else {
            return Err(foreign());
        };
        if sequence != frame.sequence {
            return Err(foreign());
        }
        let arrival_ns = read_all(frame.envelope).ok_or_else(foreign)?.integer();
        Ok(Entry { sequence, kind: Kind::of(kind), time_ns, values, arrival_ns })
    }

    /// Calls a function for every record, in their order.
    pub fn each(&self, mut visit: impl FnMut(Entry) -> Result<()>) -> Result<()> {
        for number in 0..self.blocks() {
            for frame in self.block(number)?.frames() {
                visit(self.entry(&frame?)?)?;
            }
        }
        Ok(())
    }

    /// The record of that number and the books after it.
    pub fn seek(&self, sequence: u64) -> Result<Option<(Entry, Books)>> {
        if sequence == 0 || sequence > self.records() {
            return Ok(None);
        }
        let block = self.tail.places.partition_point(|place| place.sequence <= sequence) - 1;
        self.walk(block, |entry| entry.sequence <= sequence)
    }

    /// The last record at or before a time and the books after it.
    pub fn seek_time(&self, time_ns: i64) -> Result<Option<(Entry, Books)>> {
        match self.tail.places.partition_point(|place| place.time_ns <= time_ns) {
            0 => Ok(None),
            block => self.walk(block - 1, |entry| entry.time_ns <= time_ns),
        }
    }

    /// From the snapshot before a block up to the last record that is wanted.
    fn walk(&self, block: usize, wanted: impl Fn(&Entry) -> bool) -> Result<Option<(Entry, Books)>> {
        let begins = |&at: &usize| self.tail.places[at].flags & BEGINS_WITH_SNAPSHOT != 0;
        let from = (0..=block).rev().find(begins).unwrap_or(0);
        let (mut books, mut last) = (Books::default(), None);
        for number in from..=block {
            for frame in self.block(number)?.frames() {
                let entry = self.entry(&frame?)?;
                if !wanted(&entry) {
                    return Ok(last.map(|last| (last, books)));
                }
                apply(&mut books, &entry.values).ok_or_else(|| self.foreign(entry.sequence))?;
                last = Some(entry);
            }
        }
        Ok(last.map(|last| (last, books)))
    }

    /// Checks every byte, every record and the chain from the header to the end.
    pub fn verify(&self) -> Result<Verified> {
        let mut chain = header::chain(&self.header);
        let mut books = Books::default();
        let mut time_ns = i64::MIN;
        for number in 0..self.blocks() {
            let block = self.block(number)?;
            chain = block.chained(&chain)?;
            if chain != block.chain {
                let (path, offset, first) = (&self.disk.path, block.head.offset, block.head.sequence);
                return Err(Error::Journal(format!(
                    "the chain of {path} breaks at byte {offset}, record {first}: records there or before were \
                     replaced; restore it from a copy"
                )));
            }
            for frame in block.frames() {
                let entry = self.entry(&frame?)?;
                let is_sound = self.agrees(&mut books, &entry) && entry.time_ns >= time_ns;
                time_ns = entry.time_ns;
                is_sound.then_some(()).ok_or_else(|| self.foreign(entry.sequence))?;
            }
        }
        Ok(Verified { records: self.records(), blocks: self.blocks() as u64, chain })
    }

    /// Takes a record into the books; a snapshot must be what they are.
    fn agrees(&self, books: &mut Books, entry: &Entry) -> bool {
        let before = (entry.kind == Some(Kind::Snapshot)).then(|| books.clone());
        apply(books, &entry.values).is_some() && before.is_none_or(|before| before.is_same(books))
    }
}
