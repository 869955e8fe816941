//! Who of those who consented to strangers may be shown where: as much as one can know who does
//! not know whose an alias is.
//!
//! Within a period an alias is one person. So a viewer who shows more of them in a cell than
//! people who consented have lately been there, and are no friends of hers, shows somebody who has
//! not. Whom she shows as one of enough people, nobody but the server knows.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use nearcast_grid::Cell;

/// Everybody who consented and has said where she is, by cell, with when she said so no more.
#[derive(Debug)]
pub(super) struct Consenting {
    cells: Mutex<Cells>,
    /// Who has left a cell may be shown there for so long.
    released_within_us: u64,
}

#[derive(Debug, Default)]
struct Cells {
    been: HashMap<u64, HashMap<u32, Option<u64>>>,
    now: HashMap<u32, Whereabouts>,
}

#[derive(Clone, Copy, Debug)]
struct Whereabouts {
    cell: u64,
    before: u64,
}

impl Consenting {
    pub(super) fn new(released_within_us: u64) -> Self {
        Self {
            cells: Mutex::default(),
            released_within_us,
        }
    }

    pub(super) fn is_in(&self, person: u32, cell: Cell, now_us: u64) {
        let mut cells = self.cells();
        let cell = cell.to_u64();
        let now = cells
            .now
            .entry(person)
            .or_insert(Whereabouts { cell, before: cell });
        let Whereabouts { cell: last, before } = *now;
        if last != cell {
            *now = Whereabouts { cell, before: last };
        }
        for left in [last, before] {
            if left != cell {
                cells.leaves(person, left, Some(now_us));
            }
        }
        cells.been.entry(cell).or_default().insert(person, None);
    }

    /// What she said within `in_flight_us` may not have arrived: she may still be where she was.
    pub(super) fn breaks_off(&self, person: u32, now_us: u64, in_flight_us: u64) {
        let mut cells = self.cells();
        let Some(Whereabouts { before, .. }) = cells.now.get(&person).copied() else {
            return;
        };
        let left = cells
            .been
            .get(&before)
            .and_then(|people| people.get(&person));
        if left.is_some_and(|left| left.is_some_and(|left| left + in_flight_us >= now_us)) {
            cells.leaves(person, before, None);
        }
    }

    /// How many may be shown in a cell at `now_us`, or were within `late_us` before; counts no
    /// further than `enough`.
    pub(super) fn count(
        &self,
        cell: Cell,
        (now_us, late_us): (u64, u64),
        enough: usize,
        may_be: impl Fn(u32) -> bool,
    ) -> usize {
        let cells = self.cells();
        let since_us = now_us.saturating_sub(late_us + self.released_within_us);
        let been = cells.been.get(&cell.to_u64()).into_iter().flatten();
        been.filter(|(person, left)| left.is_none_or(|left| left >= since_us) && may_be(**person))
            .take(enough)
            .count()
    }

    fn cells(&self) -> MutexGuard<'_, Cells> {
        self.cells.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cells {
    /// `at_us`: none, and she has not.
    fn leaves(&mut self, person: u32, cell: u64, at_us: Option<u64>) {
        let people = self.been.get_mut(&cell);
        let Some(left) = people.and_then(|people| people.get_mut(&person)) else {
            return;
        };
        // Who has left has not left again.
        if left.is_none() || at_us.is_none() {
            *left = at_us;
        }
    }
}

#[cfg(test)]
mod tests {
    use nearcast_grid::{Grid, Position};

    use super::*;

    const SECOND: u64 = 1_000_000;

    fn cell(lon: f64) -> Cell {
        let grid = Grid::geohash(6).unwrap();
        grid.cell_at(Position::new(0.0, lon).unwrap())
    }

    #[test]
    fn who_has_left_counts_until_that_is_released() {
        let people = Consenting::new(45 * SECOND);
        let count = |lon, now_s: u64| people.count(cell(lon), (now_s * SECOND, 0), 9, |_| true);
        for person in 0..3 {
            people.is_in(person, cell(1.0), SECOND);
        }
        people.is_in(2, cell(2.0), 10 * SECOND);
        assert_eq!((count(1.0, 20), count(2.0, 20)), (3, 1));
        assert_eq!((count(1.0, 56), count(2.0, 56)), (2, 1));
        assert_eq!(count(3.0, 20), 0);
        let but_the_first = people.count(cell(1.0), (0, 0), 9, |person| person != 0);
        assert_eq!(but_the_first, 2);
        assert_eq!(people.count(cell(1.0), (0, 0), 1, |_| true), 1);
    }

    #[test]
    fn who_may_not_have_been_heard_may_still_be_where_she_was() {
        let people = Consenting::new(45 * SECOND);
        let count = |now_s: u64| people.count(cell(1.0), (now_s * SECOND, 0), 9, |_| true);
        people.is_in(0, cell(1.0), SECOND);
        people.is_in(0, cell(2.0), 10 * SECOND);
        people.breaks_off(0, 11 * SECOND, 2 * SECOND);
        assert_eq!(count(100), 1);
        people.is_in(0, cell(2.0), 100 * SECOND);
        assert_eq!((count(101), count(146)), (1, 0));
    }
}
