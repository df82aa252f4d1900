//! Lays the sample catalog and the notebooks out for the wheel.
//!
//! maturin takes files that stand outside the Python package from `OUT_DIR` alone, so they are copied there.

use std::{env, fs, io, path::Path};

fn main() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR for build scripts");
    lay_out(&root.join("data/sample"), &Path::new(&out).join("sample"))?;
    lay_out(&root.join("notebooks"), &Path::new(&out).join("notebooks"))
}

/// Makes `to` hold exactly the files of `from`; cargo runs this again when `from` changes.
fn lay_out(from: &Path, to: &Path) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", from.display());
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    copy(from, to)
}

/// Copies the files of a folder and of those in it.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let place = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &place)?;
        } else {
            fs::copy(entry.path(), place)?;
        }
    }
    Ok(())
}
