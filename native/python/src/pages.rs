//! Memory for long columns and logs.
//!
//! The one idea: the first touch of a page costs more than the rows on it, so from some size on memory is asked for in
//! large pages, as numpy does, whoever asks for it.

use std::alloc::{GlobalAlloc, Layout, System};

/// The allocator of the module: that of the system, and advice on large blocks.
pub struct LargePages;

/// From this size on.
const LARGE_BYTES: usize = 1 << 20;

// SAFETY: every block is one of the system's, with the layout that was asked for.
unsafe impl GlobalAlloc for LargePages {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the promises that the system asks for.
        advised(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        advised(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above.
        advised(unsafe { System.realloc(block, layout, size) }, size)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(block, layout) }
    }
}

#[inline]
fn advised(block: *mut u8, bytes: usize) -> *mut u8 {
    if bytes >= LARGE_BYTES && !block.is_null() {
        in_large_pages(block, bytes);
    }
    block
}

#[cfg(target_os = "linux")]
fn in_large_pages(block: *mut u8, bytes: usize) {
    const PAGE_BYTES: usize = 4096;
    // From the page on in which the block begins: were that left out, it would be a mapping of its own, and the system could
    // not move the block as a whole to where it can grow.
    let before = block.addr() % PAGE_BYTES;
    // SAFETY: the address is that of the page in which the block begins, and the advice changes no byte of it.
    unsafe {
        libc::madvise(block.wrapping_sub(before).cast(), before + bytes, libc::MADV_HUGEPAGE);
    }
}

#[cfg(not(target_os = "linux"))]
fn in_large_pages(_: *mut u8, _: usize) {}
