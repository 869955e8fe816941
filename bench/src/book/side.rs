//! A side of `book`: a worker, whom it serves, and the moves that it is given.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use nearcast::broker::{About, Move, Moved, SessionId, Worker};

use crate::people::People;
use crate::sample::Sample;
use crate::seed::Seed;

/// Moves between two ticks, at which a worker takes the marks off its queue.
pub(super) const BATCH: u32 = 1_000;

/// A worker and whom it serves.
pub(super) struct Side {
    pub(super) worker: Worker,
    pub(super) users: Range<u32>,
    pub(super) sessions: Vec<SessionId>,
    random: Seed,
    pub(super) sample: Sample,
    pub(super) work: Work,
    /// Moves that one round of reading sockets would give.
    batch: Vec<(SessionId, Move)>,
    /// By round, how long the moves took to draw.
    pub(super) drawing: Vec<Duration>,
}

/// What was done, and how long it took.
#[derive(Default, Clone, Copy)]
pub(super) struct Work {
    pub(super) updates: u64,
    pub(super) frames: u64,
    pub(super) bytes: u64,
    pub(super) elapsed: Duration,
}

impl Work {
    pub(super) fn per_s(&self, count: u64) -> f64 {
        count as f64 / self.elapsed.as_secs_f64()
    }
}

impl Side {
    pub(super) fn new(number: usize, worker: Worker, users: Range<u32>, seed: u64) -> Self {
        Self {
            worker,
            users,
            sessions: Vec::new(),
            random: Seed::new(seed ^ 0x5eed << 32 ^ number as u64),
            sample: Sample::default(),
            work: Work::default(),
            batch: Vec::with_capacity(BATCH as usize),
            drawing: Vec::new(),
        }
    }

    /// Draws the next moves: users at random, each to the other side of her home.
    pub(super) fn draw(&mut self, people: &People, steps: &[AtomicBool]) {
        self.batch.clear();
        for _ in 0..BATCH {
            let draw = self.random.next();
            let place = (draw as u32 as usize * self.sessions.len()) >> 32;
            let user = self.users.start + place as u32;
            let west = steps[user as usize].fetch_not(Ordering::Relaxed);
            let position = people.step(user, !west, draw >> 32);
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

    pub(super) fn drawn_for(&mut self, time: Duration) {
        *self.drawing.last_mut().expect("a round has begun") += time;
    }

    /// Moves those who were drawn; answers how many really went.
    pub(super) fn move_all(&mut self, now: u64) -> u64 {
        let mut went = 0;
        self.worker.move_all(&self.batch, now, |_, moved| {
            went += u64::from(moved == Ok(Moved::Went));
        });
        went
    }
}

/// Whom one of several sides serves.
pub(super) fn share(users: u32, sides: u32, side: usize) -> Range<u32> {
    let border = |side: u64| (u64::from(users) * side / u64::from(sides)) as u32;
    let side = (side as u64).min(u64::from(sides));
    border(side)..border((side + 1).min(u64::from(sides)))
}

/// Sides in parallel, one thread each.
pub(super) fn on_all(
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

/// Phones of the textbook say no more than where they are.
pub(super) fn quiet() -> About {
    About::new(None, None, None)
}
