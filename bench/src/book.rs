//! P1 and P2: the textbook's population, 40 nearby online friends each, movers drawn at random.
//!
//! P1 is one thread that moves, checks, marks, and every three simulated seconds drains and
//! deduplicates the marks. P2 is all threads, with the sweep and its encoded frames besides.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use nearcast::broker::{
    About, Account, Broker, Config, Hello, Move, Moved, SessionId, Sink, Worker,
};
use nearcast::wire::{Encoding, Mode};
use serde_json::Value;

use crate::load::Load;
use crate::people::People;
use crate::report::{self, Figure, Goal};
use crate::rss::Rss;
use crate::sample::Sample;
use crate::seed::Seed;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    load: Load,
    /// Simulated seconds between two sweeps; a user moves every 30
    #[arg(long, default_value_t = 3)]
    hold: u32,
}

/// The textbook's time between two moves of a user.
const MOVE_EVERY_S: u32 = 30;
/// Moves between two ticks, at which a worker takes the marks off its queue.
const BATCH: u32 = 1_000;
const RADIUS_M: f32 = 8_047.0;

/// A worker and whom it serves.
struct Side {
    worker: Worker,
    users: Range<u32>,
    sessions: Vec<SessionId>,
    /// On which side of home each user is.
    steps: Vec<u8>,
    random: Seed,
    sample: Sample,
    work: Work,
    /// Moves that one round of reading sockets would give.
    batch: Vec<(SessionId, Move)>,
}

struct Town {
    people: People,
    sides: Vec<Side>,
    now: u64,
    per_round: u32,
    hold_ms: u64,
}

/// What was done, and how long it took.
#[derive(Default, Clone, Copy)]
struct Work {
    updates: u64,
    frames: u64,
    bytes: u64,
    elapsed: Duration,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), String> {
    let load = &arguments.load;
    let threads = load.threads.max(2);
    let mut town = Town::settle(load, arguments.hold, threads)?;
    let mut figures = Vec::new();

    let limit = Duration::from_secs(load.seconds);
    town.connect(Encoding::Protobuf)?;
    let alone = town.move_and_drain(limit)?;
    figures.push(figure(
        arguments,
        "updates_per_s",
        alone.per_s(alone.updates),
        1,
        "protobuf",
        Some(1e6),
    ));
    for (encoding, name, goal) in [
        (Encoding::Protobuf, "protobuf", 24e6),
        (Encoding::Json, "json", 16e6),
    ] {
        if encoding == Encoding::Json {
            town.connect(encoding)?;
        }
        let work = town.move_and_sweep(limit)?;
        let deliveries = work.updates * u64::from(load.friends);
        let per_frame = deliveries as f64 / work.frames as f64;
        let mut sample = Sample::default();
        for side in &mut town.sides {
            sample.join(&mut side.sample);
        }
        let decoded = sample.check(encoding, per_frame)?;
        let mut add = |name_of, value, goal| {
            figures.push(figure(arguments, name_of, value, threads, name, goal));
        };
        add("deliveries_per_s", work.per_s(deliveries), Some(goal));
        add("updates_per_frame", per_frame, None);
        add(
            "bytes_per_delivery",
            work.bytes as f64 / deliveries as f64,
            None,
        );
        add("frames_decoded", decoded as f64, None);
    }
    let rss = Rss::of(std::process::id())?;
    let mut memory = figure(arguments, "rss_gb", rss.now_gb, threads, "json", None);
    memory.goal = Some(Goal::AtMost(4.0));
    memory.unit = "GB";
    figures.push(memory);
    for figure in &mut figures {
        figure.unit = match figure.name {
            "updates_per_s" | "deliveries_per_s" => "1/s",
            "bytes_per_delivery" => "B",
            _ => figure.unit,
        };
    }
    report::print(&figures, load.json)
}

fn figure(
    arguments: &Arguments,
    name: &'static str,
    value: f64,
    threads: u32,
    encoding: &'static str,
    at_least: Option<f64>,
) -> Figure {
    let mut parameters: Vec<(&'static str, Value)> = arguments.load.parameters();
    for (parameter, value) in &mut parameters {
        if *parameter == "threads" {
            *value = threads.into();
        }
    }
    parameters.push(("hold_s", arguments.hold.into()));
    parameters.push(("encoding", encoding.into()));
    let goal = at_least.map(Goal::AtLeast);
    Figure {
        bench: "book",
        name,
        value,
        unit: "",
        goal,
        parameters,
    }
}

impl Work {
    fn per_s(&self, count: u64) -> f64 {
        count as f64 / self.elapsed.as_secs_f64()
    }
}

impl Town {
    /// Everybody comes into the world and says where she is; nobody is connected yet.
    fn settle(load: &Load, hold_s: u32, threads: u32) -> Result<Self, String> {
        let people = People::new(load.users, load.friends, load.seed);
        let per_round =
            (u64::from(load.users) * u64::from(hold_s) / u64::from(MOVE_EVERY_S)) as u32;
        let users = load.users as usize;
        let config = Config {
            users,
            edges: users * (load.friends as usize + 24),
            marks: 4 * (BATCH * load.friends) as usize,
            collected: per_round as usize * load.friends as usize / threads as usize * 5 / 4 + 1024,
            ttl_ms: 3_600_000,
            ..Config::default()
        };
        let share = |side: usize| {
            let border = |side: usize| (users * side / threads as usize) as u32;
            border(side)..border(side + 1)
        };
        let workers = Broker::new(config, threads as usize);
        let now = 1_800_000_000_000;
        let mut sides: Vec<Side> = workers
            .into_iter()
            .enumerate()
            .map(|(number, worker)| Side {
                worker,
                users: share(number),
                sessions: Vec::with_capacity(share(number).len()),
                steps: vec![0; share(number).len()],
                random: Seed::new(load.seed ^ 0x5eed << 32 ^ number as u64),
                sample: Sample::default(),
                work: Work::default(),
                batch: Vec::with_capacity(BATCH as usize),
            })
            .collect();
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
            sides,
            now,
            per_round,
            hold_ms: u64::from(hold_s) * 1000,
        })
    }
}

/// Sides in parallel, one thread each.
fn on_all(
    sides: &mut [Side],
    act: impl Fn(&mut Side, usize) -> Result<(), String> + Sync,
) -> Result<(), String> {
    thread::scope(|scope| {
        let act = &act;
        let threads: Vec<_> = sides
            .iter_mut()
            .enumerate()
            .map(|(number, side)| scope.spawn(move || act(side, number)))
            .collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().map_err(|_| "a worker panicked".to_owned())?)
    })
}

impl Town {
    /// Everybody (re)connects and gets the list of who is near.
    fn connect(&mut self, encoding: Encoding) -> Result<(), String> {
        let (people, now) = (&self.people, self.now);
        on_all(&mut self.sides, |side, _| {
            let hello = Hello {
                encoding,
                friends: true,
                strangers: false,
                radius_m: RADIUS_M,
                observes: false,
            };
            let mut frame = Vec::new();
            for user in side.users.clone() {
                if let Some(&old) = side.sessions.get((user - side.users.start) as usize) {
                    side.worker.close(old, now);
                }
                let opened = side.worker.open(&people.id(user), &hello).map_err(text)?;
                frame.clear();
                side.worker
                    .nearby(opened.session, Mode::Friends, None, now, &mut frame)
                    .map_err(text)?;
                side.keep(user, opened.session);
            }
            // What the arrivals of the others marked.
            side.worker.sweep(now, &mut Null);
            Ok(())
        })
    }

    /// P1: one thread does everybody's moves and drains all marks.
    fn move_and_drain(&mut self, limit: Duration) -> Result<Work, String> {
        let mut work = Work::default();
        let share = self.per_round / self.sides.len() as u32;
        while work.elapsed < limit {
            for _ in 0..share / BATCH {
                // Whoever draws the moves is the world outside, not the server.
                self.sides
                    .iter_mut()
                    .for_each(|side| side.draw(&self.people));
                let started = Instant::now();
                for side in &mut self.sides {
                    work.updates += side.move_all(self.now);
                }
                for side in &mut self.sides {
                    side.worker.collect();
                }
                work.elapsed += started.elapsed();
            }
            let started = Instant::now();
            for side in &mut self.sides {
                side.worker.drain();
            }
            work.elapsed += started.elapsed();
            self.now += self.hold_ms;
            // Not part of P1: the marks are taken off by a sweep, so that the next round's find
            // unmarked pairs.
            let now = self.now;
            on_all(&mut self.sides, |side, _| {
                side.worker.sweep(now, &mut Null);
                Ok(())
            })?;
        }
        Ok(work)
    }

    /// P2: each thread moves its own users and sweeps its own sessions.
    fn move_and_sweep(&mut self, limit: Duration) -> Result<Work, String> {
        let share = self.per_round / self.sides.len() as u32;
        let (people, now, hold_ms) = (&self.people, self.now, self.hold_ms);
        let (arrived, all) = (AtomicU64::new(0), self.sides.len() as u64);
        let started = Instant::now();
        let over = AtomicU64::new(0);
        on_all(&mut self.sides, |side, number| {
            side.work = Work::default();
            for round in 1.. {
                for _ in 0..share / BATCH {
                    side.draw(people);
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
        self.now += hold_ms * 1000;
        let mut all = Work {
            elapsed,
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

impl Side {
    fn keep(&mut self, user: u32, session: SessionId) {
        let place = (user - self.users.start) as usize;
        match self.sessions.get_mut(place) {
            Some(kept) => *kept = session,
            None => self.sessions.push(session),
        }
    }

    /// Draws the next moves: users at random, each to the other side of her home.
    fn draw(&mut self, people: &People) {
        self.batch.clear();
        for _ in 0..BATCH {
            let draw = self.random.next();
            let place = (draw as u32 as usize * self.sessions.len()) >> 32;
            let user = self.users.start + place as u32;
            self.steps[place] ^= 1;
            let position = people.step(user, self.steps[place] == 1, draw >> 32);
            self.batch.push((
                self.sessions[place],
                Move {
                    position,
                    about: quiet(),
                    at: None,
                },
            ));
        }
    }

    /// Moves those who were drawn; answers how many really went.
    fn move_all(&mut self, now: u64) -> u64 {
        let mut went = 0;
        self.worker.move_all(&self.batch, now, |_, moved| {
            went += u64::from(moved == Ok(Moved::Went));
        });
        went
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

/// Phones of the textbook say no more than where they are.
fn quiet() -> About {
    About::new(None, None, None)
}

fn text(denied: nearcast::broker::Denied) -> String {
    format!("{denied:?}")
}
