//! What the broker asks of the machine's memory: huge pages for its tables, and lines fetched
//! ahead of a loop that knows where it will look. Hints only: no result depends on them.
//!
//! The one module of the broker with unsafe code.
#![allow(unsafe_code, reason = "hints to the hardware have no safe form")]

/// Asks for the cache line of `item`, which will be read soon.
#[inline(always)]
pub(crate) fn prefetch<T>(item: &T) {
    prefetch_at(std::slice::from_ref(item), 0);
}

/// Asks for the cache line in which an item of a table begins, if there is such an item. Into the
/// second cache: more lines can be under way to it at once than to the first, of which many that
/// are asked for in a row are dropped.
#[inline(always)]
pub(crate) fn prefetch_at<T>(table: &[T], place: usize) {
    let item = table.as_ptr().wrapping_add(place);
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch reads nothing architecturally and cannot fault, whatever the address.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T1>(item.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = item;
}

/// Asks the kernel to back a large table with huge pages, before it is first touched: random
/// reads over hundreds of megabytes otherwise miss the TLB each time.
pub(crate) fn huge<T>(table: &[T]) {
    const HUGE: usize = 2 << 20;
    let bytes = size_of_val(table);
    let start = (table.as_ptr() as usize).next_multiple_of(HUGE);
    let end = (table.as_ptr() as usize + bytes) / HUGE * HUGE;
    if end <= start {
        return;
    }
    // SAFETY: the range lies inside `table`, which is mapped; MADV_HUGEPAGE changes no contents.
    let advised = unsafe {
        rustix::mm::madvise(
            start as *mut _,
            end - start,
            rustix::mm::Advice::LinuxHugepage,
        )
    };
    // Where the kernel has no huge pages, the table works all the same.
    let _ = advised;
}
