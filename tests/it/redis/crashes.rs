//! Random lives over a real Redis: people move, share, are erased; the server crashes at any
//! moment and starts anew. Whoever had been kept is back, where she was then or has been since,
//! and as the accounts have her; nobody else is.
//!
//! `NEARCAST_REDIS_WORLDS` says how many, `NEARCAST_REDIS_SEED` which one.

use std::collections::BTreeMap;
use std::time::Duration;

use nearcast::accounts::Asker;
use nearcast::broker::{About, Move, Moved};
use nearcast::clock::Clock;
use nearcast::store::{Lent, SharingChange};
use nearcast::wire::{Sharing, UserId};
use nearcast_grid::Position;

use super::house::House;
use super::store::Redis;
use crate::server::fresh_dir;

const PEOPLE: usize = 12;
const CRASHES: usize = 4;

/// Splitmix: small, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((word ^ word >> 31) % sides as u64) as usize
    }
}

/// What is so of somebody.
#[derive(Clone, Debug, Default)]
struct Life {
    /// Where she was when she was kept, and since.
    places: Vec<Position>,
    /// How she shares; none: she does not exist.
    sharing: Option<Sharing>,
    /// She had been kept.
    kept: bool,
    /// She has said where she is since the server started.
    moved: bool,
}

impl Life {
    /// `shown`: where she is, after a start, if that can be seen.
    fn starts_anew(&mut self, shown: Option<Position>) {
        self.moved = false;
        // Of who does not share nothing is seen: she may be anywhere where she was.
        if self.sharing != Some(Sharing::Off) {
            self.places = shown.into_iter().collect();
            self.kept = shown.is_some();
        }
    }

    /// All that was said is in Redis.
    fn is_kept(&mut self) {
        if self.moved {
            self.places.drain(..self.places.len() - 1);
            self.kept = true;
        }
    }
}

fn place(dice: &mut Dice) -> Position {
    // Poles and the antimeridian among the rest.
    let lat = [-90.0, -85.06, -33.0, 0.0, 37.5, 85.0, 89.9, 90.0][dice.roll(8)];
    let lon = [-180.0, -0.1, 0.0, 127.0, 179.999, 180.0][dice.roll(6)];
    let step = dice.roll(1000) as f64 * 1e-5;
    Position::new(lat, f64::min(lon + step, 180.0)).unwrap()
}

async fn live(seed: u64) {
    let mut dice = Dice(seed);
    let (mut redis, data) = (Redis::start(), fresh_dir());
    std::fs::create_dir_all(&data).unwrap();
    let mut lives: BTreeMap<String, Life> = BTreeMap::new();
    for crash in 0..=CRASHES {
        let house = House::open(&data, &redis.url(), Clock::start()).await;
        is_true(&house, &lives, seed, crash);
        let now = house.shown();
        for (user, life) in &mut lives {
            life.starts_anew(now.get(user).copied());
        }
        for _ in 0..dice.roll(40) {
            act(&house, &mut lives, &mut dice).await;
        }
        if dice.roll(4) == 0 {
            // Redis itself is killed, and forgets everything.
            let port = redis.port;
            drop(redis);
            redis = Redis::at(port, &[]);
        }
        house.has_kept().await;
        lives.values_mut().for_each(Life::is_kept);
        for _ in 0..dice.roll(10) {
            act(&house, &mut lives, &mut dice).await;
        }
        if dice.roll(4) == 0 {
            // A clean end keeps what came last.
            house.stop.send_replace(true);
            house.running.await.unwrap();
            lives.values_mut().for_each(Life::is_kept);
        } else {
            tokio::time::sleep(Duration::from_millis(dice.roll(30) as u64)).await;
            house.running.abort();
            let _ = house.running.await;
        }
    }
    let _ = std::fs::remove_dir_all(&data);
}

async fn act(house: &House, lives: &mut BTreeMap<String, Life>, dice: &mut Dice) {
    let name = format!("user-{}", dice.roll(PEOPLE));
    let user = UserId::new(&name).unwrap();
    let life = lives.entry(name).or_default();
    let backend = || Asker::Maker(house.accounts.moment());
    match dice.roll(10) {
        0 => {
            let erased = house.accounts.erase(&user).await.unwrap();
            assert!(erased.pending.is_empty());
            *life = Life::default();
        }
        1 | 2 => {
            let sharing = [Sharing::Exact, Sharing::Off][dice.roll(2)];
            let change = SharingChange {
                sharing: Some(Lent {
                    sharing,
                    until: None,
                    then: None,
                }),
                ..SharingChange::default()
            };
            house
                .accounts
                .put_sharing(&user, &change, backend())
                .await
                .unwrap();
            life.sharing = Some(sharing);
        }
        _ => {
            if life.sharing.is_none() {
                let change = Default::default();
                house
                    .accounts
                    .put_user(&user, &change, backend())
                    .await
                    .unwrap();
                life.sharing = Some(Sharing::Exact);
            }
            let position = place(dice);
            let said = Move {
                position,
                about: About::new(None, None, None),
                at: None,
            };
            let moved = house.accounts.moved(&user, None, &said).await.unwrap();
            // Of less than ten metres nothing changes.
            if moved == Moved::Went {
                life.places.push(position);
                life.moved = true;
            }
        }
    }
}

fn is_true(house: &House, lives: &BTreeMap<String, Life>, seed: u64, crash: usize) {
    let shown = house.shown();
    for (user, position) in &shown {
        let life = lives.get(user).cloned().unwrap_or_default();
        assert_eq!(
            life.sharing,
            Some(Sharing::Exact),
            "{user}, seed {seed}, crash {crash}"
        );
        assert!(
            life.places.contains(position),
            "{user} at {position:?}: {life:?}, seed {seed}, crash {crash}"
        );
    }
    for (user, life) in lives {
        let is_due = life.kept && life.sharing == Some(Sharing::Exact);
        assert!(
            !is_due || shown.contains_key(user),
            "{user} is not back: {life:?}, seed {seed}, crash {crash}"
        );
    }
}

#[test]
fn who_was_kept_is_back_after_any_crash_and_nobody_else_is() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse().unwrap());
    let first: u64 = number("NEARCAST_REDIS_SEED").unwrap_or(1);
    let worlds = match number("NEARCAST_REDIS_SEED") {
        Some(_) => 1,
        None => number("NEARCAST_REDIS_WORLDS").unwrap_or(4),
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for seed in first..first + worlds {
        runtime.block_on(live(seed));
    }
    println!("{worlds} worlds over Redis");
}
