//! The journal on disk: the event log of a run, appended while it goes, read, checked and sought in later.
//!
//! # Format, version 1
//!
//! All fixed numbers are little-endian; `crc` is CRC-32 (IEEE), `hash` SHA-256; MessagePack is as in [`pack`].
//!
//! ```text
//! file    = header block* [footer]
//! header  = "WBJRNL\r\n" version:u16 length:u32 crc:u32 MessagePack map       crc over version, length and map
//! block   = "WBLK" stored:u32 raw:u32 count:u32 sequence:u64 time:i64 flags:u32 crc:u32 headcrc:u32
//!           LZ4 bytes (stored), chain (32 bytes)                              crc over both, headcrc over the head
//! raw     = count frames: length:u32 crc:u32 size:u8 envelope (size bytes) record (length - size bytes)
//!                                                                             crc over size, envelope and record
//! footer  = "WBIX" length:u32 crc:u32 MessagePack list [records, [[offset, sequence, time, flags]...]]
//!           offset of the footer:u64 crc:u32 "WBND"
//! ```
//!
//! The chain of a block is `hash(chain before, every record of the block)`, that of the first block begins with the hash
//! of the whole header. The envelope, MessagePack nil or the time of arrival in nanoseconds, stands outside the chain:
//! what arrives when is no input. Flag 1 says that a block begins with a snapshot. Records are described in [`records`].
//!
//! A file without its footer, or cut short anywhere, is read up to its last whole block, and what was lost is told.
//! A byte that was changed is an error that names its place.

pub mod blocks;
pub mod books;
pub mod capture;
pub mod commands;
pub mod compare;
pub mod encoder;
mod events;
pub mod header;
pub mod pack;
pub mod reader;
pub mod records;
mod tail;
mod words;
pub mod writer;
