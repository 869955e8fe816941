//! Who has just become a stranger to somebody who knows her name: unfriended, or blocked no more.
//! Until aliases have changed neither is shown to the other: an alias that came in that moment, or
//! came back, would carry the name for as long as it holds.

use std::collections::BTreeMap;

use dashmap::DashMap;

use super::super::worker::Worker;
use super::Streets;

pub(super) struct Partings {
    /// By the number of who looks: from whom she is kept, by number, and the last period of
    /// aliases in which she is.
    kept: DashMap<u64, BTreeMap<u64, u64>>,
    /// From so many somebody is kept at most: who has that many is shown nobody.
    most: usize,
}

/// Whom of those whom one might be shown she is not.
pub(super) struct Hidden {
    /// Sorted.
    subjects: Vec<u64>,
    everybody: bool,
}

impl Partings {
    pub(super) fn new(most: usize) -> Self {
        Self {
            kept: DashMap::new(),
            most,
        }
    }

    fn keep(&self, viewer: u64, from: u64, through: u64) {
        let mut kept = self.kept.entry(viewer).or_default();
        if kept.len() < self.most || kept.contains_key(&from) {
            let until = kept.entry(from).or_default();
            *until = through.max(*until);
        } else {
            // One too many: all of them last as long as she would.
            kept.values_mut()
                .for_each(|until| *until = through.max(*until));
        }
    }

    pub(super) fn hidden(&self, viewer: u64, period: u64) -> Hidden {
        let mut subjects = Vec::new();
        if let Some(kept) = self.kept.get(&viewer) {
            let still = kept.iter().filter(|(_, through)| **through >= period);
            subjects.extend(still.map(|(from, _)| *from));
        }
        Hidden {
            everybody: subjects.len() >= self.most,
            subjects,
        }
    }

    /// Lets go of those whose aliases have changed for everybody.
    pub(super) fn clear(&self, period: u64) {
        self.kept.retain(|_, kept| {
            // Others may still look with a time of the period before.
            kept.retain(|_, through| *through + 1 >= period);
            !kept.is_empty()
        });
    }
}

impl Hidden {
    pub(super) fn is(&self, subject: u64) -> bool {
        self.everybody || self.subjects.binary_search(&subject).is_ok()
    }
}

impl Worker {
    /// Neither of two who know each other by name is shown to the other as a stranger until
    /// aliases have changed. To be said before what kept them from it ends: `unfriend`, `unblock`.
    pub fn keep_apart(&mut self, one: &str, other: &str, now: u64) {
        let streets = &self.broker.streets;
        let numbers = [one, other].map(|user| streets.aliases.number(user));
        if !numbers.iter().all(|&number| streets.has_aliases(number)) {
            return;
        }
        // Other workers may be in the next period already.
        let through = (now + streets.rules.epoch_ms) / streets.rules.alias_ms;
        let [one, other] = numbers;
        streets.partings.keep(one, other, through);
        streets.partings.keep(other, one, through);
    }
}

impl Streets {
    pub(in super::super) fn are_just_parted(&self, one: u64, other: u64, now: u64) -> bool {
        let period = now / self.rules.alias_ms;
        self.partings.hidden(one, period).is(other)
    }

    /// Whether somebody may know an alias of hers, or she of somebody.
    fn has_aliases(&self, number: u64) -> bool {
        self.numbers.contains_key(&number) || self.departed.contains_key(&number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_kept_from_as_many_as_may_be_is_shown_nobody_for_as_long() {
        let partings = Partings::new(2);
        partings.keep(1, 10, 5);
        partings.keep(1, 10, 4);
        let is_hidden = |subject, period| partings.hidden(1, period).is(subject);
        assert!(is_hidden(10, 5) && !is_hidden(10, 6) && !is_hidden(11, 5));
        partings.keep(1, 11, 5);
        partings.keep(1, 12, 6);
        assert!(is_hidden(12, 6) && is_hidden(99, 6) && !is_hidden(12, 7));
        assert!(!partings.hidden(2, 5).is(99));
    }

    #[test]
    fn what_is_over_is_let_go() {
        let partings = Partings::new(9);
        partings.keep(1, 10, 5);
        partings.keep(1, 11, 6);
        partings.clear(6);
        assert!(partings.hidden(1, 5).is(10));
        partings.clear(7);
        assert_eq!(partings.kept.get(&1).map(|kept| kept.len()), Some(1));
        partings.clear(8);
        assert!(partings.kept.is_empty());
    }
}
