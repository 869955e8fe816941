//! The allocator of the server, and when it gives back what it holds.
#![allow(
    unsafe_code,
    reason = "what mimalloc offers beyond an allocator has no safe form"
)]

use std::time::Duration;

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// mimalloc gives pages back when it comes by while something else is freed. A server at rest
/// frees nothing, and would hold what the last crowd needed.
const GIVE_BACK_EVERY: Duration = Duration::from_secs(5);

/// Has the allocator give back what was not used of late, for as long as it is polled.
pub(crate) async fn give_back() {
    let mut ticks = tokio::time::interval(GIVE_BACK_EVERY);
    loop {
        ticks.tick().await;
        // SAFETY: mimalloc is the global allocator, and any thread may ask it to collect.
        unsafe { libmimalloc_sys::mi_collect(false) };
    }
}
