//! What one person has said about where she is, newest last. Times are microseconds of the run.

use std::collections::VecDeque;

use nearcast_grid::{Position, distance_m};

/// Statements that are remembered: what comes later than this many is a place where she never was.
const REMEMBERED: usize = 64;
/// Two ways of reckoning a distance differ by less.
const DOUBT_M: f64 = 0.1;
/// What is sent so shortly before the end of a connection may be lost with it.
pub(super) const IN_FLIGHT_US: u64 = 2_000_000;
/// Times that are remembered at which she spoke.
const SPOKEN: usize = 16;

/// One statement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Said {
    /// Counts up from one.
    pub(crate) number: u64,
    pub(crate) position: Position,
    /// When it was to be said.
    pub(crate) intended_us: u64,
    /// When it was first on its way.
    pub(crate) first_us: u64,
    /// When it was on its way for certain.
    pub(crate) sent_us: u64,
    /// When it was last said again.
    pub(crate) repeated_us: u64,
    /// It may not have arrived, or may be too short a move to be told.
    pub(crate) in_doubt: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Trace {
    /// Those that others are told of.
    said: VecDeque<Said>,
    count: u64,
    /// When she last spoke, if what she said has arrived for certain.
    spoke_us: VecDeque<u64>,
}

impl Said {
    /// It counted at that time, and has since.
    pub(super) fn is_settled(&self, at_us: u64) -> bool {
        !self.in_doubt && self.sent_us <= at_us
    }
}

impl Trace {
    pub(super) fn says(&mut self, position: Position, intended_us: u64, now_us: u64, least_m: f64) {
        if self.spoke_us.len() == SPOKEN {
            self.spoke_us.pop_front();
        }
        self.spoke_us.push_back(now_us);
        if let Some(last) = self.said.back_mut().filter(|last| !last.in_doubt) {
            let gone_m = distance_m(last.position, position);
            if last.position == position || gone_m < least_m - DOUBT_M {
                last.repeated_us = now_us;
                return;
            }
        }
        let is_again = |last: &mut Said| last.in_doubt && last.position == position;
        let again = self.said.pop_back_if(is_again);
        let in_doubt = self.may_be_too_near(position, least_m);
        if let Some(last) = again {
            // Whether or not it had arrived before.
            self.said.push_back(Said {
                sent_us: now_us,
                repeated_us: now_us,
                in_doubt,
                ..last
            });
            return;
        }
        if self.said.len() == REMEMBERED {
            self.said.pop_front();
        }
        self.count += 1;
        self.said.push_back(Said {
            number: self.count,
            position,
            intended_us,
            first_us: now_us,
            sent_us: now_us,
            repeated_us: now_us,
            in_doubt,
        });
    }

    /// Whether what counted last may be so near that this is no move: it is the last statement that
    /// is certain, or one in doubt that came after it.
    fn may_be_too_near(&self, position: Position, least_m: f64) -> bool {
        let mut may_count = self.since(u64::MAX);
        may_count.any(|said| distance_m(said.position, position) < least_m + DOUBT_M)
    }

    pub(super) fn breaks_off(&mut self, now_us: u64) {
        for said in self.said.iter_mut().rev() {
            if said.sent_us + IN_FLIGHT_US < now_us {
                break;
            }
            said.in_doubt = true;
        }
        self.spoke_us.retain(|&at_us| at_us + IN_FLIGHT_US < now_us);
    }

    /// When she was last heard for certain, of the times up to then.
    pub(super) fn heard_by(&self, by_us: u64) -> Option<u64> {
        let mut times = self.spoke_us.iter().rev().copied();
        times.find(|&at_us| at_us <= by_us)
    }

    pub(super) fn newest(&self) -> Option<&Said> {
        self.said.back()
    }

    /// The newest statement of this place.
    pub(super) fn at(&self, position: Position) -> Option<&Said> {
        self.said
            .iter()
            .rev()
            .find(|said| said.position == position)
    }

    /// The oldest statement of this place, of those from `number` on.
    pub(super) fn first_at(&self, position: Position, number: u64) -> Option<u64> {
        let mut said = self.said.iter().filter(|said| said.number >= number);
        Some(said.find(|said| said.position == position)?.number)
    }

    /// What followed a statement.
    pub(super) fn after(&self, number: u64) -> impl Iterator<Item = &Said> {
        self.said
            .iter()
            .filter(move |said| said.number > number && !said.in_doubt)
    }

    /// Those that counted at some time since then, the newest first: the last one counted when it
    /// began.
    pub(super) fn since(&self, at_us: u64) -> impl Iterator<Item = &Said> {
        let mut is_before = false;
        self.said.iter().rev().take_while(move |said| {
            let counted = !is_before;
            is_before = said.is_settled(at_us);
            counted
        })
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Said> {
        self.said.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(lon: f64) -> Position {
        Position::new(0.0, lon).unwrap()
    }

    #[test]
    fn a_short_move_is_not_told_and_two_short_ones_may_be() {
        let mut trace = Trace::default();
        for (second, lon) in [(1, 0.0), (2, 0.00005), (3, 0.0001)] {
            trace.says(at(lon), second, second, 10.0);
        }
        let places: Vec<f64> = trace.all().map(|said| said.position.lon()).collect();
        assert_eq!(places, [0.0, 0.0001]);
        assert!(!trace.newest().unwrap().in_doubt, "11 m are more than 10");
    }

    #[test]
    fn who_says_again_where_she_is_has_said_it_lately() {
        let mut trace = Trace::default();
        trace.says(at(1.0), 0, 0, 10.0);
        trace.says(at(1.0), 30, 30, 10.0);
        let newest = trace.newest().unwrap();
        assert_eq!((newest.sent_us, newest.repeated_us), (0, 30));
    }

    #[test]
    fn what_was_said_before_a_connection_broke_is_in_doubt_until_it_is_said_again() {
        let mut trace = Trace::default();
        trace.says(at(1.0), 0, 0, 10.0);
        trace.says(at(2.0), 5_000_000, 5_000_000, 10.0);
        trace.breaks_off(5_100_000);
        let in_doubt: Vec<bool> = trace.all().map(|said| said.in_doubt).collect();
        assert_eq!(in_doubt, [false, true]);
        trace.says(at(2.0), 9_000_000, 9_000_000, 10.0);
        let newest = trace.newest().unwrap();
        assert_eq!((newest.in_doubt, newest.number), (false, 2));
        assert_eq!((newest.first_us, newest.sent_us), (5_000_000, 9_000_000));
    }

    #[test]
    fn who_may_have_come_back_unheard_may_not_have_moved() {
        let mut trace = Trace::default();
        for (second, lon) in [(1, 0.0), (5, 0.0002)] {
            trace.says(at(lon), second, second * 1_000_000, 10.0);
        }
        trace.breaks_off(5_100_000);
        // 6 m from the first, 17 m from what may have been lost; then far from everything.
        let mut in_doubt = Vec::new();
        for (second, lon) in [(6, 0.00005), (7, 0.00005), (8, 0.001)] {
            trace.says(at(lon), second, second * 1_000_000, 10.0);
            in_doubt.push(trace.newest().unwrap().in_doubt);
        }
        assert_eq!(in_doubt, [true, true, false]);
        assert_eq!(trace.newest().unwrap().number, 4);
    }

    #[test]
    fn what_may_have_been_lost_was_not_heard() {
        let mut trace = Trace::default();
        for second in [1, 4, 5] {
            trace.says(at(1.0), 0, second * 1_000_000, 10.0);
        }
        assert_eq!(trace.heard_by(4_500_000), Some(4_000_000));
        trace.breaks_off(5_500_000);
        assert_eq!(trace.heard_by(9_000_000), Some(1_000_000));
        assert_eq!(trace.heard_by(500_000), None);
    }

    #[test]
    fn who_looks_goes_by_what_has_counted_since() {
        let mut trace = Trace::default();
        for second in 1..=4 {
            let at_us = second * 1_000_000;
            trace.says(at(second as f64), at_us, at_us, 10.0);
        }
        let since = |at_us| -> Vec<u64> { trace.since(at_us).map(|said| said.number).collect() };
        assert_eq!(since(3_600_000), [4, 3]);
        assert_eq!(since(8_500_000), [4]);
        assert_eq!(since(2_600_000), [4, 3, 2]);
        assert_eq!(since(500_000), [4, 3, 2, 1]);
    }

    #[test]
    fn only_the_last_statements_are_remembered() {
        let mut trace = Trace::default();
        for step in 0..100 {
            trace.says(at(f64::from(step)), 0, 0, 10.0);
        }
        assert_eq!(trace.all().count(), REMEMBERED);
        assert!(trace.at(at(10.0)).is_none() && trace.at(at(99.0)).is_some());
        assert_eq!(trace.after(98).next().unwrap().number, 99);
    }

    #[test]
    fn who_comes_back_to_a_place_has_said_it_twice() {
        let mut trace = Trace::default();
        for lon in [1.0, 2.0, 1.0] {
            trace.says(at(lon), 0, 0, 10.0);
        }
        assert_eq!(trace.at(at(1.0)).unwrap().number, 3);
        let first = |lon, number| trace.first_at(at(lon), number);
        assert_eq!((first(1.0, 0), first(1.0, 2)), (Some(1), Some(3)));
        assert_eq!((first(2.0, 2), first(2.0, 3)), (Some(2), None));
    }
}
