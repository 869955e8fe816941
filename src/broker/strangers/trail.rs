//! Trails: where a viewer has been, from cell to cell. Who says she is somewhere she cannot have
//! got to, or in too many places within an hour, keeps looking from where she was believed to be.

use nearcast_grid::{Cell, distance_m};

use super::super::Broker;
use super::super::slot::Slot;
use super::super::worker::Worker;
use super::super::world::Being;
use super::Streets;

const HOUR_MS: u64 = 3_600_000;
/// From where speed is judged is moved up this often.
const ANCHOR_MS: u64 = 60_000;

#[derive(Default)]
pub(super) struct Trail {
    believed: Option<Cell>,
    /// From where speed is judged, and since when.
    anchor: Option<(Cell, u64)>,
    /// Reach cells entered within the hour, and when last; none: before she was erased.
    entered: Vec<(Option<Cell>, u64)>,
    /// The block that the user's sessions listen to, its pool, and the slot that hears it. Changed
    /// together with the rooms, while the trail is held.
    listening: Option<(Slot, Cell, u64)>,
    /// Sessions with a view of strangers.
    sessions: u32,
    used: u64,
}

impl Trail {
    /// Takes a claim to be in `cell`, if it can be true.
    fn claim(&mut self, cell: Cell, reach: Cell, now: u64, speed_mps: f64, most: usize) {
        self.used = now;
        let (anchor, anchored) = *self.anchor.get_or_insert((cell, now));
        let elapsed_s = now.saturating_sub(anchored) as f64 / 1000.0;
        // Centres of cells that touch are at most this far apart, however fast one crosses.
        let step_m = anchor.neighbours().iter().fold(0.0, |far: f64, near| {
            far.max(distance_m(anchor.centre(), near.centre()))
        });
        let apart_m = distance_m(anchor.centre(), cell.centre());
        if apart_m > 2.0 * step_m + speed_mps * elapsed_s {
            return;
        }
        self.entered.retain(|&(_, at)| at + HOUR_MS > now);
        if let Some(known) = self.entered.iter_mut().find(|one| one.0 == Some(reach)) {
            known.1 = now;
        } else if self.entered.len() >= most {
            return;
        } else {
            self.entered.push((Some(reach), now));
        }
        self.believed = Some(cell);
        if now.saturating_sub(anchored) >= ANCHOR_MS {
            self.anchor = Some((cell, now));
        }
    }
}

impl Streets {
    /// Where somebody has been who is erased. In how many places, and how far one gets from the
    /// reach cell she was last in, still limits her name: else each erasure would be a journey.
    pub(super) fn erase_trail(&self, number: u64) {
        if let Some(mut trail) = self.trails.get_mut(&number) {
            trail.believed = None;
            if let Some((cell, _)) = &mut trail.anchor {
                *cell = cell.parent(self.rules.reach);
            }
            for (cell, _) in &mut trail.entered {
                *cell = None;
            }
        }
    }

    /// The reach cell around which a viewer's sessions listen.
    pub(super) fn listens_around(&self, number: u64) -> Option<Cell> {
        let trail = self.trails.get(&number)?;
        trail.listening.map(|(_, around, _)| around)
    }
}

impl Worker {
    /// The privacy cell that a viewer looks from; none while she has not said where she is.
    pub(super) fn believed_cell(&self, slot: Slot, number: u64, now: u64) -> Option<Cell> {
        let streets = &self.broker.streets;
        let rules = &streets.rules;
        let cell = rules.privacy.cell_at(self.broker.eye(slot)?);
        let mut trail = streets.trails.entry(number).or_default();
        if trail.believed != Some(cell) {
            let most = rules.cells_per_hour as usize;
            trail.claim(
                cell,
                cell.parent(rules.reach),
                now,
                rules.speed_max_mps,
                most,
            );
        }
        trail.believed
    }

    /// Moves a viewer's ears to the block around a cell; answers whether they were elsewhere.
    pub(super) fn listen_around(&self, slot: Slot, number: u64, cell: Cell, pool: u64) -> bool {
        let Broker { streets, world, .. } = &*self.broker;
        let wanted = Some((slot, cell.parent(streets.rules.reach), pool));
        let Some(mut trail) = streets.trails.get_mut(&number) else {
            return false;
        };
        // Who was erased and came again listens with her new slot, whatever sessions the old has.
        let gone = !world.resident(slot).flags.get().is(Being::RESIDENT);
        if gone || trail.sessions == 0 || trail.listening == wanted {
            return false;
        }
        streets.move_ears(&mut trail, number, wanted);
        true
    }

    /// A session begins to look at strangers.
    pub(in super::super) fn listen(&mut self, place: u32, slot: Slot) {
        let number = self.number_of(slot);
        {
            let mut trail = self.broker.streets.trails.entry(number).or_default();
            trail.sessions += 1;
            self.broker.world.resident(slot).flags.set(Being::CURIOUS);
        }
        self.curious.insert(place);
        self.sessions.at_mut(place).aside();
        self.sessions
            .at_mut(place)
            .has
            .set(super::super::session::Has::CHOOSE, true);
        self.queue(place);
    }

    /// A session looks at strangers no more; its client's list is cleared without a word.
    pub(in super::super) fn unlisten(&mut self, place: u32, slot: Slot) {
        self.curious.remove(&place);
        if let Some(aside) = &mut self.sessions.at_mut(place).aside {
            for shown in std::mem::take(&mut aside.crowd).shown {
                self.broker.unpin(shown.slot);
            }
        }
        let number = self.number_of(slot);
        let Some(mut trail) = self.broker.streets.trails.get_mut(&number) else {
            return;
        };
        trail.sessions = trail.sessions.saturating_sub(1);
        if trail.sessions > 0 {
            return;
        }
        self.broker.world.resident(slot).flags.clear(Being::CURIOUS);
        self.broker.streets.move_ears(&mut trail, number, None);
    }

    /// Drops the trails that no limit needs any more.
    pub(super) fn clear_old_trails(&self, now: u64) {
        let trails = &self.broker.streets.trails;
        trails.retain(|_, trail| trail.sessions > 0 || trail.used + HOUR_MS > now);
    }
}

impl Streets {
    fn move_ears(&self, trail: &mut Trail, number: u64, to: Option<(Slot, Cell, u64)>) {
        if let Some((slot, reach, pool)) = std::mem::replace(&mut trail.listening, to) {
            for cell in reach.block().iter() {
                self.rooms.unlisten(slot, number, (*cell, pool));
            }
        }
        if let Some((slot, reach, pool)) = to {
            for cell in reach.block().iter() {
                self.rooms.listen(slot, number, (*cell, pool));
            }
        }
    }
}
