//! Blocks: records in frames, compressed, with their checksums and their link of the chain.

use sha2::{Digest, Sha256};
use workbench_market::Error;

use crate::records::Packed;

pub const MAGIC: &[u8; 4] = b"WBLK";
pub const HEAD: usize = 44;
pub const CHAIN: usize = 32;
pub const BEGINS_WITH_SNAPSHOT: u32 = 1;
/// A block is closed once it holds this much; a single record may be larger.
pub const RAW_BYTES: usize = 1 << 16;
/// No block of ours comes near it, so a length beyond is no length.
const RAW_LIMIT: usize = 1 << 30;
const FRAME: usize = 9;

/// The head of a block, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub offset: u64,
    pub stored: u32,
    pub raw: u32,
    pub count: u32,
    pub sequence: u64,
    pub time_ns: i64,
    pub flags: u32,
    pub crc: u32,
}

impl Head {
    /// The bytes of the whole block.
    pub const fn size(&self) -> u64 {
        (HEAD + self.stored as usize + CHAIN) as u64
    }

    pub const fn end(&self) -> u64 {
        self.offset + self.size()
    }

    pub const fn last(&self) -> u64 {
        self.sequence + self.count as u64 - 1
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        [self.stored, self.raw, self.count].iter().for_each(|n| bytes.extend(n.to_le_bytes()));
        bytes.extend(self.sequence.to_le_bytes());
        bytes.extend(self.time_ns.to_le_bytes());
        [self.flags, self.crc].iter().for_each(|n| bytes.extend(n.to_le_bytes()));
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        bytes
    }

    /// A head that stood at this offset; None where it is not whole or not one.
    pub fn read(bytes: &[u8], offset: u64) -> Option<Self> {
        let bytes = bytes.get(..HEAD)?;
        let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let long = |at: usize| u64::from(word(at)) | (u64::from(word(at + 4)) << 32);
        let is_whole = bytes.starts_with(MAGIC) && word(HEAD - 4) == crc32fast::hash(&bytes[..HEAD - 4]);
        let head = Self {
            offset,
            stored: word(4),
            raw: word(8),
            count: word(12),
            sequence: long(16),
            time_ns: long(24) as i64,
            flags: word(32),
            crc: word(36),
        };
        (is_whole && head.count > 0 && (head.raw as usize) < RAW_LIMIT).then_some(head)
    }
}

/// A block in the making.
#[derive(Debug)]
pub struct Open {
    raw: Vec<u8>,
    count: u32,
    sequence: u64,
    time_ns: i64,
    flags: u32,
    chain: Sha256,
}

impl Open {
    /// An empty block behind a link of the chain.
    pub fn after(chain: &[u8]) -> Self {
        let raw = Vec::with_capacity(RAW_BYTES + 4096);
        Self { raw, count: 0, sequence: 0, time_ns: 0, flags: 0, chain: Sha256::new_with_prefix(chain) }
    }

    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub const fn is_full(&self) -> bool {
        self.raw.len() >= RAW_BYTES
    }

    pub fn push(&mut self, record: &Packed, envelope: &[u8]) {
        if self.count == 0 {
            (self.sequence, self.time_ns) = (record.sequence, record.time_ns);
            self.flags = if record.is_snapshot { BEGINS_WITH_SNAPSHOT } else { 0 };
        }
        self.count += 1;
        let bytes = &record.bytes.0;
        self.raw.extend(((envelope.len() + bytes.len()) as u32).to_le_bytes());
        let mut crc = crc32fast::Hasher::new();
        [&[envelope.len() as u8], envelope, bytes].into_iter().for_each(|part| crc.update(part));
        self.raw.extend(crc.finalize().to_le_bytes());
        self.raw.push(envelope.len() as u8);
        self.raw.extend(envelope);
        self.raw.extend(bytes);
        self.chain.update(bytes);
    }

    /// The bytes of the block and its head; what comes next stands in a block of its own, behind its link of the chain.
    pub fn close(&mut self, offset: u64) -> (Head, Vec<u8>) {
        let chain: [u8; CHAIN] = self.chain.finalize_reset().into();
        let stored = lz4_flex::block::compress(&self.raw);
        let mut crc = crc32fast::Hasher::new();
        crc.update(&stored);
        crc.update(&chain);
        let head = Head {
            offset,
            stored: stored.len() as u32,
            raw: self.raw.len() as u32,
            count: self.count,
            sequence: self.sequence,
            time_ns: self.time_ns,
            flags: self.flags,
            crc: crc.finalize(),
        };
        let bytes = [&head.bytes(), &stored, &chain[..]].concat();
        self.raw.clear();
        self.count = 0;
        self.chain.update(chain);
        (head, bytes)
    }
}

/// A block that was read and checked.
#[derive(Debug)]
pub struct Block {
    pub head: Head,
    raw: Vec<u8>,
    pub chain: [u8; CHAIN],
}

/// A record as it was read: its bytes, and its envelope.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    pub sequence: u64,
    pub envelope: &'a [u8],
    pub record: &'a [u8],
}

impl Block {
    /// Unpacks what stands behind a head; None where a checksum or the compression disagrees.
    pub fn read(head: Head, body: &[u8]) -> Option<Self> {
        let (stored, chain) = body.split_at_checked(head.stored as usize)?;
        if crc32fast::hash(body) != head.crc {
            return None;
        }
        let raw = lz4_flex::block::decompress(stored, head.raw as usize).ok()?;
        (raw.len() == head.raw as usize).then_some(Self { head, raw, chain: chain.try_into().ok()? })
    }

    /// The records in their order; one whose checksum disagrees is named.
    pub fn frames(&self) -> impl Iterator<Item = Result<Frame<'_>, Error>> {
        let mut rest = &self.raw[..];
        (0..u64::from(self.head.count)).map(move |at| {
            let sequence = self.head.sequence + at;
            frame(&mut rest, sequence).ok_or_else(|| {
                Error::Journal(format!(
                    "record {sequence}, in the block at byte {}, is not what was written; restore the file from a copy",
                    self.head.offset
                ))
            })
        })
    }

    /// The link of the chain that the records of this block give behind another.
    pub fn chained(&self, before: &[u8]) -> Result<[u8; CHAIN], Error> {
        let mut chain = Sha256::new_with_prefix(before);
        for frame in self.frames() {
            chain.update(frame?.record);
        }
        Ok(chain.finalize().into())
    }
}

fn frame<'a>(rest: &mut &'a [u8], sequence: u64) -> Option<Frame<'a>> {
    let (head, after) = rest.split_at_checked(FRAME)?;
    let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let (body, after) = after.split_at_checked(word(0) as usize)?;
    let mut crc = crc32fast::Hasher::new();
    crc.update(&head[8..]);
    crc.update(body);
    let (envelope, record) = body.split_at_checked(usize::from(head[8]))?;
    *rest = after;
    (crc.finalize() == word(4)).then_some(Frame { sequence, envelope, record })
}
