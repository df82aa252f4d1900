//! Work on all cores: each thread takes the next piece until none is left.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};
use std::thread;

use workbench_market::{Error, Result};

/// How many cores there are, which takes the system some files to find out.
static CORES: LazyLock<usize> = LazyLock::new(|| thread::available_parallelism().map_or(1, Into::into));

/// How many threads there should be for so many pieces of work.
pub fn threads(pieces: usize) -> usize {
    CORES.min(pieces).max(1)
}

/// What becomes of every piece, in their order; each thread has a workbench of its own.
pub fn each<T: Send, W>(
    count: usize,
    prepare: impl Fn() -> W + Sync,
    make: impl Fn(&mut W, usize) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let (next, made) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(count)));
    let failed = Mutex::new(None);
    let work = || {
        let (mut bench, mut mine) = (prepare(), Vec::new());
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= count {
                break;
            }
            match make(&mut bench, at) {
                Ok(value) => mine.push((at, value)),
                Err(error) => {
                    next.store(count, Ordering::Relaxed);
                    put(&failed, error);
                }
            }
        }
        if let Ok(mut made) = made.lock() {
            made.append(&mut mine);
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads(count) {
            scope.spawn(work);
        }
        work();
    });
    if let Some(error) = failed.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()) {
        return Err(error);
    }
    let mut made = made.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    made.sort_unstable_by_key(|&(at, _)| at);
    Ok(made.into_iter().map(|(_, value)| value).collect())
}

fn put(failed: &Mutex<Option<Error>>, error: Error) {
    if let Ok(mut failed) = failed.lock() {
        failed.get_or_insert(error);
    }
}
