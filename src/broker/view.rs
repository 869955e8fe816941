//! What one session may see of one friend: the decision that everything else serves.

use std::sync::Arc;

use nearcast_grid::{Position, Vantage};

use crate::wire::{Friend, Person, Why};

use super::Broker;
use super::residents::Profile;
use super::session::Session;
use super::slot::Slot;
use super::user::IdBuffer;
use super::world::{Being, Resident};

/// How far beyond her radius a viewer still sees who was inside it, in metres.
pub fn margin_m(radius_m: f32) -> f64 {
    (f64::from(radius_m) / 10.0).min(100.0)
}

/// Where a session looks from and how far.
#[derive(Clone, Copy)]
pub(super) struct Viewpoint {
    /// None: its user has never said where she is.
    vantage: Option<Vantage>,
    enter_sq: f64,
    leave_sq: f64,
}

/// Where somebody is seen.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Sight {
    pub(super) position: Position,
    pub(super) distance_m: f64,
}

/// What a look at a friend came to.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Verdict {
    /// Not to be shown, and was not.
    Hidden,
    Enters(Sight),
    /// Still in view.
    Stays(Sight),
    Exits(Why),
}

impl Viewpoint {
    pub(super) fn new(from: Option<Position>, radius_m: f32) -> Self {
        let enter = f64::from(radius_m);
        let leave = enter + margin_m(radius_m);
        Self {
            vantage: from.map(Vantage::new),
            enter_sq: enter * enter,
            leave_sq: leave * leave,
        }
    }

    pub(super) fn of(broker: &Broker, slot: Slot, session: &Session) -> Self {
        Self::new(broker.eye(slot), session.radius_m)
    }

    /// Compares what the session was shown of somebody with what is so now.
    #[inline]
    pub(super) fn judge(&self, friend: &Resident, shown: bool) -> Verdict {
        // The flags first: a position that is read after them is at least as coarse as they say.
        let being = friend.flags.get();
        let position = friend.position();
        let (Some(vantage), true) = (&self.vantage, being.visible()) else {
            return if shown {
                Verdict::Exits(unseen(being))
            } else {
                Verdict::Hidden
            };
        };
        let distance_sq = vantage.distance_sq(position);
        let sight = || Sight {
            position,
            distance_m: distance_sq.sqrt(),
        };
        match shown {
            true if distance_sq > self.leave_sq => Verdict::Exits(Why::Radius),
            true => Verdict::Stays(sight()),
            false if distance_sq <= self.enter_sq => Verdict::Enters(sight()),
            false => Verdict::Hidden,
        }
    }
}

/// What is told of somebody who may no longer be shown.
fn unseen(being: Being) -> Why {
    if being.is(Being::SHARES) && !being.is(Being::ACTIVE) {
        Why::Inactive
    } else {
        Why::Left
    }
}

impl Broker {
    /// Where a user sees others from: her true position, the last one if it has expired.
    #[inline]
    pub(super) fn eye(&self, slot: Slot) -> Option<Position> {
        let resident = self.world.resident(slot);
        let being = resident.flags.get();
        being
            .is(Being::LOCATED)
            .then(|| self.eye_of(slot, resident, being))
    }

    /// The same of somebody who has said where she is.
    #[inline]
    pub(super) fn eye_of(&self, slot: Slot, resident: &Resident, being: Being) -> Position {
        if being.is(Being::VEILED) {
            self.streets.exact(slot)
        } else {
            resident.position()
        }
    }

    /// Calls with a friend as a frame tells of her.
    #[inline]
    pub(super) fn tell(
        &self,
        slot: Slot,
        sight: Sight,
        profile: Option<&Arc<Profile>>,
        say: impl FnOnce(&Person<'_>),
    ) {
        let resident = self.world.resident(slot);
        let mut buffer: IdBuffer = [0; 64];
        let veiled = resident.flags.get().is(Being::VEILED);
        let about = resident.about();
        let loud = !veiled && !about.is_silent();
        say(&Person::Friend(Friend {
            user: self.roster.id(slot, &resident.id, &mut buffer),
            name: profile.and_then(|profile| profile.name.as_deref()),
            avatar_url: profile.and_then(|profile| profile.avatar_url.as_deref()),
            position: sight.position,
            distance_m: sight.distance_m,
            seen_at: if veiled {
                self.streets.seen(slot)
            } else {
                resident.times().seen()
            },
            approximate: veiled,
            accuracy_m: if loud { about.accuracy_m() } else { None },
            heading_deg: if loud { about.heading_deg() } else { None },
            speed_mps: if loud { about.speed_mps() } else { None },
        }));
    }

    /// Whether a session hides a friend, perhaps since before she left the world and came back.
    #[inline]
    pub(super) fn hides(&self, session: &Session, friend: Slot) -> bool {
        let aside = session.aside.as_ref();
        aside.is_some_and(|aside| {
            let mut hidden = aside.unfollowed.iter();
            hidden.any(|&hidden| self.is_the_same(hidden, friend))
        })
    }

    /// Whether two slots are, or were, one user's.
    pub(super) fn is_the_same(&self, before: Slot, now: Slot) -> bool {
        if before == now {
            return true;
        }
        let (one, other) = (self.world.resident(before), self.world.resident(now));
        let mut buffers: [IdBuffer; 2] = [[0; 64]; 2];
        let [one_id, other_id] = &mut buffers;
        !one.flags.get().is(Being::RESIDENT)
            && self.roster.id(before, &one.id, one_id) == self.roster.id(now, &other.id, other_id)
    }

    pub(super) fn profile(&self, slot: Slot) -> Option<Arc<Profile>> {
        self.profiles.get(&slot).map(|profile| Arc::clone(&profile))
    }
}
