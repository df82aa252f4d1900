//! Room for large columns: that of a column nobody needs any more is given to the next one.
//!
//! The first touch of a fresh page costs more than the rows in it. Room that waits is marked as free, for the system to take
//! back whenever it needs memory; what is given out holds zeros or floats of before, and is written over.

use std::ptr::NonNull;
use std::sync::{Arc, Mutex};

use arrow_buffer::Buffer;
use workbench_market::lock::if_free;

/// Smaller columns are left to the allocator.
const LARGE_BYTES: usize = 4 << 20;
/// How much may wait at most; what waits can be taken by the system at any time.
const WAITING_BYTES: usize = 512 << 20;

static WAITING: Mutex<Vec<Pages>> = Mutex::new(Vec::new());

pub enum Room {
    Small(Vec<f64>),
    Large(Option<Pages>),
}

impl Room {
    pub fn new(rows: usize) -> Room {
        if bytes(rows) < LARGE_BYTES {
            return Room::Small(vec![0.0; rows]);
        }
        Room::Large(Some(waiting(rows).unwrap_or_else(|| Pages::new(rows))))
    }

    pub fn rows(&mut self) -> &mut [f64] {
        match self {
            Room::Small(rows) => rows,
            Room::Large(pages) => pages.as_mut().map_or(&mut [], Pages::rows),
        }
    }

    /// The first rows, which nobody writes to any more.
    pub fn into_buffer(mut self, rows: usize) -> Buffer {
        let floats = &mut self.rows()[..rows];
        let (begin, bytes) = (NonNull::from(&mut *floats).cast(), bytes(rows));
        // SAFETY: there are so many bytes, and they stay where they are until their owner is dropped.
        unsafe { Buffer::from_custom_allocation(begin, bytes, Arc::new(self)) }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let Room::Large(pages) = self else { return };
        let Some(mut pages) = pages.take() else { return };
        pages.let_go();
        // Who finds the list in use does without it: a process that was forked may never see it free again.
        if let Some(mut waiting) = if_free(&WAITING) {
            let held: usize = waiting.iter_mut().map(|each| bytes(each.rows().len())).sum();
            if held + bytes(pages.rows().len()) <= WAITING_BYTES {
                waiting.push(pages);
            }
        }
    }
}

fn bytes(rows: usize) -> usize {
    rows * size_of::<f64>()
}

/// The smallest that is large enough, if not by much too large.
fn waiting(rows: usize) -> Option<Pages> {
    let mut waiting = if_free(&WAITING)?;
    let lengths = waiting.iter_mut().map(|each| each.rows().len()).enumerate();
    let (place, _) = lengths.filter(|(_, len)| (rows..=2 * rows).contains(len)).min_by_key(|(_, len)| *len)?;
    Some(waiting.swap_remove(place))
}

#[cfg(target_os = "linux")]
pub use mapped::Pages;

/// Whole large pages of the system.
#[cfg(target_os = "linux")]
mod mapped {
    use std::alloc::{Layout, handle_alloc_error};
    use std::{ptr, slice};

    const PAGE: usize = 2 << 20;

    pub struct Pages(*mut [f64]);

    // SAFETY: the pages belong to nobody else, and only who has them mutably reads or writes them.
    unsafe impl Send for Pages {}
    // SAFETY: as above.
    unsafe impl Sync for Pages {}

    impl Pages {
        pub fn new(rows: usize) -> Pages {
            let bytes = super::bytes(rows).next_multiple_of(PAGE);
            let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
            // SAFETY: new memory somewhere takes nothing from anybody; of it the part from where a large page begins is
            // kept, and what lies before and behind is given back.
            unsafe {
                let found = libc::mmap(ptr::null_mut(), bytes + PAGE, access, kind, -1, 0);
                if found == libc::MAP_FAILED {
                    handle_alloc_error(Layout::array::<f64>(rows).expect("a table has as many rows"));
                }
                let before = found.cast::<u8>().align_offset(PAGE);
                let begin = found.wrapping_byte_add(before);
                libc::munmap(found, before);
                libc::munmap(begin.wrapping_byte_add(bytes), PAGE - before);
                libc::madvise(begin, bytes, libc::MADV_HUGEPAGE);
                Pages(ptr::slice_from_raw_parts_mut(begin.cast(), bytes / size_of::<f64>()))
            }
        }

        pub fn rows(&mut self) -> &mut [f64] {
            // SAFETY: so many floats were mapped, zero at first, and nobody else has them.
            unsafe { slice::from_raw_parts_mut(self.0.cast(), self.0.len()) }
        }

        /// The system may take the pages, which are zero from then on, until they are written to again.
        pub fn let_go(&mut self) {
            // SAFETY: nobody reads the pages before they are written to again.
            unsafe { libc::madvise(self.0.cast(), super::bytes(self.0.len()), libc::MADV_FREE) };
        }
    }

    impl Drop for Pages {
        fn drop(&mut self) {
            // SAFETY: they were mapped by `new`, and nobody has them any more.
            unsafe { libc::munmap(self.0.cast(), super::bytes(self.0.len())) };
        }
    }
}

/// As the allocator gives them.
#[cfg(not(target_os = "linux"))]
pub struct Pages(Vec<f64>);

#[cfg(not(target_os = "linux"))]
impl Pages {
    fn new(rows: usize) -> Pages {
        Pages(vec![0.0; rows])
    }

    fn rows(&mut self) -> &mut [f64] {
        &mut self.0
    }

    fn let_go(&mut self) {}
}
