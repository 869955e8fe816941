//! The atomics and locks of the broker: the real ones, or loom's when its schedules are explored.

#[cfg(loom)]
pub(crate) use loom::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering, fence},
};
#[cfg(not(loom))]
pub(crate) use std::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering, fence},
};

/// Locks; a panic elsewhere while it was held changes nothing, since every critical section here
/// leaves its data whole at each step.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A slice of all-zero values. The pages of a large one are not touched before they are used, so
/// a table can be as long as its limit and cost what it holds.
#[cfg(not(loom))]
pub(crate) fn zeroed<T: zerocopy::FromZeros>(len: usize) -> Box<[T]> {
    <[T] as zerocopy::FromZeros>::new_box_zeroed_with_elems(len)
        .expect("the limits fit the address space")
}

#[cfg(loom)]
pub(crate) fn zeroed<T: Default>(len: usize) -> Box<[T]> {
    (0..len).map(|_| T::default()).collect()
}
