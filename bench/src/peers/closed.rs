//! Saturated: every group moves as fast as it is told. Its next round begins when everybody has
//! heard the last, so that as many moves are under way as there are groups.

use std::time::{Duration, Instant};

use super::contender::{Contender, cpu_of};
use super::measured::Measured;
use super::writes::segments;
use crate::clients::pause;
use crate::groups::Groups;

/// After the last: nothing may come that nobody published.
const QUIET: Duration = Duration::from_millis(200);

pub(super) struct Closed<'a> {
    pub(super) groups: &'a Groups,
    /// Moves of a round.
    pub(super) movers: u32,
    pub(super) warm_up: Duration,
    pub(super) length: Duration,
    /// When nothing was heard for so long, what is missing will not come.
    pub(super) patience: Duration,
}

/// How far the groups are.
struct Rounds {
    friends: u32,
    /// By group: what is still to be heard of its round.
    missing: Vec<u32>,
    /// By group: moves so far.
    moves: Vec<usize>,
    /// Groups that are through.
    over: Vec<usize>,
    published: u64,
    heard: u64,
}

impl Closed<'_> {
    pub(super) fn run(&self, contender: &mut dyn Contender) -> Result<Measured, String> {
        let segments_before = segments(&contender.ports());
        let mut rounds = Rounds::new(self.groups);
        let started = Instant::now();
        while started.elapsed() < self.warm_up {
            self.turn(contender, &mut rounds, true)?;
        }
        let (begun, cpu, heard) = (Instant::now(), cpu_of(contender)?, rounds.heard);
        while begun.elapsed() < self.length {
            self.turn(contender, &mut rounds, true)?;
        }
        let (elapsed, cpu) = (begun.elapsed(), cpu_of(contender)? - cpu);
        let heard = rounds.heard - heard;
        let mut news = Instant::now();
        let enough = |rounds: &Rounds| match rounds.heard < rounds.published {
            true => self.patience,
            false => QUIET,
        };
        while news.elapsed() < enough(&rounds) {
            let before = rounds.heard;
            self.turn(contender, &mut rounds, false)?;
            if rounds.heard > before {
                news = Instant::now();
            }
        }
        if heard == 0 {
            return Err(format!("nothing was heard for {} s", self.length.as_secs()));
        }
        Ok(Measured {
            elapsed,
            cpu,
            heard,
            published: rounds.published,
            delivered: rounds.heard,
            segments: segments_before.until(&segments(&contender.ports())),
            ns: None,
            late_ms: None,
        })
    }

    /// Without sleeping: who writes to a socket whose reader sleeps pays for waking her.
    fn turn(
        &self,
        contender: &mut dyn Contender,
        rounds: &mut Rounds,
        goes_on: bool,
    ) -> Result<(), String> {
        for group in std::mem::take(&mut rounds.over) {
            if goes_on {
                for number in rounds.begin(group, self.movers) {
                    contender.make_move(group, number)?;
                }
            }
        }
        if contender.wait(Duration::ZERO)? == 0 {
            pause();
        }
        contender.read(&mut |client, updates| {
            if let Some(group) = self.groups.group(client) {
                rounds.hear(group, updates);
            }
        })
    }
}

impl Rounds {
    fn new(groups: &Groups) -> Self {
        Self {
            friends: groups.friends(),
            missing: vec![0; groups.count()],
            moves: vec![0; groups.count()],
            over: (0..groups.count()).collect(),
            published: 0,
            heard: 0,
        }
    }

    /// The moves of a group's next round.
    fn begin(&mut self, group: usize, movers: u32) -> std::ops::Range<usize> {
        let first = self.moves[group];
        self.moves[group] += movers as usize;
        self.missing[group] = movers * self.friends;
        self.published += u64::from(movers * self.friends);
        first..self.moves[group]
    }

    /// What nobody published is counted, and ends no round.
    #[inline]
    fn hear(&mut self, group: usize, updates: u32) {
        self.heard += u64::from(updates);
        let missing = &mut self.missing[group];
        if *missing > 0 && updates > 0 {
            *missing = missing.saturating_sub(updates);
            if *missing == 0 {
                self.over.push(group);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::contender::fake::Fake;
    use super::*;

    fn run(loses: Option<usize>) -> Measured {
        let groups = Groups::in_order('a', 6, 2);
        let closed = Closed {
            groups: &groups,
            movers: 1,
            warm_up: Duration::from_millis(10),
            length: Duration::from_millis(50),
            patience: Duration::from_millis(50),
        };
        closed.run(&mut Fake::new(&groups, loses)).unwrap()
    }

    #[test]
    fn what_is_published_is_counted_to_the_end() {
        let measured = run(None);
        assert_eq!(measured.published, measured.delivered);
        assert!(measured.heard > 100 && measured.heard <= measured.delivered);
    }

    #[test]
    fn what_is_lost_is_missing_in_the_count() {
        let measured = run(Some(1_001));
        assert_eq!(measured.published - measured.delivered, 1);
    }

    #[test]
    fn a_round_is_over_when_everybody_has_heard_it() {
        let groups = Groups::in_order('a', 6, 2);
        let mut rounds = Rounds::new(&groups);
        assert_eq!(std::mem::take(&mut rounds.over), [0, 1]);
        assert_eq!(rounds.begin(1, 2), 0..2);
        for _ in 0..3 {
            rounds.hear(1, 1);
        }
        assert!(rounds.over.is_empty());
        rounds.hear(1, 1);
        assert_eq!(rounds.over, [1]);
        assert_eq!((rounds.published, rounds.heard), (4, 4));
        // A message too many shows, and begins nothing.
        rounds.hear(1, 1);
        assert_eq!((rounds.over.len(), rounds.heard), (1, 5));
        assert_eq!(rounds.begin(1, 2), 2..4);
    }
}
