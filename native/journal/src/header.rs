//! The header: what a file is, of which version, and the document that describes the run.

use sha2::{Digest, Sha256};
use workbench_market::{Error, Result};

use crate::pack::{Packer, Value, read_all};

pub const MAGIC: &[u8; 8] = b"WBJRNL\r\n";
pub const VERSION: u16 = 1;
const FIXED: usize = 18;
const LENGTH_LIMIT: u64 = 1 << 28;

/// The bytes of a header around a document.
pub fn bytes(document: &Value) -> Vec<u8> {
    let mut packer = Packer::default();
    packer.value(document);
    let mut body = VERSION.to_le_bytes().to_vec();
    body.extend((packer.0.len() as u32).to_le_bytes());
    let mut crc = crc32fast::Hasher::new();
    crc.update(&body);
    crc.update(&packer.0);
    [&MAGIC[..], &body, &crc.finalize().to_le_bytes(), &packer.0].concat()
}

/// The first link of the chain.
pub fn chain(header: &[u8]) -> [u8; 32] {
    Sha256::digest(header).into()
}

/// The document of a header, and its length in the file; `read` gives so many bytes from the front, or fewer.
pub fn read(path: &str, read: impl Fn(usize) -> Result<Vec<u8>>) -> Result<(Value, Vec<u8>)> {
    let fixed = read(FIXED)?;
    if !MAGIC.starts_with(&fixed[..fixed.len().min(8)]) || fixed.is_empty() {
        return Err(Error::Journal(format!("{path} is no journal of workbench; give the path of one")));
    }
    let torn = || Error::Journal(format!("{path} ends inside its header: nothing had been written yet; remove it"));
    if fixed.len() < FIXED {
        return Err(torn());
    }
    let version = u16::from_le_bytes([fixed[8], fixed[9]]);
    let length = u64::from(u32::from_le_bytes([fixed[10], fixed[11], fixed[12], fixed[13]]));
    let changed = || {
        let place = format!("bytes 0 to {}", FIXED as u64 + length);
        Error::Journal(format!("the header of {path} ({place}) is not what was written; restore it from a copy"))
    };
    if version != VERSION {
        return Err(Error::Journal(format!(
            "{path} is a journal of version {version}, this workbench reads version {VERSION}; use a workbench that \
             reads it, or restore the file from a copy if it was damaged"
        )));
    }
    if length > LENGTH_LIMIT {
        return Err(changed());
    }
    let whole = read(FIXED + length as usize)?;
    if (whole.len() as u64) < FIXED as u64 + length {
        return Err(torn());
    }
    let mut crc = crc32fast::Hasher::new();
    crc.update(&whole[8..14]);
    crc.update(&whole[FIXED..]);
    if crc.finalize().to_le_bytes() != whole[14..FIXED] {
        return Err(changed());
    }
    let document = read_all(&whole[FIXED..]).ok_or_else(changed)?;
    Ok((document, whole))
}
