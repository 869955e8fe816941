//! Who of the strangers around comes first: ranked by what their rooms say, so that lines are read
//! of the best alone.

use nearcast_grid::Cell;

use super::super::memory;
use super::super::slot::Slot;
use super::super::sync::Ordering;
use super::super::worker::Worker;
use super::super::world::Being;
use super::choose::{Looker, Shown};
use super::rooms::Lodger;

/// With her ring around the viewer's cell, and what decides within it.
type Ranked<T> = (u32, u64, T);

impl Worker {
    /// Everybody who is to be shown to a viewer, by slot.
    pub(super) fn chosen(&self, slot: Slot, viewer: &Looker) -> Vec<Shown> {
        let broker = &*self.broker;
        let (streets, rules) = (&broker.streets, &broker.streets.rules);
        if !broker.world.resident(slot).flags.get().is(Being::OPEN) {
            return Vec::new();
        }
        let pool = streets.veil(slot).pool.load(Ordering::Acquire);
        let mut found = Vec::new();
        let block = viewer.cell.parent(rules.reach).block();
        for cell in block.iter() {
            streets
                .rooms
                .in_room(viewer.number, (*cell, pool), &mut found);
        }
        let mut first: Vec<Ranked<Lodger>> = found
            .into_iter()
            .filter(|(_, lodger)| lodger.slot != slot)
            .map(|(number, lodger)| {
                let order =
                    (number ^ viewer.number.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                (viewer.cell.rings_to(lodger.cell), order, lodger)
            })
            .collect();
        let behind = cut(&mut first, rules.view_max);
        let mut chosen = self.may_be_shown(slot, viewer, &first);
        if chosen.len() < rules.view_max && !behind.is_empty() {
            // Some of the first may not be shown: the best of the others follow.
            let mut others = self.may_be_shown(slot, viewer, &behind);
            cut(&mut others, rules.view_max - chosen.len());
            chosen.append(&mut others);
        }
        let mut chosen: Vec<Shown> = chosen.into_iter().map(|(.., shown)| shown).collect();
        // Who was released from one room into another while this looked was found in both.
        chosen.sort_unstable_by_key(|shown| shown.slot);
        chosen.dedup_by_key(|shown| shown.slot);
        chosen
    }

    /// Those of the ranked who may be shown to a viewer.
    fn may_be_shown(
        &self,
        slot: Slot,
        viewer: &Looker,
        ranked: &[Ranked<Lodger>],
    ) -> Vec<Ranked<Shown>> {
        let broker = &*self.broker;
        let (streets, rules) = (&broker.streets, &broker.streets.rules);
        // They lie anywhere: all lines are asked for before the first is read.
        for (.., one) in ranked {
            broker.world.expect(one.slot);
            memory::prefetch(streets.veil(one.slot));
        }
        let pool = streets.veil(slot).pool.load(Ordering::Acquire);
        let is_around = |cell: Cell| {
            let around = viewer.cell.parent(rules.reach).block();
            around.contains(&cell.parent(rules.reach))
        };
        let released_at = streets.released_at.load(Ordering::Acquire);
        let mut shown: Vec<Ranked<Shown>> = ranked
            .iter()
            .filter_map(|&(ring, order, one)| {
                let cell = broker.cell_for(slot, one.slot).ok()?;
                // Released elsewhere while this looked, she has another rank when the epoch is over.
                if cell != one.cell && !is_around(cell) {
                    return None;
                }
                if rules.min_people > 1 && streets.rooms.people((cell, pool)) < rules.min_people {
                    return None;
                }
                let seen = streets.veil(one.slot).seen.load(Ordering::Acquire);
                let shown = Shown {
                    slot: one.slot,
                    cell,
                    now: seen + 2 * 60_000 > released_at,
                };
                Some((ring, order, shown))
            })
            .collect();
        // Read after the friendships and blocks whose end it outlasts.
        let hidden = streets.partings.hidden(viewer.number, viewer.period);
        shown.retain(|(.., shown)| !hidden.is(streets.number(shown.slot)));
        shown
    }
}

/// Keeps the best, and answers the others.
fn cut<T>(ranked: &mut Vec<Ranked<T>>, most: usize) -> Vec<Ranked<T>> {
    if ranked.len() <= most {
        return Vec::new();
    }
    ranked.select_nth_unstable_by_key(most, |one| (one.0, one.1));
    ranked.split_off(most)
}
