//! Two friends who must not feel what others do: how long one's move takes to reach the other.

use std::time::Duration;

use nearcast::clock::Clock;
use serde_json::Value;

use super::backend::Backend;
use super::process::Process;
use super::raw::{Raw, move_to};

/// Moves in one measurement: with the few others within what one user may send at once.
const MOVES: usize = 15;
/// A middle delay may grow by so much: targets.md, R4. Unoptimised, one read of 64 KiB of the
/// smallest frames takes longer than that.
const GROWTH: Duration = Duration::from_millis(if cfg!(debug_assertions) { 100 } else { 10 });
/// No single move takes longer, whatever else the machine has to do.
const LONGEST: Duration = Duration::from_secs(2);

pub(super) struct Pair {
    mover: Raw,
    viewer: Raw,
    clock: Clock,
    step: u32,
    quiet: Duration,
}

impl Pair {
    /// Meets, and measures how long it takes while nobody disturbs.
    pub(super) async fn meet(process: &Process) -> Self {
        let mut backend = Backend::of(process).await;
        backend.befriend("calm-ann", "calm-bob").await;
        let mut pair = Self {
            mover: Raw::live(process, "calm-ann").await,
            viewer: Raw::live(process, "calm-bob").await,
            clock: Clock::start(),
            step: 0,
            quiet: Duration::ZERO,
        };
        pair.viewer.say(&move_to(Some(1), 48.2, 16.3)).await;
        pair.viewer.until("ok").await;
        pair.step().await;
        pair.quiet = pair.measure().await;
        pair
    }

    /// Moves as before, and must be heard as soon as before.
    pub(super) async fn must_not_feel_it(&mut self) {
        let delay = self.measure().await;
        let quiet = self.quiet;
        assert!(delay <= quiet + GROWTH, "{quiet:?} has become {delay:?}");
    }

    /// The middle one of some delays.
    async fn measure(&mut self) -> Duration {
        let mut delays = Vec::new();
        for _ in 0..MOVES {
            delays.push(self.step().await);
        }
        delays.sort_unstable();
        delays[MOVES / 2]
    }

    async fn step(&mut self) -> Duration {
        self.step += 1;
        let lat = 48.2 + f64::from(self.step) * 0.0005;
        let began = self.clock.instant();
        self.mover.say(&move_to(None, lat, 16.3)).await;
        while !shows(&self.viewer.until("changes").await, lat) {}
        let delay = began.elapsed();
        assert!(delay < LONGEST, "{delay:?}");
        delay
    }
}

fn shows(message: &Value, lat: f64) -> bool {
    let changes = &message["changes"];
    let lists = ["entered", "moved"].into_iter();
    let mut people = lists.filter_map(|list| changes[list].as_array()).flatten();
    people.any(|person| {
        person["lat"]
            .as_f64()
            .is_some_and(|at| (at - lat).abs() < 1e-6)
    })
}
