//! Strangers: people who agreed to be shown to others near them, by cell and by alias only.
//!
//! What leaves here about somebody is a function of her released cell, of a coarse time and of
//! consent. Her true position is read in one place, the release, once per epoch; everything else
//! works on what was released.

mod alias;
mod blocks;
mod choose;
mod hearing;
mod lists;
mod partings;
mod ranks;
mod release;
mod rooms;
mod trail;

use dashmap::DashMap;
use nearcast_grid::{Cell, CellText, Position};

use super::config::{Config, Strangers};
use super::pulse::{Boundary, Pulses};
use super::slot::Slot;
use super::sync::{AtomicU64, Mutex, Ordering, lock, zeroed};
use super::worker::Worker;
use super::world::{Being, World};

pub(super) use alias::Aliases;
use blocks::Blocks;
pub(super) use choose::{Crowd, Say};
pub use hearing::Hearing;
use partings::Partings;
use release::Listed;
use rooms::Rooms;
use trail::Trail;

/// What is kept of somebody who shares approximately or is open to strangers.
#[cfg_attr(not(loom), derive(zerocopy::FromZeros))]
#[derive(Default)]
struct Veil {
    /// True position of who shares approximately; packed.
    exact: AtomicU64,
    /// The cell at the last epoch; 0 for none.
    candidate: AtomicU64,
    /// The cell that others may know; 0 for none.
    released: AtomicU64,
    /// When she was last seen, to the minute, as of the last epoch.
    seen: AtomicU64,
    pool: AtomicU64,
    /// A keyed hash of her id.
    number: AtomicU64,
    /// The cell whose room she is in; 0 for none.
    lodged: AtomicU64,
    /// Her place in the list of those to be released, plus one; 0 for none.
    listed: AtomicU64,
}

/// Somebody who has left the world.
struct Departed {
    user: Box<str>,
    /// About when.
    at: u64,
}

pub(super) struct Streets {
    rules: Strangers,
    veils: Box<[Veil]>,
    list: Mutex<Vec<Listed>>,
    /// Number of the last epoch released, and when that was.
    epoch: AtomicU64,
    released_at: AtomicU64,
    rooms: Rooms,
    /// By number: where viewers have been.
    trails: DashMap<u64, Trail>,
    blocks: Blocks,
    partings: Partings,
    /// Open users by number, for aliases.
    numbers: DashMap<u64, Slot>,
    /// Those who have left while aliases of theirs are known, so that an alias is no way to learn
    /// who is there.
    departed: DashMap<u64, Departed>,
    aliases: Aliases,
}

impl Streets {
    pub(super) fn new(config: &Config, key: [u8; 16]) -> Self {
        Self {
            rules: config.strangers.clone(),
            veils: zeroed(config.users + 1),
            list: Mutex::default(),
            epoch: AtomicU64::new(0),
            released_at: AtomicU64::new(0),
            rooms: Rooms::new(config.strangers.view_max),
            trails: DashMap::new(),
            blocks: Blocks::default(),
            // With a floor: others can part from her too.
            partings: Partings::new((config.friends as usize + config.blocks as usize).max(1_000)),
            numbers: DashMap::new(),
            departed: DashMap::new(),
            aliases: Aliases::new(key, config.start),
        }
    }

    fn veil(&self, slot: Slot) -> &Veil {
        &self.veils[slot.index()]
    }

    /// Where somebody who shares approximately really is.
    pub(super) fn exact(&self, slot: Slot) -> Position {
        Position::unpack(self.veil(slot).exact.load(Ordering::SeqCst))
    }

    pub(super) fn go_to(&self, slot: Slot, position: Position) {
        self.veil(slot)
            .exact
            .store(position.pack(), Ordering::SeqCst);
    }

    /// When somebody who shares approximately was seen, as far as that is told.
    pub(super) fn seen(&self, slot: Slot) -> u64 {
        self.veil(slot).seen.load(Ordering::Acquire)
    }

    /// Whether she is in a room, where strangers see her.
    pub(super) fn is_lodged(&self, slot: Slot) -> bool {
        self.veil(slot).lodged.load(Ordering::Acquire) != 0
    }

    /// The cell in which strangers may see her, and when she was seen as far as they know. Who is
    /// in no room is shown to none.
    pub(super) fn lodging(&self, slot: Slot) -> Option<(Cell, u64)> {
        let cell = Cell::from_u64(self.veil(slot).lodged.load(Ordering::Acquire))?;
        Some((cell, self.seen(slot)))
    }

    fn number(&self, slot: Slot) -> u64 {
        self.veil(slot).number.load(Ordering::Acquire)
    }

    fn released(&self, slot: Slot) -> Option<Cell> {
        Cell::from_u64(self.veil(slot).released.load(Ordering::Acquire))
    }

    /// Whether two positions are in different privacy cells.
    pub(super) fn divide(&self, a: Position, b: Position) -> bool {
        self.rules.privacy.cell_at(a) != self.rules.privacy.cell_at(b)
    }

    pub(super) fn same_pool(&self, one: Slot, other: Slot) -> bool {
        let pool = |slot: Slot| self.veil(slot).pool.load(Ordering::Acquire);
        pool(one) == pool(other)
    }

    /// She shares approximately from now on.
    pub(super) fn veil_from_now(&self, world: &World, pulses: &Pulses, slot: Slot) {
        let resident = world.resident(slot);
        let mut list = lock(&self.list);
        let before = resident.position();
        self.go_to(slot, before);
        resident
            .flags
            .change(Being::RELEASED, Being::VEILED | Being::SHARES);
        // A move that came before the flag could not know of it; one that knew is the newer.
        let (exact, meanwhile) = (&self.veil(slot).exact, resident.position());
        let _ = exact.compare_exchange(
            before.pack(),
            meanwhile.pack(),
            Ordering::SeqCst,
            Ordering::SeqCst,
        );
        self.list_in(&mut list, world, pulses, slot);
    }

    /// She shares exactly from now on. Nothing is released of her meanwhile.
    pub(super) fn unveil(&self, world: &World, slot: Slot) {
        let resident = world.resident(slot);
        let mut list = lock(&self.list);
        let before = self.exact(slot);
        world.go_to(slot, before);
        resident
            .flags
            .change(Being::VEILED | Being::RELEASED, Being::SHARES);
        world.go_on(slot, before, self.exact(slot));
        self.strike_unless_shown(&mut list, world, slot);
    }

    /// Puts somebody among those whose cell is released on epochs. Begins when nobody can write
    /// her true position any more where others read it.
    fn list_in(&self, list: &mut Vec<Listed>, world: &World, pulses: &Pulses, slot: Slot) {
        let veil = self.veil(slot);
        veil.candidate.store(0, Ordering::Release);
        if world.resident(slot).flags.get().is(Being::VEILED)
            && veil.lodged.load(Ordering::Acquire) == 0
        {
            veil.released.store(0, Ordering::Release);
        }
        let since = Some(pulses.boundary());
        match veil.listed.load(Ordering::Acquire).checked_sub(1) {
            Some(place) => list[place as usize].since = since,
            None => {
                list.push(Listed {
                    slot,
                    since,
                    looked_at: 0,
                });
                veil.listed.store(list.len() as u64, Ordering::Release);
            }
        }
    }

    /// Takes somebody off the list who is neither veiled nor open any more.
    fn strike_unless_shown(&self, list: &mut Vec<Listed>, world: &World, slot: Slot) {
        let being = world.resident(slot).flags.get();
        if !being.any(Being::VEILED | Being::OPEN) {
            self.strike(list, slot);
        }
    }

    /// Takes somebody off the list, and with her what was released of her.
    fn strike(&self, list: &mut Vec<Listed>, slot: Slot) {
        let veil = self.veil(slot);
        if let Some(place) = veil.listed.swap(0, Ordering::AcqRel).checked_sub(1) {
            list.swap_remove(place as usize);
            if let Some(moved) = list.get(place as usize) {
                self.veil(moved.slot)
                    .listed
                    .store(place + 1, Ordering::Release);
            }
        }
        veil.released.store(0, Ordering::Release);
        veil.candidate.store(0, Ordering::Release);
    }

    /// Answers false when `who` has blocked as many as one may.
    pub(super) fn block(&self, world: &World, who: Slot, whom: Slot, most: usize) -> bool {
        if !self.blocks.block(who, whom, most) {
            return false;
        }
        world.resident(who).flags.set(Being::BLOCKS);
        world.resident(whom).flags.set(Being::BLOCKS);
        let here = |slot| world.resident(slot).flags.get().is(Being::RESIDENT);
        if !here(who) || !here(whom) {
            // Dismissed in this very moment: the slot will be somebody else's.
            self.blocks.unblock(who, whom);
        }
        true
    }

    pub(super) fn unblock(&self, who: Slot, whom: Slot) {
        self.blocks.unblock(who, whom);
    }

    pub(super) fn blocked(&self, world: &World, one: Slot, other: Slot) -> bool {
        let blocks = |slot| world.resident(slot).flags.get().is(Being::BLOCKS);
        blocks(one) && blocks(other) && self.blocks.between(one, other)
    }

    /// Everything that named somebody who leaves the world, but for her aliases.
    pub(super) fn forget(&self, world: &World, slot: Slot, user: &str) {
        self.strike(&mut lock(&self.list), slot);
        let veil = self.veil(slot);
        // The number stays: who still shows her is told of her exit by it. She may have come back
        // with another slot.
        let number = self.number(slot);
        let is_hers = self.numbers.get(&number).is_some_and(|of| *of == slot);
        // Bounded as those who are there.
        if is_hers && self.departed.len() < self.veils.len() {
            let at = self.released_at.load(Ordering::Acquire);
            let user = user.into();
            self.departed.insert(number, Departed { user, at });
        }
        // After it: at no moment has she no alias.
        self.numbers.remove_if(&number, |_, of| *of == slot);
        veil.pool.store(0, Ordering::Release);
        veil.seen.store(0, Ordering::Release);
        if world.resident(slot).flags.get().is(Being::BLOCKS) {
            self.blocks.forget(slot);
        }
    }

    /// What is known of somebody beyond her time in the world, but for whom her aliases mean: who
    /// knows one would otherwise be told that she was erased, and a block by it would not hold.
    pub(super) fn erase(&self, user: &str) {
        self.erase_trail(self.aliases.number(user));
    }

    /// Lets go of those whose last aliases are over.
    fn clear_departed(&self, now: u64) {
        let kept_ms = 2 * self.rules.alias_ms + self.rules.epoch_ms;
        self.departed
            .retain(|_, departed| departed.at + kept_ms > now);
    }
}

impl Worker {
    /// Whether a user may be shown to strangers, and among whom.
    pub fn set_strangers(
        &mut self,
        user: &str,
        open: bool,
        pool: &str,
    ) -> Result<Boundary, super::Denied> {
        self.reading(|worker| {
            let slot = worker.broker.slot(user)?;
            worker.set_open(slot, open, pool);
            Ok(worker.broker.pulses.boundary())
        })
    }

    /// The privacy cell in which a user is, for her own use.
    pub fn cell(&mut self, user: &str) -> Option<CellText> {
        self.reading(|worker| {
            let broker = &worker.broker;
            let position = broker.eye(broker.slot(user).ok()?)?;
            Some(broker.streets.rules.privacy.cell_at(position).text())
        })
    }

    pub(super) fn set_open(&mut self, slot: Slot, open: bool, pool: &str) {
        let broker = std::sync::Arc::clone(&self.broker);
        let (streets, resident) = (&broker.streets, broker.world.resident(slot));
        let veil = streets.veil(slot);
        let pool = if pool.is_empty() {
            0
        } else {
            streets.aliases.pool(pool)
        };
        let heard = {
            // Held throughout: a release lodges nobody in between, and of two changes at once
            // one is the later.
            let mut list = lock(&streets.list);
            let being = resident.flags.get();
            let same = being.is(Being::OPEN) == open && veil.pool.load(Ordering::Acquire) == pool;
            if same || !being.is(Being::RESIDENT) {
                return;
            }
            // Out of the old room before the pool is another one.
            resident.flags.clear(Being::OPEN);
            let heard = self.leave_room(slot);
            veil.pool.store(pool, Ordering::Release);
            if open {
                let number = self.number_of(slot);
                veil.number.store(number, Ordering::Release);
                streets.numbers.insert(number, slot);
                resident.flags.set(Being::OPEN);
                if !being.is(Being::OPEN) {
                    streets.list_in(&mut list, &broker.world, &broker.pulses, slot);
                }
            } else {
                streets.strike_unless_shown(&mut list, &broker.world, slot);
            }
            heard
        };
        self.choose_again(&heard);
        if resident.flags.get().is(Being::CURIOUS) {
            self.mark(resident.flags.get(), super::marks::Mark::strangers(slot));
        }
        broker.changed.note(slot);
    }

    /// The keyed hash of a user's id.
    pub(super) fn number_of(&self, slot: Slot) -> u64 {
        let mut buffer = [0; 64];
        let stored = &self.broker.world.resident(slot).id;
        let id = self.broker.roster.id(slot, stored, &mut buffer);
        self.broker.streets.aliases.number(id)
    }
}
