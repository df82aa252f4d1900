//! A sink that writes nothing: what a run gives again must be, byte for byte, what its log holds.

use std::collections::VecDeque;

use workbench_market::{Error, Result};

use crate::encoder::Sink;
use crate::pack::{Value, read_all};
use crate::reader::Reader;
use crate::records::{Kind, Packed};

/// Walks along a log while a run gives its records again.
pub struct Comparison<'a> {
    reader: &'a Reader,
    block: usize,
    waiting: VecDeque<Vec<u8>>,
    /// How many records have agreed.
    agreed: u64,
}

impl<'a> Comparison<'a> {
    pub const fn new(reader: &'a Reader) -> Self {
        Self { reader, block: 0, waiting: VecDeque::new(), agreed: 0 }
    }

    fn next(&mut self) -> Result<Option<Vec<u8>>> {
        if self.waiting.is_empty() && self.block < self.reader.blocks() {
            let block = self.reader.block(self.block)?;
            self.block += 1;
            self.waiting = block.frames().map(|frame| Ok(frame?.record.to_vec())).collect::<Result<_>>()?;
        }
        Ok(self.waiting.pop_front())
    }

    /// Whatever the log holds must have been given again.
    pub fn complete(mut self) -> Result<()> {
        let Some(logged) = self.next()? else { return Ok(()) };
        let kind = read_all(&logged).as_ref().map_or_else(String::new, named);
        Err(Error::Journal(format!(
            "the run rebuilt from this log ends before record {}{kind}; bars, costs or workbench are not those it was \
             written with",
            self.agreed + 1
        )))
    }
}

impl Sink for Comparison<'_> {
    /// What comes after the last record of a log that was cut short is left alone.
    fn put(&mut self, record: &Packed) -> Result<()> {
        match self.next()? {
            Some(logged) if logged != record.bytes.0 => Err(differs(record, &logged)),
            Some(_) => {
                self.agreed += 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

fn differs(record: &Packed, logged: &[u8]) -> Error {
    let (logged, rebuilt) = (read_all(logged), read_all(&record.bytes.0));
    let found = logged.as_ref().zip(rebuilt.as_ref()).and_then(|(logged, rebuilt)| difference(logged, rebuilt));
    let (was, is) = found.unwrap_or_default();
    let kind = logged.as_ref().map_or_else(String::new, named);
    Error::Journal(format!(
        "the run rebuilt from this log differs from it first at record {}{kind}: logged {was}, rebuilt {is}; bars, \
         costs or workbench are not those it was written with",
        record.sequence
    ))
}

/// The kind of a record, and of an event its name.
fn named(record: &Value) -> String {
    let part = |at: usize| record.list().and_then(|values| values.get(at));
    let kind = part(1).and_then(Value::integer).and_then(Kind::of);
    match (kind, part(5).and_then(Value::text)) {
        (Some(Kind::Event | Kind::Command), Some(name)) => format!(" ({name})"),
        (Some(kind), _) => format!(" ({})", kind.name()),
        (None, _) => String::new(),
    }
}

/// The first part in which two values differ, from both.
fn difference(one: &Value, other: &Value) -> Option<(String, String)> {
    match (one, other) {
        _ if one == other => None,
        (Value::List(a), Value::List(b)) if a.len() == b.len() => {
            a.iter().zip(b).find_map(|(one, other)| difference(one, other))
        }
        (Value::Map(a), Value::Map(b)) if a.iter().map(|(n, _)| n).eq(b.iter().map(|(n, _)| n)) => {
            let found = a.iter().zip(b).find_map(|((name, one), (_, other))| Some((name, difference(one, other)?)));
            found.map(|(name, (one, other))| (format!("{name} {one}"), format!("{name} {other}")))
        }
        _ => Some((one.to_string(), other.to_string())),
    }
}
