//! Who is on her way into the world: being loaded, or there without all of her friends and blocks.

use std::collections::HashSet;

use dashmap::DashMap;

use crate::wire::UserId;

/// Who changes the way of a user, and who is not to see it change, holds her lock; only
/// [`Self::tell`] comes from elsewhere, at any time.
#[derive(Default)]
pub(super) struct Entrants(DashMap<UserId, Way>);

#[derive(Default)]
struct Way {
    /// In the world perhaps, and her friends and blocks not yet all with her.
    enters: bool,
    /// Whom she blocks and who has come meanwhile: her own load knows no block of a ghost.
    came: HashSet<UserId>,
}

impl Entrants {
    /// Before she is loaded. Who did not get in the last time still enters.
    pub(super) fn loads(&self, user: &UserId) {
        let enters = self.contains(user);
        let came = HashSet::new();
        self.0.insert(user.clone(), Way { enters, came });
    }

    pub(super) fn enters(&self, user: &UserId) {
        if let Some(mut way) = self.0.get_mut(user) {
            way.enters = true;
        }
    }

    /// Nothing could be loaded.
    pub(super) fn stays(&self, user: &UserId) {
        self.0.remove_if(user, |_, way| !way.enters);
    }

    /// She is there whole, or nothing of her.
    pub(super) fn ended(&self, user: &UserId) {
        self.0.remove(user);
    }

    pub(super) fn contains(&self, user: &UserId) -> bool {
        self.0.get(user).is_some_and(|way| way.enters)
    }

    /// Whoever comes says so to each who blocks her, before she looks for her in the world.
    pub(super) fn tell(&self, user: &UserId, who: &UserId) {
        if let Some(mut way) = self.0.get_mut(user) {
            way.came.insert(who.clone());
        }
    }

    /// Whether all who came and are blocked were known as that when she was loaded.
    pub(super) fn knew(&self, user: &UserId, blocks: &[UserId]) -> bool {
        let Some(way) = self.0.get(user).filter(|way| !way.came.is_empty()) else {
            return true;
        };
        let known: HashSet<&UserId> = blocks.iter().collect();
        way.came.iter().all(|who| known.contains(who))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> UserId {
        UserId::new(name).unwrap()
    }

    #[test]
    fn only_who_came_and_was_no_block_when_she_was_loaded_is_news() {
        let (entrants, ann, bob) = (Entrants::default(), id("ann"), id("bob"));
        entrants.tell(&ann, &bob);
        entrants.loads(&ann);
        assert!(entrants.knew(&ann, &[]));
        entrants.tell(&ann, &bob);
        assert!(entrants.knew(&ann, &[id("cid"), bob]));
        assert!(!entrants.knew(&ann, &[id("cid")]));
        entrants.loads(&ann);
        assert!(entrants.knew(&ann, &[]));
    }

    #[test]
    fn nothing_stays_of_who_is_there_or_could_not_be_loaded() {
        let (entrants, ann) = (Entrants::default(), id("ann"));
        entrants.loads(&ann);
        assert!(!entrants.contains(&ann));
        entrants.stays(&ann);
        assert!(entrants.0.is_empty());
        entrants.loads(&ann);
        entrants.enters(&ann);
        entrants.loads(&ann);
        assert!(entrants.contains(&ann), "she still enters");
        entrants.stays(&ann);
        assert!(entrants.contains(&ann));
        entrants.ended(&ann);
        assert!(entrants.0.is_empty());
    }
}
