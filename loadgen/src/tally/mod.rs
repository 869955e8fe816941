//! What a run saw: counted by the second, added up over threads and processes.
//!
//! Everything here adds. It reads no clock and judges nothing.

mod delays;
mod faults;
mod second;

use std::collections::BTreeMap;

pub use delays::{Delays, LONGEST, Percentiles};
pub use faults::{EXAMPLES, Fault, Faults};
pub use second::{Second, Usage};

/// A run so far.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub people: u32,
    /// So many people are checked, if not all.
    pub sampled: Option<u32>,
    pub checked: u64,
    pub errors: u64,
    pub faults: Faults,
    /// As lines: the histograms of a second take 280 KB, its line a hundredth of that. Examples of
    /// faults are above, not here.
    seconds: BTreeMap<u32, String>,
}

impl Tally {
    #[must_use]
    pub fn new(people: u32, sampled: Option<u32>) -> Self {
        Self {
            people,
            sampled,
            ..Self::default()
        }
    }

    /// What one of the processes saw in a second; each may come at any time.
    pub fn add(&mut self, second: &Second) {
        self.checked += second.checked;
        self.errors += second.errors;
        self.faults.merge(&second.faults);
        self.keep(second.clone());
    }

    /// A second as far as it has been told.
    #[must_use]
    pub fn second(&self, at_s: u32) -> Option<Second> {
        self.seconds.get(&at_s).map(|line| kept(line))
    }

    /// In order of time. Seconds of which nobody told are not among them.
    pub fn seconds(&self) -> impl Iterator<Item = Second> {
        self.seconds.values().map(|line| kept(line))
    }

    fn keep(&mut self, second: Second) {
        let at_s = second.at_s;
        let mut whole = match self.second(at_s) {
            Some(mut before) => {
                before.merge(&second);
                before
            }
            None => second,
        };
        whole.faults = whole.faults.counts_only();
        self.seconds.insert(at_s, whole.to_line());
    }
}

fn kept(line: &str) -> Second {
    Second::from_line(line).expect("to_line wrote it")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn second(at_s: u32, moves: u64) -> Second {
        let mut second = Second {
            moves,
            checked: 5,
            errors: 1,
            ..Second::new(at_s)
        };
        second.latency.record(Duration::from_millis(moves));
        second.faults.add(Fault::Late, || format!("at {at_s}"));
        second
    }

    #[test]
    fn seconds_told_by_several_in_any_order_come_out_once_and_sorted() {
        let mut tally = Tally::new(100, None);
        for (at_s, moves) in [(1, 10), (0, 20), (1, 30), (3, 40)] {
            tally.add(&second(at_s, moves));
        }
        let seen: Vec<_> = tally.seconds().map(|one| (one.at_s, one.moves)).collect();
        assert_eq!(seen, [(0, 20), (1, 40), (3, 40)]);
        assert_eq!(tally.second(1).unwrap().latency.count(), 2);
        assert_eq!(tally.second(2), None);
        assert_eq!((tally.checked, tally.errors), (20, 4));
        assert_eq!(tally.faults.count(Fault::Late), 4);
        assert_eq!(tally.faults.examples(Fault::Late)[1], "at 0");
    }
}
