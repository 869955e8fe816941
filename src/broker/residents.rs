//! Coming into the world and leaving it: slots, accounts, profiles.

use std::sync::Arc;

use nearcast_grid::Position;

use crate::wire::Sharing;

use super::Broker;
use super::channel::Edge;
use super::pulse::{Boundary, Pulses};
use super::settings::sharing_of;
use super::slot::Slot;
use super::sync::{Mutex, Ordering, lock};
use super::user::{IdBuffer, Roster};
use super::worker::{Denied, Worker};
use super::world::{About, Being, Times, World};

/// What the account store knows of a user when she comes into the world.
#[derive(Clone, Debug)]
pub struct Account {
    pub sharing: Sharing,
    /// A timed sharing ends here,
    pub sharing_until: Option<u64>,
    /// and becomes this; none: off, or after a timed off what was before.
    pub sharing_then: Option<Sharing>,
    /// Permission and consent to be shown to strangers, both given.
    pub open: bool,
    /// Groups that never meet; the empty one is everybody without a pool.
    pub pool: String,
    pub profile: Profile,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            sharing: Sharing::Exact,
            sharing_until: None,
            sharing_then: None,
            open: false,
            pool: String::new(),
            profile: Profile::default(),
        }
    }
}

/// What a user shows beside her position.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    pub name: Option<Box<str>>,
    pub avatar_url: Option<Box<str>>,
    /// All that strangers read of it.
    pub stranger_name: Option<Box<str>>,
}

/// What became of somebody whom a snapshot kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Comeback {
    Back,
    /// She is in the world already, and what she said since counts.
    Here,
    /// She was last seen too long ago.
    Over,
}

/// Which slots are free.
pub(super) struct Residents(Mutex<Slots>);

#[derive(Default)]
struct Slots {
    /// Slots from here on were never used.
    fresh: u32,
    most: u32,
    free: Vec<u32>,
    /// Left, perhaps still named by an edge or a view.
    leaving: Vec<Slot>,
    /// Named by nothing at the boundary, perhaps still read by who began before it.
    sealed: Option<(Boundary, Vec<Slot>)>,
}

impl Residents {
    pub(super) fn new(users: usize) -> Self {
        Self(Mutex::new(Slots {
            fresh: 1,
            most: users as u32,
            ..Slots::default()
        }))
    }

    fn take(&self) -> Option<Slot> {
        let mut slots = lock(&self.0);
        if let Some(slot) = slots.free.pop() {
            return Slot::from_bits(slot);
        }
        if slots.fresh > slots.most {
            return None;
        }
        slots.fresh += 1;
        Slot::from_bits(slots.fresh - 1)
    }

    fn leave(&self, slot: Slot) {
        lock(&self.0).leaving.push(slot);
    }

    /// Frees the slots that nothing names and nobody reads any more.
    fn settle(&self, world: &World, roster: &Roster, pulses: &Pulses) {
        let mut slots = lock(&self.0);
        if let Some((boundary, _)) = &slots.sealed {
            if !pulses.passed(boundary) {
                return;
            }
            let (_, sealed) = slots.sealed.take().expect("it was there a line above");
            for slot in sealed {
                roster.forget(slot);
                slots.free.push(slot.get());
            }
        }
        let unnamed = |slot: &mut Slot| world.ledger(*slot).pins.load(Ordering::SeqCst) == 0;
        let leaving: Vec<Slot> = slots.leaving.extract_if(.., unnamed).collect();
        if !leaving.is_empty() {
            slots.sealed = Some((pulses.boundary(), leaving));
        }
    }
}

impl Worker {
    /// Brings a user into the world, or brings what is known of her up to date.
    pub fn admit(&mut self, user: &str, account: &Account, now: u64) -> Result<(), Denied> {
        self.reading(|worker| {
            let slot = worker.resident_for(user, account, now, now)?;
            worker
                .broker
                .world
                .resident(slot)
                .flags
                .clear(Being::SKETCHED);
            if worker.broker.set_profile_of(slot, &account.profile) {
                worker.reintroduce(slot);
            }
            Ok(())
        })
    }

    /// Brings somebody back whom a snapshot kept, as of when she was last seen; her friends and
    /// blocks come with her or with them. Nobody is told. Not if that was too long ago, or she has
    /// come meanwhile.
    pub fn restore(
        &mut self,
        user: &str,
        account: &Account,
        position: Position,
        seen_at: u64,
        now: u64,
    ) -> Result<Comeback, Denied> {
        self.reading(|worker| {
            let broker = Arc::clone(&worker.broker);
            if broker.slot(user).is_ok() {
                return Ok(Comeback::Here);
            }
            if seen_at.saturating_add(broker.config.ttl_ms) <= now {
                return Ok(Comeback::Over);
            }
            let slot = worker.resident_for(user, account, seen_at.min(now), now)?;
            broker.set_profile_of(slot, &account.profile);
            let resident = broker.world.resident(slot);
            resident.set_about(About::new(None, None, None));
            if resident.flags.set(Being::SKETCHED).is(Being::VEILED) {
                broker.streets.go_to(slot, position);
            } else {
                broker.world.go_to(slot, position);
            }
            resident.flags.wake(Being::LOCATED);
            broker.index.note(&broker.world, slot);
            broker.changed.forget(slot);
            // A timed sharing may have ended in this very moment.
            if sharing_of(resident.flags.get()) != account.sharing {
                broker.changed.note(slot);
            }
            Ok(Comeback::Back)
        })
    }

    /// Brings what is known of a resident up to date, all of it. Nobody comes into the world by it.
    pub fn renew(&mut self, user: &str, account: &Account, now: u64) -> Result<(), Denied> {
        self.reading(|worker| {
            let slot = worker.broker.slot(user)?;
            worker.renew_slot(slot, account, now);
            if worker.broker.set_profile_of(slot, &account.profile) {
                worker.reintroduce(slot);
            }
            Ok(())
        })
    }

    fn renew_slot(&mut self, slot: Slot, account: &Account, now: u64) {
        let (until, then) = (account.sharing_until, account.sharing_then);
        self.share(slot, account.sharing, until, then, now);
        self.set_open(slot, account.open, &account.pool);
    }

    /// `seen_at`: when she who was not here was last heard of.
    fn resident_for(
        &mut self,
        user: &str,
        account: &Account,
        seen_at: u64,
        now: u64,
    ) -> Result<Slot, Denied> {
        if user.len() > size_of::<IdBuffer>() {
            return Err(Denied::Unknown);
        }
        let broker = &self.broker;
        let entered = broker.roster.enter(
            user,
            || broker.residents.take(),
            |slot, id| {
                let resident = broker.world.resident(slot);
                resident.set_times(Times::new(seen_at, seen_at));
                let was = resident
                    .flags
                    .change(!Being::TIMED, Being::RESIDENT | Being::TIMED);
                if !was.is(Being::TIMED) {
                    broker
                        .schedule
                        .watch(slot, seen_at + broker.config.ttl_ms, now);
                }
                id(&resident.id);
            },
        );
        let slot = entered.ok_or(Denied::Full)?;
        self.renew_slot(slot, account, now);
        Ok(slot)
    }

    /// A new name or picture; who has her in view is told with a complete entry.
    pub fn set_profile(&mut self, user: &str, profile: &Profile) -> Result<(), Denied> {
        self.reading(|worker| {
            let slot = worker.broker.slot(user)?;
            if worker.broker.set_profile_of(slot, profile) {
                worker.reintroduce(slot);
            }
            Ok(())
        })
    }

    /// Takes every trace of a user out of the world, but for whom her last aliases mean while they
    /// hold. Her sessions are answered, to be closed by
    /// their workers; nothing about her is encoded any more once the boundary has passed.
    pub fn erase(&mut self, user: &str) -> Result<(Vec<super::SessionId>, Boundary), Denied> {
        self.reading(|worker| {
            let slot = worker.broker.slot(user);
            if let Ok(slot) = slot {
                worker.dismiss(slot, user, 0);
            }
            worker.broker.streets.erase(user);
            let slot = slot?;
            // From here on she opens no more.
            let sessions = worker.broker.sessions_of(slot);
            Ok((sessions, worker.broker.pulses.boundary()))
        })
    }

    /// What is left of somebody erased who had been on her way out of the world at that moment.
    /// To be called when the boundary has passed; who has come anew keeps what she has.
    pub fn forget(&mut self, user: &str) {
        self.reading(|worker| {
            if worker.broker.slot(user).is_err() {
                worker.broker.streets.erase(user);
            }
        });
    }

    /// Lets go of a resident who is neither active nor has a session.
    pub(super) fn dismiss_idle(&mut self, slot: Slot) {
        let mut buffer: IdBuffer = [0; 64];
        let resident = self.broker.world.resident(slot);
        let user = self
            .broker
            .roster
            .id(slot, &resident.id, &mut buffer)
            .to_owned();
        self.dismiss(slot, &user, Edge::GONE);
    }

    /// `how`: what her friends' edges end with besides `ENDED`.
    fn dismiss(&mut self, slot: Slot, user: &str, how: u32) {
        let broker = Arc::clone(&self.broker);
        let resident = broker.world.resident(slot);
        {
            let _gate = broker.channels.gate(slot);
            let being = resident.flags.get();
            let idle = !being.any(Being::ACTIVE | Being::HOME | Being::MULTI);
            if !being.is(Being::RESIDENT) || how == Edge::GONE && !idle {
                return;
            }
            // From here on nobody befriends her or opens a session for her.
            let shares = if how == Edge::GONE { 0 } else { Being::SHARES };
            resident
                .flags
                .clear(Being::RESIDENT | Being::ACTIVE | Being::OPEN | shares);
            broker.roster.leave(user);
        }
        self.withdraw(slot);
        let friends: Vec<Slot> = broker
            .channels
            .edges(&resident.channel)
            .filter_map(|word| Edge::read(word).slot())
            .collect();
        for friend in friends {
            self.part_friends(slot, friend, Edge::ENDED | how);
        }
        if !resident.flags.get().any(Being::HOME | Being::MULTI) {
            let gate = broker.channels.gate(slot);
            broker
                .channels
                .close(&gate, &resident.channel, &broker.pulses);
        }
        broker.profiles.remove(&slot);
        broker.lent.remove(&slot);
        broker.streets.forget(&broker.world, slot, user);
        broker.index.note(&broker.world, slot);
        broker.changed.note(slot);
        broker.residents.leave(slot);
    }

    /// Frees the slots of those who left, as far as nothing names them.
    pub(super) fn settle_slots(&self) {
        let broker = &self.broker;
        broker
            .residents
            .settle(&broker.world, &broker.roster, &broker.pulses);
    }
}

impl Broker {
    pub(super) fn slot(&self, user: &str) -> Result<Slot, Denied> {
        self.roster.slot(user).ok_or(Denied::Unknown)
    }

    fn set_profile_of(&self, slot: Slot, profile: &Profile) -> bool {
        let known = self
            .profiles
            .get(&slot)
            .is_some_and(|known| **known == *profile);
        if known {
            return false;
        }
        if *profile == Profile::default() {
            return self.profiles.remove(&slot).is_some();
        }
        self.profiles.insert(slot, Arc::new(profile.clone()));
        if !self.world.resident(slot).flags.get().is(Being::RESIDENT) {
            // Dismissed in this very moment: the slot will be somebody else's.
            self.profiles.remove(&slot);
        }
        true
    }
}
