//! Who blocked whom, among those in the world. Both ends keep a list, so that somebody who leaves
//! takes her blocks with her without a look at everybody's.

use super::super::slot::{BySlot, Slot};

#[derive(Default)]
pub(super) struct Blocks {
    /// By who blocked; sorted.
    made: BySlot<Vec<Slot>>,
    /// The same blocks, by whom.
    met: BySlot<Vec<Slot>>,
}

impl Blocks {
    /// Answers false when `who` has blocked as many as one may.
    pub(super) fn block(&self, who: Slot, whom: Slot, most: usize) -> bool {
        let mut made = self.made.entry(who).or_default();
        let Err(place) = made.binary_search(&whom) else {
            return true;
        };
        if made.len() >= most {
            return false;
        }
        made.insert(place, whom);
        drop(made);
        self.met.entry(whom).or_default().push(who);
        true
    }

    pub(super) fn unblock(&self, who: Slot, whom: Slot) {
        strike(&self.made, who, whom);
        strike(&self.met, whom, who);
    }

    /// Whether either blocked the other.
    pub(super) fn between(&self, one: Slot, other: Slot) -> bool {
        let made = |who, whom| {
            let made = self.made.get(&who);
            made.is_some_and(|made| made.binary_search(&whom).is_ok())
        };
        made(one, other) || made(other, one)
    }

    /// Everything that names somebody who leaves the world.
    pub(super) fn forget(&self, slot: Slot) {
        for whom in self.made.remove(&slot).into_iter().flat_map(|made| made.1) {
            strike(&self.met, whom, slot);
        }
        for who in self.met.remove(&slot).into_iter().flat_map(|met| met.1) {
            strike(&self.made, who, slot);
        }
    }
}

fn strike(lists: &BySlot<Vec<Slot>>, of: Slot, one: Slot) {
    if let dashmap::Entry::Occupied(mut list) = lists.entry(of) {
        list.get_mut().retain(|&listed| listed != one);
        if list.get().is_empty() {
            list.remove();
        }
    }
}
