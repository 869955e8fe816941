//! Who was erased lately, so that what was asked before makes nobody anew.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Erasures that are remembered one by one, as keyed hashes.
const KEPT: usize = 1024;

#[derive(Default)]
pub(super) struct Erasures {
    key: RandomState,
    count: AtomicU64,
    last: Mutex<VecDeque<u64>>,
}

/// How many erasures there had been when something was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(u64);

/// Whether a user may be made by what is asked of her.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// She had come already: where she is not any more, she was erased.
    Known,
    /// Her token when it was judged, or a server key: unless she was erased since.
    Maker(Moment),
}

/// What became of a user since a moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    Spared,
    Erased,
    /// More were erased since than are remembered.
    Unknown,
}

impl Erasures {
    pub(super) fn moment(&self) -> Moment {
        Moment(self.count.load(Ordering::SeqCst))
    }

    /// When the store has lost her, and before the world does. The caller holds her lock.
    pub(super) fn note(&self, user: &str) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() == KEPT {
            last.pop_front();
        }
        last.push_back(self.key.hash_one(user));
        self.count.fetch_add(1, Ordering::SeqCst);
    }

    /// Of who is not held it may change at once; with the desk held she is still in the world then.
    pub(super) fn fate(&self, user: &str, since: Moment) -> Fate {
        if self.moment() == since {
            return Fate::Spared;
        }
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let newer = self.count.load(Ordering::SeqCst) - since.0;
        let hash = self.key.hash_one(user);
        if last
            .iter()
            .rev()
            .take(newer as usize)
            .any(|&erased| erased == hash)
        {
            Fate::Erased
        } else if newer as usize > last.len() {
            Fate::Unknown
        } else {
            Fate::Spared
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_was_erased_since_is_taken_for_erased() {
        let erasures = Erasures::default();
        erasures.note("ann");
        let asked = erasures.moment();
        assert_eq!(erasures.fate("ann", asked), Fate::Spared);
        for other in 0..KEPT - 1 {
            erasures.note(&format!("other {other}"));
        }
        assert_eq!(erasures.fate("ann", asked), Fate::Spared);
        erasures.note("bob");
        assert_eq!(erasures.fate("bob", asked), Fate::Erased);
        assert_eq!(erasures.fate("ann", asked), Fate::Spared);
        erasures.note("cid");
        assert_eq!(erasures.fate("bob", asked), Fate::Erased);
        assert_eq!(erasures.fate("ann", asked), Fate::Unknown);
    }
}
