//! The town of `book`: who serves whom, how everybody settles and connects, and the two things
//! that are measured.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nearcast::broker::{Account, Broker, Config, Denied, Hello, Move, SessionId, Sink};
use nearcast::wire::{Encoding, Mode};

use crate::load::Load;
use crate::people::People;
use crate::sample::Sample;

use super::side::{BATCH, Side, Work, on_all, quiet, share};

/// The textbook's time between two moves of a user.
const MOVE_EVERY_S: u32 = 30;
const RADIUS_M: f32 = 8_047.0;

pub(super) struct Town {
    people: People,
    /// On which side of home each user is.
    steps: Vec<AtomicBool>,
    sides: Vec<Side>,
    now: u64,
    per_round: u32,
    hold_ms: u64,
}

/// What a run of many minutes is at.
pub(super) fn say(stage: &str) {
    eprintln!("book: {stage}");
}

impl Town {
    /// Everybody comes into the world and says where she is; nobody is connected yet.
    pub(super) fn settle(load: &Load, hold_s: u32, threads: u32) -> Result<Self, String> {
        let people = People::new(load.users, load.friends, load.seed);
        let per_round =
            (u64::from(load.users) * u64::from(hold_s) / u64::from(MOVE_EVERY_S)) as u32;
        let least = threads * BATCH;
        if per_round < least {
            let users = u64::from(least) * u64::from(MOVE_EVERY_S) / u64::from(hold_s);
            return Err(format!(
                "book: with this hold it takes {users} users at least"
            ));
        }
        let users = load.users as usize;
        let config = Config {
            users,
            edges: users * (load.friends as usize + 24),
            // A thread that the machine stops for a quarter of a second loses none.
            marks: 32 * (BATCH * load.friends) as usize,
            collected: per_round as usize * load.friends as usize * 5 / 4 + 1024,
            ttl_ms: 3_600_000,
            ..Config::default()
        };
        let workers = Broker::new(config, threads as usize);
        let now = 1_800_000_000_000;
        let mut sides: Vec<Side> = workers
            .into_iter()
            .enumerate()
            .map(|(number, worker)| {
                let users = share(load.users, threads, number);
                Side::new(number, worker, users, load.seed)
            })
            .collect();
        say("settle");
        on_all(&mut sides, |side, _| {
            for user in side.users.clone() {
                side.worker
                    .admit(&people.id(user), &Account::default(), now)
                    .map_err(text)?;
            }
            Ok(())
        })?;
        on_all(&mut sides, |side, _| {
            for user in side.users.clone() {
                let friends: Vec<String> = people
                    .later_friends(user)
                    .map(|one| people.id(one))
                    .collect();
                for friend in &friends {
                    side.worker
                        .befriend(&people.id(user), friend)
                        .map_err(text)?;
                }
            }
            Ok(())
        })?;
        on_all(&mut sides, |side, _| {
            for user in side.users.clone() {
                let said = Move {
                    position: people.home(user),
                    about: quiet(),
                    at: None,
                };
                side.worker
                    .report(&people.id(user), &said, now)
                    .map_err(text)?;
            }
            Ok(())
        })?;
        sides[0].worker.tidy(now);
        Ok(Self {
            people,
            steps: (0..users).map(|_| AtomicBool::new(false)).collect(),
            sides,
            now,
            per_round,
            hold_ms: u64::from(hold_s) * 1000,
        })
    }
}

impl Town {
    /// Everybody (re)connects, to the first of the sides, and gets the list of who is near.
    pub(super) fn connect(&mut self, encoding: Encoding, sides: u32) -> Result<(), String> {
        say("connect");
        let (people, now) = (&self.people, self.now);
        on_all(&mut self.sides, |side, _| {
            for session in std::mem::take(&mut side.sessions) {
                side.worker.close(session, now);
            }
            Ok(())
        })?;
        on_all(&mut self.sides, |side, number| {
            side.users = share(people.users(), sides, number);
            let hello = Hello {
                encoding,
                friends: true,
                strangers: false,
                radius_m: RADIUS_M,
                observes: false,
            };
            let mut frame = Vec::new();
            for user in side.users.clone() {
                let opened = side.worker.open(&people.id(user), &hello).map_err(text)?;
                frame.clear();
                side.worker
                    .nearby(opened.session, Mode::Friends, None, now, &mut frame)
                    .map_err(text)?;
                side.sessions.push(opened.session);
            }
            Ok(())
        })?;
        // What the arrivals marked, when all have arrived.
        on_all(&mut self.sides, |side, _| {
            side.worker.sweep(now, &mut Null);
            Ok(())
        })
    }

    /// The frames kept of all sides.
    pub(super) fn take_sample(&mut self) -> Sample {
        let mut sample = Sample::default();
        for side in &mut self.sides {
            sample.join(&mut side.sample);
        }
        sample
    }

    /// P1: moves, and every round all marks drained.
    pub(super) fn move_and_drain(&mut self, limit: Duration) -> Result<Work, String> {
        let mut work = Work::default();
        let side = &mut self.sides[0];
        while work.elapsed < limit {
            let started = Instant::now();
            side.worker.tidy(self.now);
            work.elapsed += started.elapsed();
            for _ in 0..self.per_round / BATCH {
                // Whoever draws the moves is the world outside, not the server.
                side.draw(&self.people, &self.steps);
                let started = Instant::now();
                work.updates += side.move_all(self.now);
                side.worker.collect();
                work.elapsed += started.elapsed();
            }
            let started = Instant::now();
            side.worker.drain();
            work.elapsed += started.elapsed();
            self.now += self.hold_ms;
            // Not part of P1: the marks are taken off by a sweep, so that the next round's find
            // unmarked pairs.
            side.worker.sweep(self.now, &mut Null);
        }
        self.check_marks()?;
        Ok(work)
    }

    /// A mark that is dropped spares work, and makes other.
    fn check_marks(&self) -> Result<(), String> {
        match self.sides[0].worker.broker().marks_dropped() {
            0 => Ok(()),
            dropped => Err(format!("book: {dropped} marks found no room")),
        }
    }

    /// Whoever draws the moves is the world outside, not the server. All threads make their
    /// rounds together: without it, each would take less by what the thread that spends least on
    /// it does, at least.
    fn drawing(&mut self) -> Duration {
        let mut sides = self.sides.iter_mut();
        let all = sides.next().map(|side| std::mem::take(&mut side.drawing));
        let least = sides.fold(all.unwrap_or_default(), |least, side| {
            let drawing = std::mem::take(&mut side.drawing).into_iter();
            least
                .into_iter()
                .zip(drawing)
                .map(|(one, other)| one.min(other))
                .collect()
        });
        least.iter().sum()
    }

    /// P2: each thread moves its own users and sweeps its own sessions.
    pub(super) fn move_and_sweep(&mut self, limit: Duration) -> Result<Work, String> {
        let share = self.per_round / self.sides.len() as u32;
        let (people, steps) = (&self.people, &self.steps);
        let (now, hold_ms) = (self.now, self.hold_ms);
        let (arrived, all) = (AtomicU64::new(0), self.sides.len() as u64);
        let started = Instant::now();
        let over = AtomicU64::new(0);
        on_all(&mut self.sides, |side, number| {
            side.work = Work::default();
            for round in 1.. {
                if number == 0 {
                    side.worker.tidy(now + hold_ms * round);
                }
                side.drawing.push(Duration::ZERO);
                for _ in 0..share / BATCH {
                    let started = Instant::now();
                    side.draw(people, steps);
                    side.drawn_for(started.elapsed());
                    side.work.updates += side.move_all(now + hold_ms * round);
                    side.worker.collect();
                }
                let Side {
                    worker,
                    work,
                    sample,
                    ..
                } = side;
                worker.sweep(now + hold_ms * round, &mut Counter { work, sample });
                // All threads make as many rounds. Who is done before the others goes on taking
                // the marks that they make, as a worker at rest does at each tick.
                if number == 0 && started.elapsed() > limit {
                    over.store(round, Ordering::Relaxed);
                }
                arrived.fetch_add(1, Ordering::AcqRel);
                while arrived.load(Ordering::Acquire) < all * round {
                    side.worker.collect();
                    thread::yield_now();
                }
                if over.load(Ordering::Relaxed) == round {
                    break;
                }
            }
            Ok(())
        })?;
        let elapsed = started.elapsed();
        self.now += hold_ms * over.into_inner();
        self.check_marks()?;
        let mut all = Work {
            elapsed: elapsed - self.drawing(),
            ..Work::default()
        };
        for side in &self.sides {
            all.updates += side.work.updates;
            all.frames += side.work.frames;
            all.bytes += side.work.bytes;
        }
        Ok(all)
    }
}

/// Frames that nobody reads.
struct Null;

impl Sink for Null {
    fn is_full(&mut self, _: SessionId) -> bool {
        false
    }

    fn frame(&mut self, _: SessionId, _: &[u8]) {}
}

struct Counter<'a> {
    work: &'a mut Work,
    sample: &'a mut Sample,
}

impl Sink for Counter<'_> {
    fn is_full(&mut self, _: SessionId) -> bool {
        false
    }

    fn frame(&mut self, _: SessionId, frame: &[u8]) {
        self.work.frames += 1;
        self.work.bytes += frame.len() as u64;
        self.sample.offer(frame);
    }
}

fn text(denied: Denied) -> String {
    format!("{denied:?}")
}
