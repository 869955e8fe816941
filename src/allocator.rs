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

/// Has the allocator give back the pages that nobody holds, for as long as it is polled. What a
/// thread keeps for itself stays with it.
pub(crate) async fn give_back() {
    loop {
        tokio::time::sleep(GIVE_BACK_EVERY).await;
        // The kernel takes its time over many.
        let given = tokio::task::spawn_blocking(|| {
            // SAFETY: mimalloc is the global allocator, and any thread may ask it to collect.
            unsafe { libmimalloc_sys::mi_collect(false) }
        });
        if given.await.is_err() {
            return;
        }
    }
}
