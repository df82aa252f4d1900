//! What a file ends with: its index, or, where that is missing, the last whole block and what was lost behind it.

use workbench_market::{Error, Result};

use crate::blocks::{Block, CHAIN, HEAD, Head, MAGIC};
use crate::pack::{Value, read_all};
use crate::writer::{END, INDEX};

const TRAILER: u64 = 16;
const FOOTER: u64 = 12;

/// Bytes of a file, however they are got at.
pub trait Bytes {
    fn size(&self) -> u64;
    /// So many bytes from an offset, or as many as there are.
    fn at(&self, offset: u64, length: usize) -> Result<Vec<u8>>;
}

/// Where a block stands; its head is read with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub offset: u64,
    pub sequence: u64,
    pub time_ns: i64,
    pub flags: u32,
}

/// What is missing at the end of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    pub offset: u64,
    pub bytes: u64,
    /// Whether records may have been among them.
    pub has_records: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tail {
    pub places: Vec<Place>,
    pub records: u64,
    pub end: u64,
    pub lost: Option<Lost>,
}

/// The blocks of a file: by its index, else by walking through it.
pub fn find(path: &str, file: &impl Bytes, from: u64) -> Result<Tail> {
    indexed(file, from)?.map_or_else(|| walked(path, file, from), Ok)
}

fn long(bytes: &[u8]) -> Option<u64> {
    bytes.get(..8)?.try_into().ok().map(u64::from_le_bytes)
}

fn word(bytes: &[u8]) -> Option<u32> {
    bytes.get(..4)?.try_into().ok().map(u32::from_le_bytes)
}

fn indexed(file: &impl Bytes, from: u64) -> Result<Option<Tail>> {
    let size = file.size();
    if size < from + FOOTER + TRAILER {
        return Ok(None);
    }
    let trailer = file.at(size - TRAILER, TRAILER as usize)?;
    let offset = long(&trailer).filter(|&at| at >= from && at + FOOTER + TRAILER <= size);
    let is_whole = trailer[12..] == END[..] && word(&trailer[8..]) == Some(crc32fast::hash(&trailer[..8]));
    let Some(offset) = offset.filter(|_| is_whole) else { return Ok(None) };
    let footer = file.at(offset, (size - TRAILER - offset) as usize)?;
    Ok(index(&footer).map(|(places, records)| Tail { places, records, end: offset, lost: None }))
}

fn index(footer: &[u8]) -> Option<(Vec<Place>, u64)> {
    let (length, crc, body) = (footer.get(4..8)?, word(footer.get(8..)?)?, footer.get(12..)?);
    let mut found = crc32fast::Hasher::new();
    found.update(length);
    found.update(body);
    if !footer.starts_with(INDEX) || word(length)? as usize != body.len() || found.finalize() != crc {
        return None;
    }
    let value = read_all(body)?;
    let [records, blocks] = value.list()? else { return None };
    let places = blocks.list()?.iter().map(place).collect::<Option<_>>()?;
    Some((places, records.count()?))
}

fn place(value: &Value) -> Option<Place> {
    let [offset, sequence, time, flags] = value.list()? else { return None };
    let flags = u32::try_from(flags.count()?).ok()?;
    Some(Place { offset: offset.count()?, sequence: sequence.count()?, time_ns: time.integer()?, flags })
}

fn walked(path: &str, file: &impl Bytes, from: u64) -> Result<Tail> {
    let mut tail = Tail { end: from, ..Tail::default() };
    while let Some(head) = next(path, file, &tail)? {
        tail.places.push(Place {
            offset: head.offset,
            sequence: head.sequence,
            time_ns: head.time_ns,
            flags: head.flags,
        });
        (tail.records, tail.end) = (head.last(), head.end());
    }
    let rest = file.size() - tail.end;
    let has_records = !file.at(tail.end, 4)?.starts_with(INDEX);
    tail.lost = Some(Lost { offset: tail.end, bytes: rest, has_records: has_records && rest > 0 });
    Ok(tail)
}

/// The block behind those that were found; None where the whole ones end.
fn next(path: &str, file: &impl Bytes, tail: &Tail) -> Result<Option<Head>> {
    let (offset, rest) = (tail.end, file.size() - tail.end);
    let start = file.at(offset, HEAD)?;
    if (start.len() < HEAD && is_begun(&start)) || start.starts_with(INDEX) {
        return Ok(None);
    }
    let head = Head::read(&start, offset).filter(|head| head.sequence == tail.records + 1);
    let Some(head) = head else {
        let damaged = || changed(path, offset, offset + rest.min(HEAD as u64), tail);
        return if is_blank(file, offset)? { Ok(None) } else { Err(damaged()) };
    };
    if head.size() > rest {
        return Ok(None);
    }
    let body = || file.at(offset + HEAD as u64, head.stored as usize + CHAIN);
    if head.size() == rest && Block::read(head, &body()?).is_none() {
        let damaged = || changed(path, offset, head.end(), tail);
        return if is_blank(file, head.end() - CHAIN as u64)? { Ok(None) } else { Err(damaged()) };
    }
    Ok(Some(head))
}

/// Whether these few bytes can be the first of a block or of an index.
fn is_begun(start: &[u8]) -> bool {
    let length = start.len().min(4);
    [&MAGIC[..], INDEX].iter().any(|magic| magic[..length] == start[..length])
}

/// Whether nothing but zeros follow: space that a crash left unwritten.
fn is_blank(file: &impl Bytes, offset: u64) -> Result<bool> {
    let mut at = offset;
    while at < file.size() {
        let part = file.at(at, 1 << 16)?;
        if part.iter().any(|&byte| byte != 0) {
            return Ok(false);
        }
        at += part.len() as u64;
    }
    Ok(at > offset)
}

fn changed(path: &str, from: u64, to: u64, tail: &Tail) -> Error {
    let next = tail.records + 1;
    Error::Journal(format!(
        "{path} is not what was written: bytes {from} to {to}, from record {next} on; restore it from a copy"
    ))
}
