//! The machine that all tests share: a few small runs fit on it at once, and what measures time
//! has it to itself.

use std::sync::{Condvar, Mutex, PoisonError};

/// Runs of two dozen people that two slow cores carry, and one or two of ten times as many.
const PLACES: u32 = 6;

static TAKEN: Mutex<u32> = Mutex::new(0);
static FREED: Condvar = Condvar::new();

/// Places that are given back with it.
pub(crate) struct Place(u32);

/// For a run whose time does not matter.
pub(crate) fn shared() -> Place {
    take(1)
}

/// For what would fail beside others.
pub(crate) fn alone() -> Place {
    take(PLACES)
}

fn take(places: u32) -> Place {
    let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    while *taken + places > PLACES {
        taken = FREED.wait(taken).unwrap_or_else(PoisonError::into_inner);
    }
    *taken += places;
    Place(places)
}

impl Drop for Place {
    fn drop(&mut self) {
        *TAKEN.lock().unwrap_or_else(PoisonError::into_inner) -= self.0;
        FREED.notify_all();
    }
}
