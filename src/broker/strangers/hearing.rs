//! Whether a viewer can hear of a stranger where she is: for operators, who ask why not.

use serde::Serialize;

use super::super::slot::Slot;
use super::super::sync::Ordering;
use super::Streets;

/// How a stranger's released cell lies to a viewer.
#[derive(Clone, Copy, Default, Debug, PartialEq, Serialize)]
pub struct Hearing {
    /// A cell of hers is released to strangers.
    pub subject_lodged: bool,
    /// It is among the cells that the viewer listens to.
    pub within_reach: bool,
    /// Where a crowd is split, she is in the viewer's room of it.
    pub same_room: bool,
    /// As many are released into it as it takes to show anybody there.
    pub enough_people: bool,
}

impl Streets {
    /// `viewer`: her number.
    pub(in super::super) fn hearing(&self, viewer: u64, subject: Slot) -> Hearing {
        let Some(cell) = self.released(subject).filter(|_| self.is_lodged(subject)) else {
            return Hearing::default();
        };
        let pool = self.veil(subject).pool.load(Ordering::Acquire);
        let reach = cell.parent(self.rules.reach);
        let around = self.listens_around(viewer);
        let mut room = Vec::new();
        self.rooms.in_room(viewer, (reach, pool), &mut room);
        Hearing {
            subject_lodged: true,
            within_reach: around.is_some_and(|around| around.block().contains(&reach)),
            same_room: room.iter().any(|(_, lodger)| lodger.slot == subject),
            enough_people: self.rooms.people((cell, pool)) >= self.rules.min_people,
        }
    }
}
