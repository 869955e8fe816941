//! Who is on her way into the world: being loaded, or there without all of her friends and blocks.

use dashmap::DashMap;

use crate::wire::UserId;

/// The caller holds the user's lock wherever her own way is meant.
#[derive(Default)]
pub(super) struct Entrants(DashMap<UserId, Way>);

#[derive(Clone, Copy)]
struct Way {
    /// In the world perhaps, and her friends and blocks not yet all with her.
    enters: bool,
    /// A ghost whom she blocks has come meanwhile: what was loaded may lack that block.
    outdated: bool,
}

impl Entrants {
    /// Before she is loaded. Who did not get in the last time still enters.
    pub(super) fn loads(&self, user: &UserId) {
        let enters = self.contains(user);
        let way = Way {
            enters,
            outdated: false,
        };
        self.0.insert(user.clone(), way);
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
    pub(super) fn outdate(&self, user: &UserId) {
        if let Some(mut way) = self.0.get_mut(user) {
            way.outdated = true;
        }
    }

    pub(super) fn is_outdated(&self, user: &UserId) -> bool {
        self.0.get(user).is_some_and(|way| way.outdated)
    }
}
