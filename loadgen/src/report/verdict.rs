//! Whether a run passed. A run that the tool could not keep up with says nothing about the server,
//! neither good nor bad.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::numbers::{count, many, ms};
use super::{Point, Run};
use crate::slo::Slo;

/// Of a hundred seconds, so many may be late: a hiccup is no reason to throw a run away.
const LATE_SECONDS_PERCENT: usize = 5;
/// In fewer seconds than this one would be more than that, and is allowed all the same, unless it
/// is the only one.
const SHORT: usize = 100 / LATE_SECONDS_PERCENT;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Valid, and nothing broken.
    pub ok: bool,
    /// Why the run says nothing about the server.
    pub invalid: Option<String>,
    /// Objectives that were not met.
    pub broken: Vec<String>,
}

impl Verdict {
    pub(super) fn none_yet() -> Self {
        Self {
            ok: false,
            invalid: Some("nobody has judged this run".to_owned()),
            broken: Vec::new(),
        }
    }

    /// For a title.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match (&self.invalid, self.ok) {
            (Some(_), _) => "Invalid",
            (None, true) => "Passed",
            (None, false) => "Failed",
        }
    }
}

impl Run {
    /// With its verdict. `invalid` is what makes it say nothing, from [`Run::behind`] or elsewhere;
    /// a run in which nothing was looked at says nothing either.
    #[must_use]
    pub fn judged(mut self, slo: &Slo, invalid: Option<String>) -> Self {
        let broken = slo.broken(&self);
        let nothing = self.checked == 0 && broken.is_empty();
        let invalid = invalid.or_else(|| nothing.then(|| "nothing was looked at".to_owned()));
        self.verdict = Verdict {
            ok: invalid.is_none() && broken.is_empty(),
            invalid,
            broken,
        };
        self
    }

    /// Whether the tool sent what it meant to when it meant to; else a sentence. One in a hundred
    /// may be later than `most`, over the whole run and in nearly every second; in a short run in
    /// all seconds but one.
    #[must_use]
    pub fn behind(&self, most: Duration) -> Option<String> {
        let most_ms = most.as_secs_f64() * 1000.0;
        let late = |p99_ms: Option<f64>| p99_ms.is_some_and(|p99_ms| p99_ms > most_ms);
        let seconds = self.measured().count();
        let behind = self.seconds_behind(late);
        if (2..SHORT).contains(&seconds) && behind == 1 {
            return None;
        }
        if late(self.totals.late_p99_ms) {
            let p99_ms = self.totals.late_p99_ms.unwrap_or_default();
            return Some(format!(
                "the tool could not keep up: one move in a hundred left it more than {} after its time, where {} is allowed",
                ms(p99_ms),
                ms(most_ms)
            ));
        }
        (behind * 100 > seconds * LATE_SECONDS_PERCENT).then(|| {
            format!(
                "the tool could not keep up: in {behind} of {seconds} seconds one move in a hundred left it more than {} after its time, or it stood still",
                ms(most_ms)
            )
        })
    }

    /// Measured seconds that were late, or that nobody timed: the tool looks many times a second
    /// whether it is late, so it stood still then. A run that is cut short may end on such a one.
    fn seconds_behind(&self, late: impl Fn(Option<f64>) -> bool) -> usize {
        let is_cut = self.occasion.ended_early_of_s.is_some();
        let cut = self.seconds.last().filter(|_| is_cut);
        let is_behind = |one: &&Point| match one.late_p99_ms {
            None => cut.is_none_or(|last| last.at_s != one.at_s),
            p99_ms => late(p99_ms),
        };
        self.measured().filter(is_behind).count()
    }

    /// The verdict as a sentence for who has no time for the rest.
    #[must_use]
    pub fn in_short(&self) -> String {
        let verdict = &self.verdict;
        if let Some(why) = &verdict.invalid {
            return format!("This run says nothing about the server: {why}.");
        }
        if !verdict.ok {
            let faults = self.faults.total();
            let broken = verdict.broken.len() as u64;
            return format!(
                "{} not met, {} found.{}",
                many(broken, "objective"),
                many(faults, "fault"),
                self.most_at_once()
            );
        }
        let seen = match (self.checked, self.faults.total()) {
            (0, 0) => "What people saw was not compared with the truth".to_owned(),
            (checked, 0) => format!(
                "Everybody saw the friends they should, and nobody whom they may not: {} found no fault",
                many(checked, "check")
            ),
            (checked, faults) => format!(
                "{} found {}, which the objectives allow",
                many(checked, "check"),
                many(faults, "fault")
            ),
        };
        let told = self.totals.latency.map_or_else(
            || "nothing was told to anybody".to_owned(),
            |latency| format!("99 of 100 updates arrived within {}", ms(latency.p99_ms)),
        );
        let early = match self.occasion.ended_early_of_s {
            Some(_) => format!(" It ended early, after {}.", self.occasion.lasted()),
            None => String::new(),
        };
        format!(
            "{seen}; {told}.{early}{}{}",
            self.most_at_once(),
            self.who_was_checked()
        )
    }

    /// Where that is not everybody: some may not have come yet, and some may have left.
    fn most_at_once(&self) -> String {
        let most = self.totals.connected_most;
        if most >= self.people {
            return String::new();
        }
        let (most, people) = (count(most.into()), count(self.people.into()));
        format!(" No more than {most} of {people} people were connected at once.")
    }

    fn who_was_checked(&self) -> String {
        self.sampled.map_or_else(String::new, |sampled| {
            let (sampled, people) = (count(sampled.into()), count(self.people.into()));
            format!(" Checked were {sampled} of {people} people.")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_run_without_faults_passes_and_says_so_to_a_manager() {
        let run = sample::clean(20).judged(&Slo::default(), None);
        assert!(run.verdict.ok);
        assert_eq!(run.verdict.word(), "Passed");
        let sentence = run.in_short();
        assert!(
            sentence.starts_with(
                "Everybody saw the friends they should, and nobody whom they may not: "
            ),
            "{sentence}"
        );
        assert!(
            sentence.contains("99 of 100 updates arrived within"),
            "{sentence}"
        );
    }

    #[test]
    fn a_run_too_short_for_everybody_to_come_says_so() {
        let told = |seconds| {
            sample::clean(seconds)
                .judged(&Slo::default(), None)
                .in_short()
        };
        let few = "No more than 1,200 of 2,000 people were connected at once.";
        assert!(told(3).contains(few), "{}", told(3));
        assert!(!told(20).contains("No more than"), "{}", told(20));
    }

    #[test]
    fn a_fault_that_no_objective_allows_fails_the_run() {
        let run = sample::run(20).judged(&Slo::default(), None);
        assert_eq!(run.verdict.word(), "Failed");
        assert_eq!(run.verdict.broken.len(), 2);
        assert_eq!(run.in_short(), "2 objectives not met, 5 faults found.");
        let slo = Slo::parse("missing<=4,late<=1").unwrap();
        let run = run.judged(&slo, None);
        assert!(run.verdict.ok, "{:?}", run.verdict);
        assert!(
            run.in_short()
                .contains("found 5 faults, which the objectives allow")
        );
    }

    #[test]
    fn an_invalid_run_has_neither_passed_nor_failed() {
        let run = sample::clean(20).judged(&Slo::default(), Some("it died".to_owned()));
        assert_eq!((run.verdict.ok, run.verdict.word()), (false, "Invalid"));
        assert!(
            run.in_short()
                .contains("says nothing about the server: it died.")
        );
    }

    #[test]
    fn a_tool_that_sends_too_late_says_by_how_much() {
        let mut run = sample::clean(40);
        let most = Duration::from_millis(10);
        assert_eq!(run.behind(most), None);
        run.seconds[20].late_p99_ms = Some(700.0);
        assert_eq!(run.behind(most), None);
        run.seconds[21].late_p99_ms = Some(700.0);
        let why = run.behind(most).unwrap();
        assert!(why.contains("in 2 of 35 seconds"), "{why}");
        run.totals.late_p99_ms = Some(120.0);
        let why = run.behind(most).unwrap();
        assert!(why.contains("120 ms") && why.contains("10 ms"), "{why}");
    }

    #[test]
    fn one_late_second_of_several_is_allowed_however_short_the_run() {
        let mut run = sample::clean(8);
        let most = Duration::from_millis(10);
        assert_eq!(run.measured().count(), 3);
        // Of so few seconds one moves the whole.
        run.totals.late_p99_ms = Some(700.0);
        run.seconds[6].late_p99_ms = Some(700.0);
        assert_eq!(run.behind(most), None);
        run.seconds[7].late_p99_ms = Some(20.0);
        assert!(run.behind(most).is_some());
    }

    #[test]
    fn seconds_in_which_the_tool_stood_still_are_late_too() {
        let most = Duration::from_millis(50);
        let stopped = |late: [Option<f64>; 3]| {
            let mut run = sample::clean(12);
            for (second, late_p99_ms) in run.seconds[7..].iter_mut().zip(late) {
                second.late_p99_ms = late_p99_ms;
            }
            run.behind(most)
        };
        // For three seconds; what it sends when it goes on counts to the last of them or the first.
        for late in [[None, None, Some(2_992.0)], [Some(2_992.0), None, None]] {
            let why = stopped(late).unwrap();
            assert!(why.contains("in 3 of 7 seconds"), "{why}");
        }
        assert_eq!(stopped([Some(1.0), Some(1.0), Some(992.0)]), None);
    }

    #[test]
    fn a_run_that_is_cut_short_may_end_before_anybody_looks() {
        let mut run = sample::clean(12);
        let most = Duration::from_millis(50);
        run.seconds[8].late_p99_ms = Some(700.0);
        run.seconds[11].late_p99_ms = None;
        assert!(run.behind(most).is_some());
        run.occasion.ended_early_of_s = Some(20.0);
        assert_eq!(run.behind(most), None);
    }

    #[test]
    fn a_run_of_one_second_that_is_late_says_nothing() {
        let mut run = sample::clean(6);
        assert_eq!(run.measured().count(), 1);
        run.seconds[5].late_p99_ms = Some(700.0);
        assert!(run.behind(Duration::from_millis(10)).is_some());
    }

    #[test]
    fn a_sample_is_called_a_sample() {
        let mut run = sample::clean(20).judged(&Slo::default(), None);
        assert!(!run.in_short().contains("Checked were"));
        run.sampled = Some(1_000);
        assert!(
            run.in_short()
                .ends_with(" Checked were 1,000 of 2,000 people.")
        );
    }
}
