//! What the newest accepted token says about strangers, for as long as its user is in the world.
//!
//! No store keeps it: who has left the world comes back with a token, or with what a snapshot
//! remembers of the last one.

use dashmap::DashMap;

use crate::auth::Claims;
use crate::broker::Broker;
use crate::wire::UserId;

/// The claims about strangers. Nothing claimed is the default and takes no room.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Permit {
    pub(super) strangers: bool,
    pub(super) pool: String,
}

impl From<&Claims> for Permit {
    fn from(claims: &Claims) -> Self {
        Self {
            strangers: claims.strangers,
            pool: claims.pool.clone(),
        }
    }
}

#[derive(Default)]
pub(super) struct Permits(DashMap<UserId, Permit>);

/// Permits kept before it is looked who of them has left the world.
const FEW: usize = 1024;

impl Permits {
    pub(super) fn of(&self, user: &str) -> Permit {
        let permit = self.0.get(user);
        permit.map(|permit| permit.clone()).unwrap_or_default()
    }

    pub(super) fn set(&self, user: &UserId, permit: Permit, broker: &Broker) {
        if permit == Permit::default() {
            if self.0.remove(user.as_str()).is_some() {
                broker.note_changed(user.as_str());
            }
            return;
        }
        self.0.insert(user.clone(), permit);
        broker.note_changed(user.as_str());
    }

    /// Lets go of who has left the world, when that is about half of them: seldom, and long.
    pub(super) fn make_room(&self, broker: &Broker) {
        if self.0.len() >= FEW + 2 * broker.residents() {
            self.0.retain(|user, _| broker.is_resident(user.as_str()));
        }
    }

    /// Of who comes back out of a snapshot.
    pub(super) fn remember(&self, user: &UserId, permit: Permit) {
        if permit != Permit::default() {
            self.0.insert(user.clone(), permit);
        }
    }

    pub(super) fn forget(&self, user: &str) {
        self.0.remove(user);
    }
}
