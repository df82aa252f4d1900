//! Memory for long columns.

/// From this size on memory is asked for in large pages, as numpy does: the first touch of a page costs more than its rows.
#[cfg(target_os = "linux")]
const LARGE_BYTES: usize = 4 << 20;
#[cfg(target_os = "linux")]
const PAGE_BYTES: usize = 4096;

/// Asks for large pages where the vector has room for enough.
#[cfg(target_os = "linux")]
pub fn in_large_pages<T>(values: &Vec<T>) {
    let bytes = values.capacity() * size_of::<T>();
    if bytes < LARGE_BYTES {
        return;
    }
    let begun = values.as_ptr().cast::<u8>().align_offset(PAGE_BYTES);
    // SAFETY: the address is that of a page inside memory that the vector owns, and the advice changes no byte of it.
    unsafe {
        libc::madvise(values.as_ptr().wrapping_byte_add(begun).cast_mut().cast(), bytes - begun, libc::MADV_HUGEPAGE);
    }
}

#[cfg(not(target_os = "linux"))]
pub fn in_large_pages<T>(_: &Vec<T>) {}
