//! What was found, until it is counted.

use crate::tally::{Fault, Faults};

/// Counted at the latest when so many moves have come.
const FULL: usize = 256;

/// What looks at messages and lists came to.
#[derive(Debug, Default)]
pub(crate) struct Judge {
    pub(crate) faults: Faults,
    /// Pairs that were looked at.
    pub(crate) checked: u64,
    /// How long each move took that was told, since it was to be sent.
    pub(crate) took_us: Vec<u64>,
}

impl Judge {
    pub(super) fn finds(&mut self, fault: Fault, what: impl FnOnce() -> String) {
        self.faults.add(fault, what);
    }

    pub(crate) fn is_full(&self) -> bool {
        self.took_us.len() >= FULL
    }
}
