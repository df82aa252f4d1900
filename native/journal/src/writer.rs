//! The way to the disk: records into blocks, blocks into the file, an index at the end.
//!
//! The file appears under its name with a whole header or not at all: it is made beside its place and renamed.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use workbench_market::{Error, Result};

use crate::blocks::{Head, Open};
use crate::encoder::Sink;
use crate::header;
use crate::pack::Packer;
use crate::records::Packed;

pub const INDEX: &[u8; 4] = b"WBIX";
pub const END: &[u8; 4] = b"WBND";
const NIL: &[u8] = &[0xc0];

/// When written bytes are forced onto the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sync {
    /// The system decides; a crash of the machine may cost what it had not written.
    Never,
    /// After every block, and at the end.
    Block,
    /// After every append, which then is a block of its own.
    Always,
}

impl Sync {
    pub fn named(name: &str) -> Result<Self> {
        match name {
            "never" => Ok(Self::Never),
            "block" => Ok(Self::Block),
            "always" => Ok(Self::Always),
            _ => Err(Error::Parameter(format!("fsync={name:?} is unknown; use never, block or always"))),
        }
    }
}

pub struct Writer {
    file: File,
    path: PathBuf,
    offset: u64,
    open: Open,
    index: Vec<Head>,
    records: u64,
    sync: Sync,
}

fn refused(path: &Path, error: &std::io::Error) -> Error {
    Error::Journal(format!("{} cannot be written: {error}", path.display()))
}

impl Writer {
    /// Makes the file, or puts it in the place of another.
    pub fn create(path: &Path, header: &[u8], sync: Sync) -> Result<Self> {
        let named = |error: std::io::Error| refused(path, &error);
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let beside = path.with_file_name(format!(".{name}.{}.new", std::process::id()));
        let made = || -> std::io::Result<File> {
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(&beside)?;
            file.write_all(header)?;
            if sync != Sync::Never {
                file.sync_all()?;
            }
            std::fs::rename(&beside, path)?;
            if sync != Sync::Never {
                sync_folder(path)?;
            }
            Ok(file)
        };
        let file = made().inspect_err(|_| {
            // What was begun beside the place is of no use; the first error is the one to tell.
            let _ = std::fs::remove_file(&beside);
        });
        Ok(Self {
            file: file.map_err(named)?,
            path: path.to_owned(),
            offset: header.len() as u64,
            open: Open::after(&header::chain(header)),
            index: Vec::new(),
            records: 0,
            sync,
        })
    }

    fn write(&mut self, bytes: &[u8], syncs: bool) -> Result<()> {
        let done = self.file.write_all(bytes).and_then(|()| if syncs { self.file.sync_data() } else { Ok(()) });
        self.offset += bytes.len() as u64;
        done.map_err(|error| refused(&self.path, &error))
    }

    fn close_block(&mut self) -> Result<()> {
        if self.open.is_empty() {
            return Ok(());
        }
        let (head, bytes) = self.open.close(self.offset);
        self.index.push(head);
        self.write(&bytes, self.sync != Sync::Never)
    }

    /// Ends an append: what was put is on the disk if the policy wants it there.
    pub fn commit(&mut self) -> Result<()> {
        if self.sync == Sync::Always { self.close_block() } else { Ok(()) }
    }

    /// Closes the last block and writes the index.
    pub fn finish(&mut self) -> Result<()> {
        self.close_block()?;
        let mut body = Packer::default();
        body.list(2);
        body.count(self.records);
        body.list(self.index.len());
        for head in &self.index {
            body.list(4);
            [head.offset, head.sequence].iter().for_each(|&number| body.count(number));
            body.integer(head.time_ns);
            body.count(u64::from(head.flags));
        }
        let place = self.offset.to_le_bytes();
        let length = (body.0.len() as u32).to_le_bytes();
        let mut crc = crc32fast::Hasher::new();
        crc.update(&length);
        crc.update(&body.0);
        let footer = [&INDEX[..], &length, &crc.finalize().to_le_bytes(), &body.0].concat();
        let bytes = [&footer[..], &place, &crc32fast::hash(&place).to_le_bytes(), END].concat();
        self.write(&bytes, self.sync != Sync::Never)
    }
}

impl Sink for Writer {
    fn put(&mut self, record: &Packed) -> Result<()> {
        if record.is_snapshot || self.open.is_full() {
            self.close_block()?;
        }
        self.open.push(record, NIL);
        self.records += 1;
        Ok(())
    }
}

/// Makes the name in its folder durable, where the system can.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
