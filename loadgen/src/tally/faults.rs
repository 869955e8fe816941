//! What was wrong, by kind: how often, and the first few as sentences.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Examples kept of a kind; counting goes on.
pub const EXAMPLES: usize = 10;

/// In the order in which a report lists them: what hurts people most comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    Forbidden,
    Missing,
    Late,
    Position,
    Distance,
    Seen,
    Why,
    Order,
    Duplicate,
    Protocol,
    Refused,
    Lost,
}

impl Fault {
    pub const ALL: [Self; 12] = [
        Self::Forbidden,
        Self::Missing,
        Self::Late,
        Self::Position,
        Self::Distance,
        Self::Seen,
        Self::Why,
        Self::Order,
        Self::Duplicate,
        Self::Protocol,
        Self::Refused,
        Self::Lost,
    ];

    /// As objectives and files name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Forbidden => "forbidden",
            Self::Missing => "missing",
            Self::Late => "late",
            Self::Position => "position",
            Self::Distance => "distance",
            Self::Seen => "seen",
            Self::Why => "why",
            Self::Order => "order",
            Self::Duplicate => "duplicate",
            Self::Protocol => "protocol",
            Self::Refused => "refused",
            Self::Lost => "lost",
        }
    }

    /// For readers of a report.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Forbidden => "told about somebody who must not be shown",
            Self::Missing => "not told about somebody who should be seen",
            Self::Late => "told, but later than the freshness that was asked for",
            Self::Position => "told a place where the person was not",
            Self::Distance => "told a distance that does not fit the two places",
            Self::Seen => "told a time at which the person was not heard",
            Self::Why => "told that somebody is gone for a reason that is not so",
            Self::Order => "told a list that is not in order or counts other people than there are",
            Self::Duplicate => "told the same thing twice",
            Self::Protocol => "told something that the protocol does not allow",
            Self::Refused => "a connection or a command was refused",
            Self::Lost => "a connection was closed or dropped by the server",
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Faults(BTreeMap<Fault, Found>);

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Found {
    count: u64,
    examples: Vec<String>,
}

impl Faults {
    /// `example` is asked for only while examples are kept.
    pub fn add(&mut self, fault: Fault, example: impl FnOnce() -> String) {
        let found = self.0.entry(fault).or_default();
        found.count += 1;
        if found.examples.len() < EXAMPLES {
            found.examples.push(example());
        }
    }

    pub fn merge(&mut self, other: &Self) {
        for (&fault, more) in &other.0 {
            let found = self.0.entry(fault).or_default();
            found.count += more.count;
            let room = EXAMPLES - found.examples.len().min(EXAMPLES);
            let examples = more.examples.iter().take(room).cloned();
            found.examples.extend(examples);
        }
    }

    #[must_use]
    pub fn count(&self, fault: Fault) -> u64 {
        self.0.get(&fault).map_or(0, |found| found.count)
    }

    #[must_use]
    pub fn examples(&self, fault: Fault) -> &[String] {
        self.0.get(&fault).map_or(&[], |found| &found.examples)
    }

    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.values().map(|found| found.count).sum()
    }

    pub(super) fn counts_only(mut self) -> Self {
        for found in self.0.values_mut() {
            found.examples.clear();
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(fault: Fault, count: u64) -> Faults {
        let mut faults = Faults::default();
        for number in 0..count {
            faults.add(fault, || format!("number {number}"));
        }
        faults
    }

    #[test]
    fn all_are_counted_and_the_first_few_told() {
        let faults = faults(Fault::Late, 25);
        assert_eq!((faults.count(Fault::Late), faults.total()), (25, 25));
        assert_eq!(faults.examples(Fault::Late).len(), EXAMPLES);
        assert_eq!(faults.examples(Fault::Late)[9], "number 9");
        assert_eq!(faults.count(Fault::Lost), 0);
        assert!(faults.examples(Fault::Lost).is_empty());
    }

    #[test]
    fn parts_added_up_keep_the_count_and_no_more_examples() {
        let mut whole = faults(Fault::Late, 7);
        whole.merge(&faults(Fault::Late, 8));
        whole.merge(&faults(Fault::Missing, 2));
        assert_eq!((whole.count(Fault::Late), whole.total()), (15, 17));
        assert_eq!(whole.examples(Fault::Late).len(), EXAMPLES);
        assert_eq!(whole.examples(Fault::Late)[7], "number 0");
    }

    #[test]
    fn files_name_faults_as_objectives_do() {
        for fault in Fault::ALL {
            let name = format!("\"{}\"", fault.name());
            assert_eq!(serde_json::to_string(&fault).unwrap(), name);
        }
        let text = serde_json::to_string(&faults(Fault::Lost, 1)).unwrap();
        assert_eq!(text, r#"{"lost":{"count":1,"examples":["number 0"]}}"#);
    }

    #[test]
    fn the_list_of_all_is_in_the_order_of_reports() {
        assert!(Fault::ALL.is_sorted());
    }
}
