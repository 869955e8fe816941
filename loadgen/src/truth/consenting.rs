//! Where people have been who consented to strangers, by cell: all that anybody may be told of
//! them.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use nearcast_grid::Cell;

#[derive(Debug, Default)]
pub(super) struct Consenting(Mutex<HashSet<u64>>);

impl Consenting {
    pub(super) fn are_in(&self, cell: Cell) {
        let mut cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cells.insert(cell.to_u64());
    }

    /// Whether anybody may be shown there at all.
    pub(super) fn have_been_in(&self, cell: Cell) -> bool {
        let cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cells.contains(&cell.to_u64())
    }
}
