//! What was seen in one second of the run, and the line in which a process tells it to another.

use serde::{Deserialize, Serialize};

use super::{Delays, Faults};

/// Counts are of this second alone, so that seconds add up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Second {
    /// Whole seconds since the run began.
    pub at_s: u32,
    /// Connections at the second's end.
    pub connected: u32,
    pub moves: u64,
    /// People told of to people: what the server is there for.
    pub deliveries: u64,
    pub frames: u64,
    pub bytes: u64,
    pub errors: u64,
    /// Looks at whether somebody saw what she should of somebody.
    pub checked: u64,
    pub faults: Faults,
    /// From when a move was intended to when it was told.
    pub latency: Delays,
    /// Of the tool itself: from when a move was intended to when it was sent.
    pub lateness: Delays,
    /// From when somebody wanted to be connected to her welcome.
    pub connecting: Delays,
    /// Only by who watches the server: one process of all.
    pub server: Option<Usage>,
}

/// What the server took in one second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// Processor time spent.
    pub cpu_s: f64,
    /// Bytes resident.
    pub memory: u64,
    /// Cores it may run on.
    pub cores: u32,
}

impl Second {
    #[must_use]
    pub fn new(at_s: u32) -> Self {
        Self {
            at_s,
            ..Self::default()
        }
    }

    /// Adds what was seen elsewhere in the same second.
    pub fn merge(&mut self, other: &Self) {
        self.connected += other.connected;
        self.moves += other.moves;
        self.deliveries += other.deliveries;
        self.frames += other.frames;
        self.bytes += other.bytes;
        self.errors += other.errors;
        self.checked += other.checked;
        self.faults.merge(&other.faults);
        self.latency.merge(&other.latency);
        self.lateness.merge(&other.lateness);
        self.connecting.merge(&other.connecting);
        self.server = match (self.server, other.server) {
            (Some(one), Some(two)) => Some(Usage {
                cpu_s: one.cpu_s + two.cpu_s,
                memory: one.memory + two.memory,
                cores: one.cores.max(two.cores),
            }),
            (one, two) => one.or(two),
        };
    }

    /// One line of JSON, without its end.
    #[must_use]
    pub fn to_line(&self) -> String {
        serde_json::to_string(self).expect("numbers and texts are JSON")
    }

    /// # Errors
    /// When the line is not one that [`Self::to_line`] made.
    pub fn from_line(line: &str) -> Result<Self, String> {
        serde_json::from_str(line).map_err(|error| format!("read a second of the run: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::tally::Fault;

    fn second(moves: u64) -> Second {
        let mut second = Second {
            connected: 10,
            moves,
            deliveries: 4 * moves,
            checked: 1,
            ..Second::new(3)
        };
        for number in 0..moves {
            second.latency.record(Duration::from_micros(700 * number));
            second.lateness.record(Duration::from_micros(number));
            second.connecting.record(Duration::from_millis(number));
        }
        second.faults.add(Fault::Missing, || "\"ann\"\n".to_owned());
        second
    }

    #[test]
    fn a_line_brings_back_the_whole_second() {
        let mut told = second(100);
        told.server = Some(Usage {
            cpu_s: 0.1,
            memory: 1 << 40,
            cores: 2,
        });
        let line = told.to_line();
        assert!(!line.contains('\n'));
        assert_eq!(Second::from_line(&line), Ok(told));
    }

    #[test]
    fn two_processes_make_one_second() {
        let mut both = second(100);
        both.server = Some(Usage::default());
        both.merge(&second(50));
        assert_eq!((both.at_s, both.connected, both.moves), (3, 20, 150));
        assert_eq!((both.deliveries, both.checked), (600, 2));
        assert_eq!((both.latency.count(), both.lateness.count()), (150, 150));
        assert_eq!(both.connecting.count(), 150);
        assert_eq!(both.faults.count(Fault::Missing), 2);
        assert_eq!(both.server, Some(Usage::default()));
    }

    #[test]
    fn a_line_that_is_no_second_is_refused() {
        for line in ["", "hello", "{}", "{\"at_s\":1}"] {
            let refused = Second::from_line(line).unwrap_err();
            assert!(refused.starts_with("read a second"), "{refused}");
        }
    }
}
