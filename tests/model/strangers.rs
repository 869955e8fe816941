//! The truth about strangers: who may be shown to whom, who is to be, and who was parted and is to
//! wait for new aliases. The brute force for them, as plain as that for friends.

use nearcast_grid::Cell;

use crate::truth::{Human, Truth, pair};

impl Truth {
    /// Whether aliases have not changed since the two were friends or blocked, and whether that is
    /// sure.
    pub(crate) fn just_parted(&self, one: usize, other: usize) -> Option<bool> {
        let period = self.now / self.config.strangers.alias_ms;
        let (through, sure) = self.parted.get(&pair(one, other))?;
        (*through >= period).then_some(*sure)
    }

    /// Whether `subject` may be shown to `viewer` as a stranger at all.
    pub(crate) fn may_be_shown(&self, viewer: usize, subject: usize) -> bool {
        let (from, to) = (&self.people[viewer], &self.people[subject]);
        let both_agree = from.open && to.open && to.shares && from.pool == to.pool;
        let apart = viewer == subject
            || self.blocked(viewer, subject)
            || self.are_friends(viewer, subject)
            || self.just_parted(viewer, subject) == Some(true);
        both_agree && !apart && from.here && to.here && to.released.is_some()
    }

    /// Who is to be shown to a viewer who is believed to be in `cell`, with the rings between.
    pub(crate) fn strangers_around(&self, viewer: usize, cell: Cell) -> Vec<(u32, usize)> {
        let rules = &self.config.strangers;
        let block = cell.parent(rules.reach).block();
        let lodged = |human: &&Human, cell: Cell, pool: &str| {
            human.lodged && human.pool == pool && human.released == Some(cell)
        };
        (0..self.people.len())
            .filter(|&one| self.may_be_shown(viewer, one) && self.people[one].lodged)
            .filter_map(|one| {
                let human = &self.people[one];
                let there = human.released?;
                let company = self
                    .people
                    .iter()
                    .filter(|other| lodged(other, there, human.pool));
                let enough = company.count() >= rules.min_people as usize;
                (enough && block.contains(&there.parent(rules.reach)))
                    .then(|| (cell.rings_to(there), one))
            })
            .collect()
    }

    /// Whether reach cells may ever have been split into rooms.
    pub(crate) fn rooms_may_split(&self) -> bool {
        let target = (self.config.strangers.view_max / 2).max(1);
        2 * self.people.len() > 3 * target
    }

    /// They were friends, or one had blocked the other, until now.
    pub(crate) fn part(&mut self, one: usize, other: usize) {
        let rules = &self.config.strangers;
        let through = (self.now + rules.epoch_ms) / rules.alias_ms;
        let both = [&self.people[one], &self.people[other]];
        let sure = both.iter().all(|human| human.was_open);
        let known = |human: &&Human| human.was_open || human.was_open_before;
        let before = self.parted.get(&pair(one, other));
        let still_sure = before.is_some_and(|before| before.1 && before.0 >= through);
        if both.iter().all(known) && !still_sure {
            self.parted.insert(pair(one, other), (through, sure));
        }
    }
}
