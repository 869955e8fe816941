//! What the broker asks of the machine's memory: huge pages for its tables, and lines fetched
//! ahead of a loop that knows where it will look. No result depends on them.
//!
//! The one module of the broker with unsafe code.
#![allow(
    unsafe_code,
    reason = "what is asked of the machine's memory has no safe form"
)]

use std::ops::Range;

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

const HUGE: usize = 2 << 20;

/// Users whose part of a table is on small pages: few of them would each pay for a huge page of
/// every table.
pub(crate) const FEW: usize = 1 << 15;

/// Asks the kernel to back a large table with huge pages but for its first `few` items, before it
/// is first touched: random reads over hundreds of megabytes otherwise miss the TLB each time.
pub(crate) fn huge<T>(table: &[T], few: usize) {
    let beyond = table.get(few..).unwrap_or_default();
    let Some(pages) = whole_pages(beyond) else {
        return;
    };
    // SAFETY: the range lies inside `table`, which is mapped; MADV_HUGEPAGE changes no contents.
    let advised = unsafe {
        rustix::mm::madvise(
            pages.start as *mut _,
            pages.len(),
            rustix::mm::Advice::LinuxHugepage,
        )
    };
    // Where the kernel has no huge pages, the table works all the same.
    let _ = advised;
}

/// Gives the huge pages that lie in a part of a table as a whole back to the kernel. What stood
/// there is lost.
#[cfg(not(loom))]
pub(crate) fn give_back<T: zerocopy::FromZeros>(table: &mut Box<[T]>, part: Range<usize>) {
    let part = &mut table[part];
    let Some(pages) = whole_pages(part) else {
        return;
    };
    let start = part.as_mut_ptr().with_addr(pages.start);
    // SAFETY: the range lies inside the box, which nobody else refers to and which is the
    // allocator's, so private memory of no file: after MADV_DONTNEED it reads as zeros, which are
    // a value of `T`, or as before where the kernel refuses.
    let advised = unsafe {
        rustix::mm::madvise(start.cast(), pages.len(), rustix::mm::Advice::LinuxDontNeed)
    };
    // Else the memory stays where it is.
    let _ = advised;
}

#[cfg(loom)]
pub(crate) fn give_back<T>(_: &mut Box<[T]>, _: Range<usize>) {}

/// The huge pages that lie in a table as a whole.
fn whole_pages<T>(table: &[T]) -> Option<Range<usize>> {
    let start = table.as_ptr() as usize;
    let end = (start + size_of_val(table)) / HUGE * HUGE;
    let start = start.next_multiple_of(HUGE);
    (start < end).then_some(start..end)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::broker::sync::zeroed;

    #[test]
    fn what_is_given_back_is_zeros_and_nothing_else_is() {
        const HUGE_WORDS: usize = HUGE / size_of::<u64>();
        let mut table: Box<[u64]> = zeroed(5 * HUGE_WORDS);
        table.fill(1);
        let part = HUGE_WORDS..4 * HUGE_WORDS;
        give_back(&mut table, part.clone());
        let given = table.iter().filter(|&&word| word == 0).count();
        assert!(
            [2, 3].map(|pages| pages * HUGE_WORDS).contains(&given),
            "{given}"
        );
        assert!(table[..part.start].iter().all(|&word| word == 1));
        assert!(table[part.end..].iter().all(|&word| word == 1));
        table.fill(2);
        assert!(table.iter().all(|&word| word == 2));
    }
}
