//! The world: what is known about each resident, by slot.
//!
//! What others may read of a user stands in one cache line, and a position in it is one the
//! friends may have: of somebody who shares approximately it is the centre of her released cell,
//! and the true one is in her veil, which only her own view and the release read.

use nearcast_grid::Position;

use super::glance::{Glance, Glances};
use super::memory::{self, FEW};
use super::slot::Slot;
use super::sync::{AtomicU32, AtomicU64, Ordering, zeroed};
use super::user::StoredId;

/// One resident's line.
#[repr(C, align(64))]
#[cfg_attr(not(loom), derive(zerocopy::FromZeros))]
#[derive(Default)]
pub(crate) struct Resident {
    /// [`Position::pack`]; swapped by a move before it reads any watcher.
    position: AtomicU64,
    times: AtomicU64,
    about: AtomicU64,
    pub(crate) flags: Flags,
    /// Largest radius of her sessions, in metres, as the bits of an f32.
    radius: AtomicU32,
    pub(crate) id: StoredId,
    /// The first chunk of her channel; see `channel.rs`.
    pub(crate) channel: AtomicU32,
    /// Place of her first session among its worker's.
    pub(crate) session: AtomicU32,
}

#[cfg(not(loom))]
const _: () = assert!(size_of::<Resident>() == 64);

/// What is true of a resident, in one word.
#[cfg_attr(not(loom), derive(zerocopy::FromZeros))]
#[derive(Default)]
pub(crate) struct Flags(AtomicU32);

/// The flags at one instant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Being(u32);

impl Being {
    pub(crate) const RESIDENT: u32 = 1;
    /// Said where she is within the TTL.
    pub(crate) const ACTIVE: u32 = 1 << 1;
    /// Has said at some time where she is: she sees others from there.
    pub(crate) const LOCATED: u32 = 1 << 2;
    pub(crate) const SHARES: u32 = 1 << 3;
    /// Shares approximately.
    pub(crate) const VEILED: u32 = 1 << 4;
    /// Veiled, and a cell of hers has been released: `position` is its centre.
    pub(crate) const RELEASED: u32 = 1 << 5;
    /// Has a first session, which the worker in [`Being::home`] sweeps.
    pub(crate) const HOME: u32 = 1 << 6;
    /// Has sessions besides the first; their workers keep their own views.
    pub(crate) const MULTI: u32 = 1 << 7;
    /// May be shown to strangers: permission and consent.
    pub(crate) const OPEN: u32 = 1 << 8;
    /// Blocked somebody or was blocked.
    pub(crate) const BLOCKS: u32 = 1 << 9;
    /// Her first session is in its worker's list of those to sweep.
    pub(crate) const DIRTY: u32 = 1 << 10;
    /// Waits in the list of those whose place in the index is to be mended.
    pub(crate) const ASTRAY: u32 = 1 << 11;
    /// A session of hers listens to strangers.
    pub(crate) const CURIOUS: u32 = 1 << 12;
    /// The slot stands in the schedule, perhaps since somebody who had it before.
    pub(crate) const TIMED: u32 = 1 << 13;
    /// Restored from a snapshot, and not yet here with her friends and blocks.
    pub(crate) const SKETCHED: u32 = 1 << 14;
    const HOME_SHIFT: u32 = 24;

    #[inline]
    pub(crate) fn is(self, flags: u32) -> bool {
        self.0 & flags == flags
    }

    #[inline]
    pub(crate) fn any(self, flags: u32) -> bool {
        self.0 & flags != 0
    }

    /// The worker of the first session.
    #[inline]
    pub(crate) fn home(self) -> usize {
        (self.0 >> Self::HOME_SHIFT) as usize
    }

    /// Whether friends may be shown where she is.
    #[inline]
    pub(crate) fn visible(self) -> bool {
        const SHOWN: u32 = Being::ACTIVE | Being::SHARES;
        self.0 & SHOWN == SHOWN && self.0 & (Self::VEILED | Self::RELEASED) != Self::VEILED
    }
}

impl Flags {
    #[inline]
    pub(crate) fn get(&self) -> Being {
        Being(self.0.load(Ordering::SeqCst))
    }

    #[inline]
    pub(crate) fn set(&self, flags: u32) -> Being {
        Being(self.0.fetch_or(flags, Ordering::SeqCst))
    }

    #[inline]
    pub(crate) fn clear(&self, flags: u32) -> Being {
        Being(self.0.fetch_and(!flags, Ordering::SeqCst))
    }

    /// Clears and sets in one step.
    pub(crate) fn change(&self, clear: u32, set: u32) -> Being {
        let was = self
            .0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |was| {
                Some(was & !clear | set)
            })
            .expect("the closure always answers");
        Being(was)
    }

    /// She was heard of; unless she was dismissed in this very moment, since nobody is told of
    /// somebody who has gone.
    pub(crate) fn wake(&self, flags: u32) {
        self.set(flags | Being::ACTIVE);
        if !self.get().is(Being::RESIDENT) {
            self.clear(Being::ACTIVE);
        }
    }

    /// A timer has run out: it is the last, if its resident has left.
    pub(crate) fn stop_timer_of_who_left(&self) -> Being {
        let gone = |was: u32| was & Being::RESIDENT == 0;
        let was = self
            .0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |was| {
                Some(if gone(was) { was & !Being::TIMED } else { was })
            })
            .expect("the closure always answers");
        Being(was)
    }

    /// Names the worker of the first session.
    pub(crate) fn settle_at(&self, worker: usize) {
        self.change(
            0xff << Being::HOME_SHIFT,
            Being::HOME | (worker as u32) << Being::HOME_SHIFT,
        );
    }
}

/// When a resident was last seen, and when her watchers were last told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Times(u64);

impl Times {
    const SEEN_BITS: u32 = 48;

    #[inline]
    pub(crate) fn new(seen: u64, told: u64) -> Self {
        Self(seen & ((1 << Self::SEEN_BITS) - 1) | (told / 1000) << Self::SEEN_BITS)
    }

    /// Milliseconds, on the clock that is passed in as `now`.
    #[inline]
    pub(crate) fn seen(self) -> u64 {
        self.0 & ((1 << Self::SEEN_BITS) - 1)
    }

    /// Seconds since the watchers were told, of less than eighteen hours.
    pub(crate) fn untold_s(self, now: u64) -> u64 {
        u64::from(((now / 1000) as u16).wrapping_sub((self.0 >> Self::SEEN_BITS) as u16))
    }

    pub(crate) fn refreshed(self, seen: u64) -> Self {
        let mask = (1 << Self::SEEN_BITS) - 1;
        Self(self.0 & !mask | seen & mask)
    }
}

/// What a phone says beside its position, in one word: accuracy in decimetres (24 bits), heading
/// in hundredths of a degree (16), speed in centimetres a second (24). All ones: not said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct About(u64);

impl About {
    const WIDE: u64 = (1 << 24) - 1;
    const TURN: u64 = (1 << 16) - 1;

    /// Values beyond what fits are not kept.
    pub fn new(accuracy_m: Option<f32>, heading_deg: Option<f32>, speed_mps: Option<f32>) -> Self {
        fn fixed(value: Option<f32>, scale: f64, none: u64) -> u64 {
            value
                .map(|value| (f64::from(value) * scale).round())
                .filter(|&scaled| scaled >= 0.0 && scaled < none as f64)
                .map_or(none, |scaled| scaled as u64)
        }
        let accuracy = fixed(accuracy_m, 10.0, Self::WIDE);
        let heading = match fixed(heading_deg, 100.0, Self::TURN) {
            36_000 => 0,
            heading => heading,
        };
        let speed = fixed(speed_mps, 100.0, Self::WIDE);
        Self(accuracy << 40 | heading << 24 | speed)
    }

    #[inline]
    pub fn accuracy_m(self) -> Option<f32> {
        Self::unscaled(self.0 >> 40, Self::WIDE, 10.0)
    }

    #[inline]
    pub fn heading_deg(self) -> Option<f32> {
        Self::unscaled(self.0 >> 24 & Self::TURN, Self::TURN, 100.0)
    }

    #[inline]
    pub fn speed_mps(self) -> Option<f32> {
        Self::unscaled(self.0 & Self::WIDE, Self::WIDE, 100.0)
    }

    #[inline]
    fn unscaled(word: u64, none: u64, scale: f32) -> Option<f32> {
        (word != none).then(|| word as f32 / scale)
    }

    #[inline]
    pub(crate) fn is_silent(self) -> bool {
        self.0 == u64::MAX
    }
}

impl Resident {
    #[inline]
    pub(crate) fn position(&self) -> Position {
        Position::unpack(self.position.load(Ordering::SeqCst))
    }

    #[inline]
    pub(crate) fn times(&self) -> Times {
        Times(self.times.load(Ordering::Relaxed))
    }

    #[inline]
    pub(crate) fn set_times(&self, times: Times) {
        self.times.store(times.0, Ordering::Release);
    }

    #[inline]
    pub(crate) fn about(&self) -> About {
        About(self.about.load(Ordering::Relaxed))
    }

    #[inline]
    pub(crate) fn set_about(&self, about: About) {
        self.about.store(about.0, Ordering::Relaxed);
    }

    /// Metres; the largest of her sessions.
    #[inline]
    pub(crate) fn radius_m(&self) -> f32 {
        f32::from_bits(self.radius.load(Ordering::SeqCst))
    }

    pub(crate) fn set_radius_m(&self, radius: f32) {
        self.radius.store(radius.to_bits(), Ordering::SeqCst);
    }
}

/// What only the broker reads of a resident, and seldom.
#[cfg_attr(not(loom), derive(zerocopy::FromZeros))]
#[derive(Default)]
pub(crate) struct Ledger {
    /// Where she stands in the index; see `index/`.
    pub(crate) berth: AtomicU64,
    /// Generation of her first session.
    pub(crate) generation: AtomicU32,
    /// Edges, views and sessions elsewhere that name her slot: it is not reused while there are any.
    pub(crate) pins: AtomicU32,
}

pub(crate) struct World {
    residents: Box<[Resident]>,
    ledgers: Box<[Ledger]>,
    glances: Glances,
}

impl World {
    pub(crate) fn new(users: usize) -> Self {
        // Slot 0 is nobody's.
        let residents = zeroed(users + 1);
        let ledgers = zeroed(users + 1);
        memory::huge(&residents, FEW);
        memory::huge(&ledgers, FEW);
        Self {
            residents,
            ledgers,
            glances: Glances::new(users + 1),
        }
    }

    #[inline]
    pub(crate) fn resident(&self, slot: Slot) -> &Resident {
        &self.residents[slot.index()]
    }

    #[inline]
    pub(crate) fn ledger(&self, slot: Slot) -> &Ledger {
        &self.ledgers[slot.index()]
    }

    #[inline]
    pub(crate) fn glance(&self, slot: Slot) -> Glance {
        self.glances.at(slot.index())
    }

    /// Sets somebody's position. What the caller reads of others afterwards is not older than
    /// what they read of this position.
    #[inline]
    pub(crate) fn go_to(&self, slot: Slot, position: Position) {
        let resident = self.resident(slot);
        resident.position.swap(position.pack(), Ordering::SeqCst);
        self.draw(slot, resident);
    }

    /// The same, unless she has gone from there meanwhile.
    pub(crate) fn go_on(&self, slot: Slot, from: Position, to: Position) {
        let resident = self.resident(slot);
        let (from, to) = (from.pack(), to.pack());
        let _ = resident
            .position
            .compare_exchange(from, to, Ordering::SeqCst, Ordering::SeqCst);
        self.draw(slot, resident);
    }

    /// Brings the glance up to where she is; of several who move her at once the last one does.
    #[inline]
    fn draw(&self, slot: Slot, resident: &Resident) {
        loop {
            let position = resident.position();
            self.glances.set_patch(slot, position);
            if resident.position() == position {
                return;
            }
        }
    }

    /// Brings the glance up to where her sessions are swept. The caller holds the gate of her
    /// channel, under which alone that changes.
    pub(crate) fn draw_home(&self, slot: Slot) {
        let being = self.resident(slot).flags.get();
        let alone = being.is(Being::HOME) && !being.is(Being::MULTI);
        self.glances.set_home(slot, alone.then(|| being.home()));
    }

    #[inline]
    pub(crate) fn expect_glance_at(&self, place: usize) {
        self.glances.expect_at(place);
    }

    #[inline]
    pub(crate) fn expect(&self, slot: Slot) {
        self.expect_at(slot.index());
    }

    #[inline]
    pub(crate) fn expect_at(&self, place: usize) {
        memory::prefetch_at(&self.residents, place);
    }

    pub(crate) fn len(&self) -> usize {
        self.residents.len()
    }
}
