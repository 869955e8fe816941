//! P13, nearcast against the textbook built well, by the processor time of a delivery: which two
//! figures stand against each other, and whether they may be judged.

use super::measured::Measured;
use super::results::Report;

const AT_ONCE_GOAL: f64 = 0.9;
const BOOK_GOAL: f64 = 0.4;

pub(super) struct Contest<'r> {
    /// Of the encoding.
    pub(super) name: &'static str,
    pub(super) ours: &'r Measured,
    pub(super) textbook: &'r Measured,
    /// The book's, with changes swept; none: saturated, every update at once.
    pub(super) rate: Option<u32>,
}

impl Contest<'_> {
    pub(super) fn ratio(&self) -> f64 {
        self.ours.us_per_delivery() / self.textbook.us_per_delivery()
    }

    pub(super) fn goal(&self) -> f64 {
        match self.rate {
            Some(_) => BOOK_GOAL,
            None => AT_ONCE_GOAL,
        }
    }

    /// Of a side that lost something nobody can say what all of it would have cost.
    pub(super) fn may_be_judged(&self) -> bool {
        self.ours.is_whole() && self.textbook.is_whole()
    }

    pub(super) fn verdict(&self) -> &'static str {
        match (self.may_be_judged(), self.ratio() <= self.goal()) {
            (false, _) => "no verdict, since not everything was delivered",
            (true, true) => "reached",
            (true, false) => "not reached",
        }
    }
}

/// Those of which both sides were measured.
pub(super) fn contests(report: &Report) -> Vec<Contest<'_>> {
    let saturated = |name: &str| {
        let found = report.outcomes.iter().find(|(entry, _)| entry.name == name);
        found.and_then(|(_, row)| row.as_ref().ok()?.saturated.as_ref())
    };
    let mut contests = Vec::new();
    for name in ["json", "protobuf"] {
        if let Some((ours, textbook)) = saturated(name).zip(saturated("textbook")) {
            contests.push(Contest {
                name,
                ours,
                textbook,
                rate: None,
            });
        }
    }
    for book in report.book.iter().flatten() {
        contests.extend(book.ours.iter().map(|(name, ours)| Contest {
            name,
            ours,
            textbook: &book.textbook,
            rate: Some(book.rate),
        }));
    }
    contests
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(ours: &Measured, textbook: &Measured, rate: Option<u32>) -> &'static str {
        let contest = Contest {
            name: "json",
            ours,
            textbook,
            rate,
        };
        contest.verdict()
    }

    #[test]
    fn the_ratio_is_held_against_the_goal_of_its_kind() {
        let (ours, textbook) = (Measured::example(300), Measured::example(400));
        assert_eq!(verdict(&ours, &textbook, None), "reached");
        assert_eq!(verdict(&ours, &textbook, Some(40_000)), "not reached");
    }

    #[test]
    fn nobody_is_judged_where_something_was_lost() {
        let whole = Measured::example(300);
        let lost = Measured {
            delivered: whole.published - 1,
            ..whole.clone()
        };
        for (ours, textbook) in [(&lost, &whole), (&whole, &lost)] {
            let verdict = verdict(ours, textbook, None);
            assert!(verdict.starts_with("no verdict"), "{verdict}");
        }
    }
}
