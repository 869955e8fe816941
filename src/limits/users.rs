//! Rates per user: a fixed table of buckets, read and taken from without a lock.
//!
//! A user and a kind have two places where their bucket may be, chosen by a keyed hash. A bucket
//! that is full again is nobody's: whoever needs one takes it over, so the table needs no tidying.
//! Who finds only buckets in use is refused until one of them is full: a table too small slows
//! people down and lets nobody through.
//!
//! Two calls at once for a user who has no bucket yet may take two; the later one is not found
//! again, so at most as many pass too many as there are such calls.

use std::hash::Hasher;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use siphasher::sip::SipHasher13;

use super::rate::{Rate, full_in, is_full};

/// What is counted per user and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Positions, over every session and route.
    Move,
    /// Follows and requests that were denied.
    Denied,
    Request,
    Wave,
    Report,
    Block,
}

/// One rate for each kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRules {
    pub moves: Rate,
    pub denied: Rate,
    pub requests: Rate,
    pub waves: Rate,
    pub reports: Rate,
    pub blocks: Rate,
    /// Of one session, counted by whoever holds it.
    pub messages: Rate,
    pub bytes: Rate,
}

impl UserRules {
    fn of(&self, kind: Kind) -> &Rate {
        match kind {
            Kind::Move => &self.moves,
            Kind::Denied => &self.denied,
            Kind::Request => &self.requests,
            Kind::Wave => &self.waves,
            Kind::Report => &self.reports,
            Kind::Block => &self.blocks,
        }
    }
}

/// Rates per user.
pub struct Rates {
    places: Box<[Place]>,
    key: [u8; 16],
    rules: ArcSwap<UserRules>,
}

/// One cache line of buckets.
#[derive(Default, zerocopy::FromZeros)]
#[repr(C, align(64))]
struct Place([Bucket; 4]);

#[derive(Default, zerocopy::FromZeros)]
#[repr(C)]
struct Bucket {
    /// Whose it is: a hash of kind and user; 0 for nobody ever.
    whose: AtomicU64,
    full: AtomicU64,
}

impl Rates {
    /// `key`: secret, so that nobody can choose ids that share a place.
    #[must_use]
    pub fn new(rules: UserRules, entries: usize, key: [u8; 16]) -> Self {
        let places = entries.div_ceil(4).max(1);
        Self {
            // Zeros of the system: pages that nobody uses cost nothing.
            places: <[Place] as zerocopy::FromZeros>::new_box_zeroed_with_elems(places)
                .expect("the limits fit the address space"),
            key,
            rules: ArcSwap::from_pointee(rules),
        }
    }

    /// Exchanges the rates; what was taken stays taken.
    pub fn set(&self, rules: UserRules) {
        self.rules.store(Arc::new(rules));
    }

    /// The rates now, for what is counted elsewhere.
    pub fn rules(&self) -> impl Deref<Target = Arc<UserRules>> {
        self.rules.load()
    }

    /// Takes one; or says after how many milliseconds there will be one.
    pub fn take(&self, kind: Kind, user: &str, now_ms: u64) -> Result<(), u64> {
        let whose = self.hash(kind, user);
        let rules = self.rules.load();
        let rate = rules.of(kind);
        let places = self.places_of(whose);
        let buckets = || places.iter().flat_map(|place| &place.0);
        if let Some(bucket) = buckets().find(|bucket| bucket.is_of(whose)) {
            return bucket.take(rate, now_ms);
        }
        for bucket in self.roomier_first(places, now_ms) {
            if bucket.give_to(whose, now_ms) {
                return bucket.take(rate, now_ms);
            }
        }
        let soonest = buckets().map(|bucket| bucket.full_in(now_ms)).min();
        Err(soonest.unwrap_or(1).max(1))
    }

    fn roomier_first<'t>(
        &self,
        places: [&'t Place; 2],
        now_ms: u64,
    ) -> impl Iterator<Item = &'t Bucket> {
        let [first, second] = places;
        let ordered = if second.room(now_ms) > first.room(now_ms) {
            [second, first]
        } else {
            [first, second]
        };
        ordered.into_iter().flat_map(|place| &place.0)
    }

    fn hash(&self, kind: Kind, user: &str) -> u64 {
        let mut hasher = SipHasher13::new_with_key(&self.key);
        hasher.write_u8(kind as u8);
        hasher.write(user.as_bytes());
        hasher.finish().max(1)
    }

    fn places_of(&self, whose: u64) -> [&Place; 2] {
        let count = self.places.len() as u64;
        [whose >> 32, whose & u64::from(u32::MAX)]
            .map(|half| &self.places[((half * count) >> 32) as usize])
    }
}

impl Place {
    fn room(&self, now_ms: u64) -> usize {
        let buckets = self.0.iter();
        buckets.filter(|bucket| bucket.full_in(now_ms) == 0).count()
    }
}

impl Bucket {
    fn is_of(&self, whose: u64) -> bool {
        self.whose.load(Ordering::Relaxed) == whose
    }

    fn full_in(&self, now_ms: u64) -> u64 {
        full_in(self.full.load(Ordering::Relaxed), now_ms)
    }

    /// Takes a bucket that is full, and so remembers nothing, over.
    fn give_to(&self, whose: u64, now_ms: u64) -> bool {
        let before = self.whose.load(Ordering::Relaxed);
        is_full(self.full.load(Ordering::Relaxed), now_ms)
            && self
                .whose
                .compare_exchange(before, whose, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    fn take(&self, rate: &Rate, now_ms: u64) -> Result<(), u64> {
        let mut full = self.full.load(Ordering::Relaxed);
        loop {
            let after = rate.after(full, now_ms, 1)?;
            match self
                .full
                .compare_exchange_weak(full, after, Ordering::Relaxed, Ordering::Relaxed)
            {
                Ok(_) => return Ok(()),
                Err(newer) => full = newer,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_700_000_000_000;

    fn rules(burst: u32) -> UserRules {
        UserRules {
            moves: Rate::per_second(1.0, burst),
            denied: Rate::per_minute(100),
            requests: Rate::per_hour(100),
            waves: Rate::per_hour(60),
            reports: Rate::per_hour(20),
            blocks: Rate::per_hour(60),
            messages: Rate::per_second(20.0, 200),
            bytes: Rate::per_second(65_536.0, 65_536),
        }
    }

    fn rates(burst: u32, entries: usize) -> Rates {
        Rates::new(rules(burst), entries, [7; 16])
    }

    fn taken(rates: &Rates, kind: Kind, user: &str, now: u64) -> usize {
        (0..1000)
            .take_while(|_| rates.take(kind, user, now).is_ok())
            .count()
    }

    #[test]
    fn each_user_and_each_kind_has_a_bucket_of_its_own() {
        let rates = rates(60, 1000);
        assert_eq!(taken(&rates, Kind::Move, "ann", NOW), 60);
        assert_eq!(taken(&rates, Kind::Move, "bob", NOW), 60);
        assert_eq!(taken(&rates, Kind::Report, "ann", NOW), 20);
        assert_eq!(taken(&rates, Kind::Move, "ann", NOW + 2000), 2);
        assert_eq!(rates.take(Kind::Move, "ann", NOW + 2000), Err(1000));
    }

    #[test]
    fn a_table_in_use_gives_everybody_what_is_theirs() {
        let rates = rates(3, 4000);
        for round in 0..5 {
            let now = NOW + round * 3000;
            let users = || (0..2000).map(|n| format!("user {n}"));
            assert!(users().all(|user| taken(&rates, Kind::Move, &user, now) == 3));
            assert!(users().all(|user| rates.take(Kind::Move, &user, now).is_err()));
        }
    }

    #[test]
    fn a_full_table_refuses_newcomers_until_a_bucket_is_full_again() {
        let rates = rates(10, 8);
        let first: Vec<_> = (0..100)
            .map(|n| rates.take(Kind::Move, &format!("user {n}"), NOW))
            .collect();
        let refused = first.iter().filter(|taken| taken.is_err()).count();
        assert!(refused >= 92, "{refused}");
        assert!(
            first
                .iter()
                .all(|taken| matches!(taken, Ok(()) | Err(1000)))
        );
        assert_eq!(rates.take(Kind::Move, "late", NOW + 999), Err(1));
        assert_eq!(rates.take(Kind::Move, "late", NOW + 1000), Ok(()));
    }

    #[test]
    fn nobody_loses_a_debt_to_newcomers() {
        let rates = rates(60, 8);
        assert_eq!(taken(&rates, Kind::Move, "ann", NOW), 60);
        for n in 0..1000 {
            let _ = rates.take(Kind::Move, &format!("user {n}"), NOW + n);
        }
        assert!(rates.take(Kind::Move, "ann", NOW + 999).is_err());
    }

    #[test]
    fn new_rules_hold_from_the_next_on() {
        let rates = rates(5, 100);
        assert_eq!(taken(&rates, Kind::Move, "ann", NOW), 5);
        rates.set(rules(8));
        assert_eq!(taken(&rates, Kind::Move, "ann", NOW), 3);
        rates.set(rules(2));
        assert_eq!(taken(&rates, Kind::Move, "ann", NOW + 6000), 0);
    }

    #[test]
    fn many_at_once_get_no_more_than_one_alone() {
        let rates = rates(60, 1000);
        assert!(rates.take(Kind::Move, "ann", NOW).is_ok());
        let passed: usize = std::thread::scope(|scope| {
            let each = || taken(&rates, Kind::Move, "ann", NOW);
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(each)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().expect("no panic"))
                .sum()
        });
        assert_eq!(passed, 59);
    }

    #[test]
    fn the_ends_of_time_are_survived() {
        let rates = rates(60, 100);
        for now in [0, u64::MAX, 1, u64::MAX - 1, NOW] {
            let _ = rates.take(Kind::Move, "ann", now);
        }
    }
}
