//! Random lives over a real Redis: people come with tokens, move, share, consent and are erased;
//! Redis sleeps, or forgets everything; the server crashes at any moment and starts anew. Whoever
//! had been kept is back, where she was then or has been since, and as the accounts have her;
//! nobody else is.
//!
//! `NEARCAST_REDIS_WORLDS` says how many, `NEARCAST_REDIS_SEED` which one.

use std::collections::BTreeMap;
use std::time::Duration;

use nearcast::accounts::{Asker, Refusal};
use nearcast::broker::{About, Move, Moved};
use nearcast::clock::Clock;
use nearcast::store::{Lent, ProfileChange, SharingChange};
use nearcast::wire::{Sharing, UserId};
use nearcast_grid::Position;

use super::house::House;
use super::life::{Life, Permit};
use super::store::Redis;
use crate::server::fresh_dir;

const PEOPLE: usize = 12;
const CRASHES: usize = 4;
/// Of whom is asked, after each start, what the one may see of the other.
const PAIRS: usize = 6;

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

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.roll(all.len())]
    }

    fn name(&mut self) -> String {
        format!("user-{}", self.roll(PEOPLE))
    }

    /// Poles and the antimeridian among the rest.
    fn place(&mut self) -> Position {
        let lat = self.one_of(&[-90.0, -85.06, -33.0, 0.0, 37.5, 85.0, 89.9, 90.0]);
        let lon = self.one_of(&[-180.0, -0.1, 0.0, 127.0, 179.999, 180.0]);
        let step = self.roll(1000) as f64 * 1e-5;
        Position::new(lat, f64::min(lon + step, 180.0)).unwrap()
    }
}

type Lives = BTreeMap<String, Life>;

/// One world, from its first start to its last.
struct World {
    seed: u64,
    dice: Dice,
    lives: Lives,
}

impl World {
    async fn run(seed: u64) {
        let mut world = Self {
            seed,
            dice: Dice(seed),
            lives: Lives::new(),
        };
        let (mut redis, data) = (Redis::start(), fresh_dir());
        std::fs::create_dir_all(&data).unwrap();
        for crash in 0..=CRASHES {
            let house = House::open(&data, &redis.url(), Clock::start()).await;
            world.is_true(&house, crash).await;
            redis = world.goes_on(&house, redis).await;
            world.ends(house, &redis).await;
        }
        let _ = std::fs::remove_dir_all(&data);
    }

    /// Until all that was said is kept, and a little longer.
    async fn goes_on(&mut self, house: &House, mut redis: Redis) -> Redis {
        self.act(house, 40).await;
        if self.dice.roll(4) == 0 {
            // Redis itself is killed, and forgets everything.
            let port = redis.port;
            drop(redis);
            redis = Redis::at(port, &[]);
        }
        house.has_kept().await;
        self.lives.values_mut().for_each(Life::is_kept);
        self.act(house, 10).await;
        redis
    }

    /// In any way.
    async fn ends(&mut self, house: House, redis: &Redis) {
        match self.dice.roll(4) {
            0 => {
                // A clean end keeps what came last.
                house.stop.send_replace(true);
                house.running.await.unwrap();
                self.lives.values_mut().for_each(Life::is_kept);
                return;
            }
            1 => {
                // Redis sleeps: nothing of this is kept, and who is erased is still there.
                redis.signal("STOP");
                self.act(&house, 20).await;
            }
            _ => {
                let while_ms = self.dice.roll(30) as u64;
                tokio::time::sleep(Duration::from_millis(while_ms)).await;
            }
        }
        house.running.abort();
        let _ = house.running.await;
        redis.signal("CONT");
    }

    async fn act(&mut self, house: &House, most: usize) {
        for _ in 0..self.dice.roll(most) {
            let name = self.dice.name();
            let user = UserId::new(&name).unwrap();
            let life = self.lives.entry(name).or_default();
            act(house, &user, life, &mut self.dice).await;
        }
    }

    /// Who is shown, and as what.
    async fn is_true(&mut self, house: &House, crash: usize) {
        let said = format!("seed {}, crash {crash}", self.seed);
        let shown = house.shown();
        for (user, position) in &shown {
            let life = self.lives.get(user).cloned().unwrap_or_default();
            assert!(
                life.is_shown() && life.places.contains(position),
                "{user} at {position:?}: {life:?}, {said}"
            );
        }
        for (user, life) in &mut self.lives {
            assert!(
                !(life.kept && life.is_shown()) || shown.contains_key(user),
                "{user} is not back: {life:?}, {said}"
            );
            life.starts_anew(shown.get(user).copied());
        }
        for _ in 0..PAIRS {
            let (viewer, subject) = (self.dice.name(), self.dice.name());
            if viewer != subject {
                let why = is_seen_as_she_is(house, &self.lives, &viewer, &subject).await;
                assert_eq!(why, Ok(()), "{viewer} of {subject}, {said}");
            }
        }
    }
}

/// What the world would tell one of the other, against what is so.
async fn is_seen_as_she_is(
    house: &House,
    lives: &Lives,
    viewer: &str,
    subject: &str,
) -> Result<(), String> {
    let life = |user: &str| lives.get(user).cloned().unwrap_or_default();
    let (a, b) = (life(viewer), life(subject));
    let exist = a.sharing.is_some() && b.sharing.is_some();
    let reasons = match house.accounts.why(viewer, subject).await {
        Ok(reasons) if exist => reasons,
        Err(Refusal::NotFound) if !exist => return Ok(()),
        other => return Err(format!("{other:?} of {a:?} and {b:?}")),
    };
    let shares = b.sharing != Some(Sharing::Off);
    let approximate = b.sharing == Some(Sharing::Approximate);
    let permits = a.permits.iter().flat_map(|mine| {
        let hers = b.permits.iter();
        hers.map(move |hers| (mine, hers))
    });
    let is_so = (reasons.subject_shares, reasons.subject_approximate) == (shares, approximate)
        && (reasons.subject_active || !b.kept)
        && permits.into_iter().any(|(mine, hers)| {
            let open = (a.is_open(mine), b.is_open(hers));
            (reasons.viewer_open, reasons.subject_open) == open
                && reasons.same_pool == (mine.pool == hers.pool)
        });
    is_so
        .then_some(())
        .ok_or_else(|| format!("{reasons:?} of {a:?} and {b:?}"))
}

async fn act(house: &House, user: &UserId, life: &mut Life, dice: &mut Dice) {
    let accounts = &house.accounts;
    let backend = || Asker::Maker(accounts.moment());
    match dice.roll(16) {
        0 | 1 => {
            // Pending while Redis sleeps; and then she is not to come back either.
            accounts.erase(user).await.unwrap();
            *life = Life::default();
            return;
        }
        2..5 => {
            let all = [Sharing::Exact, Sharing::Approximate, Sharing::Off];
            let sharing = dice.one_of(&all);
            let change = SharingChange {
                sharing: Some(Lent {
                    sharing,
                    until: None,
                    then: None,
                }),
                ..SharingChange::default()
            };
            accounts
                .put_sharing(user, &change, backend())
                .await
                .unwrap();
            life.sharing = Some(sharing);
        }
        5 | 6 => {
            let consents = dice.roll(3) > 0;
            let change = SharingChange {
                strangers_consent: Some(consents),
                ..SharingChange::default()
            };
            accounts
                .put_sharing(user, &change, backend())
                .await
                .unwrap();
            life.consents = consents;
        }
        7 => {
            let allowed = dice.roll(2) > 0;
            let change = ProfileChange {
                strangers_allowed: Some(allowed),
                ..ProfileChange::default()
            };
            accounts.put_user(user, &change, backend()).await.unwrap();
            life.allowed = allowed;
        }
        8 | 9 => {
            let permit = Permit {
                strangers: dice.roll(2) > 0,
                pool: dice.one_of(&["", "teens", "adults"]),
            };
            let claims = permit.claims(user);
            accounts.arrive(&claims, accounts.moment()).await.unwrap();
            life.shows(permit);
        }
        _ => {
            if life.sharing.is_none() {
                let change = ProfileChange::default();
                accounts.put_user(user, &change, backend()).await.unwrap();
            }
            let position = dice.place();
            let said = Move {
                position,
                about: About::new(None, None, None),
                at: None,
            };
            // Of less than ten metres nothing changes.
            if accounts.moved(user, None, &said).await.unwrap() == Moved::Went {
                life.goes_to(position);
            }
        }
    }
    life.sharing.get_or_insert(Sharing::Exact);
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
        runtime.block_on(World::run(seed));
    }
    println!("{worlds} worlds over Redis");
}
