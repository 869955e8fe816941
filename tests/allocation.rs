//! A move takes no memory and gives none back; a sweep encodes what moved without any.
//!
//! A binary of its own: the allocator that counts is the process's.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use nearcast::broker::{
    About, Account, Broker, Config, Hello, Move, Moved, SessionId, Sink, Worker,
};
use nearcast::wire::Encoding;
use nearcast_grid::Position;

struct Counting;

thread_local! {
    /// Blocks taken, resized and given back.
    static CALLS: Cell<usize> = const { Cell::new(0) };
}

fn count() {
    CALLS.with(|calls| calls.set(calls.get() + 1));
}

#[expect(unsafe_code, reason = "a global allocator is an unsafe trait")]
// SAFETY: every call is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count();
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn calls_of<T>(act: impl FnOnce() -> T) -> (T, usize) {
    let before = CALLS.get();
    let answer = act();
    (answer, CALLS.get() - before)
}

const FRIENDS: usize = 40;

/// Bob and forty friends around him.
struct Crowd {
    workers: Vec<Worker>,
    /// Each user's on the worker of her number, as far as there are workers.
    sessions: Vec<SessionId>,
    now: u64,
    counted: Counted,
}

/// A sink that keeps nothing.
#[derive(Default)]
struct Counted {
    frames: usize,
    bytes: usize,
}

impl Sink for Counted {
    fn is_full(&mut self, _: SessionId) -> bool {
        false
    }

    fn frame(&mut self, _: SessionId, frame: &[u8]) {
        self.frames += 1;
        self.bytes += frame.len();
    }
}

fn to(north_m: f64) -> Move {
    Move {
        position: Position::new(37.5 + north_m / 110_990.0, 127.0).unwrap(),
        about: About::new(Some(5.0), Some(90.0), Some(1.5)),
        at: None,
    }
}

fn hello(number: usize, strangers: bool) -> Hello {
    Hello {
        encoding: Encoding::ALL[number % 2],
        friends: true,
        strangers,
        radius_m: 8_000.0,
        observes: false,
    }
}

impl Crowd {
    /// Everybody on one worker.
    fn new() -> Self {
        Self::on(1, Account::default())
    }

    fn on(workers: usize, account: Account) -> Self {
        let config = Config {
            users: 100,
            edges: 1 << 12,
            marks: 1 << 12,
            ..Config::default()
        };
        let mut workers = Broker::new(config, workers);
        let now = 1_795_000_020_000;
        let mut sessions = Vec::new();
        for number in 0..=FRIENDS {
            let user = format!("user {number}");
            let at = number % workers.len();
            let worker = &mut workers[at];
            worker.admit(&user, &account, now).unwrap();
            let hello = hello(number, account.open);
            sessions.push(worker.open(&user, &hello).unwrap().session);
            worker
                .move_to(sessions[number], &to(50.0 * number as f64), now)
                .unwrap();
            if number > 0 {
                worker.befriend("user 0", &user).unwrap();
            }
        }
        let mut crowd = Self {
            workers,
            sessions,
            now,
            counted: Counted::default(),
        };
        crowd.sweep();
        crowd
    }

    /// Bob, who has all the others for friends.
    fn go(&mut self, said: &Move) -> (Moved, usize) {
        let (session, now) = (self.sessions[0], self.now);
        let (moved, calls) = calls_of(|| self.workers[0].move_to(session, said, now));
        (moved.unwrap(), calls)
    }

    /// Frames, and the allocator's calls for all of them.
    fn sweep(&mut self) -> (usize, usize) {
        self.now += 1000;
        self.workers[0].tidy(self.now);
        self.counted.frames = 0;
        let ((), calls) = calls_of(|| {
            for worker in &mut self.workers {
                worker.sweep(self.now, &mut self.counted);
            }
        });
        (self.counted.frames, calls)
    }
}

#[test]
fn a_move_neither_takes_nor_gives_back_memory() {
    let mut crowd = Crowd::new();
    let short = 3.0;
    let (near, border, far) = (200.0, 7_990.0, 60_000.0);
    // The first round warms up; it allocates nothing either, but that is not promised.
    for round in 0..5 {
        for place in [
            near,
            near + short,
            border,
            far,
            far + short,
            border,
            near,
            0.0,
        ] {
            let (moved, calls) = crowd.go(&to(place));
            assert!(
                round == 0 || calls == 0,
                "{calls} calls for a move to {place}"
            );
            let short_one = [near + short, far + short].contains(&place);
            assert_eq!(moved == Moved::Stayed, short_one, "{place}");
            let (frames, _) = crowd.sweep();
            assert_eq!(frames > 0, !short_one, "somebody is told of {place}");
        }
        // The minute's refresh of who stands still.
        crowd.now += 61_000;
        let (moved, calls) = crowd.go(&to(short));
        assert_eq!((moved, calls), (Moved::Stayed, 0));
        assert_eq!(crowd.sweep().0, FRIENDS);
    }
}

#[test]
fn nor_does_one_that_strangers_and_further_sessions_elsewhere_hear_of() {
    let open = Account {
        open: true,
        ..Account::default()
    };
    let mut crowd = Crowd::on(2, open);
    for user in ["user 0", "user 1"] {
        crowd.workers[1].open(user, &hello(0, true)).unwrap();
    }
    for round in 0..5 {
        // Another privacy cell, out of everybody's sight, and back.
        for place in [200.0, 7_990.0, 60_000.0, 0.0] {
            let (moved, calls) = crowd.go(&to(place));
            assert_eq!(moved, Moved::Went);
            assert!(
                round == 0 || calls == 0,
                "{calls} calls for a move to {place}"
            );
            crowd.now += 15_000;
            assert!(crowd.sweep().0 > 0, "somebody is told of {place}");
        }
    }
}

#[test]
fn many_moves_at_once_take_no_memory_either() {
    let mut crowd = Crowd::new();
    for round in 0..4 {
        let moves: Vec<(SessionId, Move)> = crowd
            .sessions
            .iter()
            .enumerate()
            .map(|(at, session)| (*session, to(50.0 * at as f64 + 30.0 * f64::from(round % 2))))
            .collect();
        let now = crowd.now;
        let ((), calls) = calls_of(|| crowd.workers[0].move_all(&moves, now, |_, _| ()));
        assert_eq!(calls, 0);
        crowd.sweep();
    }
}

#[test]
fn a_warm_sweep_encodes_what_moved_without_memory() {
    let mut crowd = Crowd::new();
    for round in 0..6 {
        crowd.go(&to(20.0 * f64::from(round)));
        let (frames, calls) = crowd.sweep();
        assert_eq!(frames, if round == 0 { 0 } else { FRIENDS });
        assert!(round < 3 || calls == 0, "{calls} calls for {frames} frames");
    }
    // Who enters is told with a profile; without one there is nothing to copy.
    for round in 0..4 {
        for place in [60_000.0, 0.0] {
            crowd.go(&to(place));
            let (frames, calls) = crowd.sweep();
            assert_eq!(frames, FRIENDS + 1);
            assert!(round < 1 || calls == 0, "{calls} calls for {frames} frames");
        }
    }
}
