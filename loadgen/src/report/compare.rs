//! What changed from one run to another, and what of it is more than noise.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::Run;
use super::figures::{Better, FIGURES, Figure};
use super::numbers::{count, ms, number, per_s, seconds};
use super::spread::{Change, HOW, Spread};
use crate::tally::Fault;

/// A text for a terminal. First what was not the same, then every figure, then faults.
#[must_use]
pub fn compare(before: &Run, after: &Run) -> String {
    let mut text = String::new();
    for (name, run) in [("before", before), ("after", after)] {
        let (occasion, word) = (&run.occasion, run.verdict.word());
        let (title, started) = (&occasion.title, &occasion.started);
        line(
            &mut text,
            format_args!("{name:<7} {title}, {started}: {word}"),
        );
    }
    parameters(&mut text, before, after);
    line(
        &mut text,
        format_args!(
            "\n{:<26} {:>14} {:>14} {:>9}",
            "median of the seconds", "before", "after", "change"
        ),
    );
    for figure in &FIGURES {
        figure.compare(&mut text, before, after);
    }
    whole(&mut text, before, after);
    faults(&mut text, before, after);
    line(&mut text, format_args!("\n{HOW}"));
    text
}

impl Figure {
    fn compare(&self, text: &mut String, before: &Run, after: &Run) {
        let spread = |run: &Run| Spread::of(run.measured().filter_map(self.value));
        let (one, two) = (spread(before), spread(after));
        if one.is_none() && two.is_none() {
            return;
        }
        let shown = |spread: Option<Spread>| {
            spread.map_or_else(|| "–".to_owned(), |spread| (self.shown)(spread.median))
        };
        let change = one
            .zip(two)
            .and_then(|(one, two)| Change::between(one, two));
        let (share, verdict) = change.map_or_else(
            || ("–".to_owned(), "nothing to compare".to_owned()),
            |change| (percent(change.share), self.verdict(change)),
        );
        let (name, one, two) = (self.name, shown(one), shown(two));
        line(
            text,
            format_args!("{name:<26} {one:>14} {two:>14} {share:>9}  {verdict}"),
        );
    }

    fn verdict(&self, change: Change) -> String {
        let noise = change
            .noise
            .map(|noise| number((noise * 1000.0).ceil() / 10.0));
        let noise = noise.unwrap_or_default();
        match (change.real(), self.better, change.share > 0.0) {
            (None, ..) => "too few seconds to tell".to_owned(),
            (Some(false), ..) => format!("within noise (± {noise} %)"),
            (Some(true), Better::Lower, true) | (Some(true), Better::Higher, false) => {
                format!("worse, beyond noise (± {noise} %)")
            }
            (Some(true), ..) => format!("better, beyond noise (± {noise} %)"),
        }
    }
}

/// What was not the same.
fn parameters(text: &mut String, before: &Run, after: &Run) {
    let mut differences = Vec::new();
    let mut differ = |name: &str, one: &str, two: &str| {
        if one != two {
            differences.push(format!("  {name}: {one} → {two}"));
        }
    };
    let (one, two) = (&before.occasion, &after.occasion);
    differ("scenario", &one.scenario, &two.scenario);
    differ(
        "people played",
        &count(before.people.into()),
        &count(after.people.into()),
    );
    differ(
        "duration",
        &seconds(one.duration_s.round()),
        &seconds(two.duration_s.round()),
    );
    let names: BTreeSet<_> = one.parameters.keys().chain(two.parameters.keys()).collect();
    for name in names {
        let value = |run: &Run| match run.occasion.parameters.get(name) {
            Some(value) => value.clone(),
            None => "(not given)".to_owned(),
        };
        differ(name, &value(before), &value(after));
    }
    if differences.is_empty() {
        line(text, format_args!("\nBoth had the same parameters."));
        return;
    }
    line(
        text,
        format_args!("\nParameters that differ; what follows may be their doing:"),
    );
    for difference in differences {
        line(text, format_args!("{difference}"));
    }
}

/// The two numbers that ended each run. They are one value each: nobody can tell their noise.
fn whole(text: &mut String, before: &Run, after: &Run) {
    line(
        text,
        format_args!(
            "\n{:<26} {:>14} {:>14} {:>9}",
            "of the whole run", "before", "after", "change"
        ),
    );
    let per_core = |run: &Run| run.totals.deliveries_per_core_s;
    let p99_ms = |run: &Run| Some(run.totals.latency?.p99_ms);
    end(
        text,
        "deliveries per core",
        per_s,
        [before, after].map(per_core),
    );
    end(text, "p99", ms, [before, after].map(p99_ms));
}

fn end(text: &mut String, name: &str, shown: fn(f64) -> String, values: [Option<f64>; 2]) {
    let change = match values {
        [Some(one), Some(two)] if one > 0.0 => percent(two / one - 1.0),
        _ => "–".to_owned(),
    };
    let [one, two] = values.map(|value| value.map_or_else(|| "–".to_owned(), shown));
    line(
        text,
        format_args!("{name:<26} {one:>14} {two:>14} {change:>9}"),
    );
}

fn faults(text: &mut String, before: &Run, after: &Run) {
    let counts = |run: &Run, fault| run.faults.count(fault);
    let found = |fault: &Fault| counts(before, *fault) + counts(after, *fault) > 0;
    let kinds: Vec<Fault> = Fault::ALL.into_iter().filter(found).collect();
    if kinds.is_empty() {
        line(text, format_args!("\nNeither run found a fault."));
        return;
    }
    line(
        text,
        format_args!("\n{:<26} {:>14} {:>14}", "faults", "before", "after"),
    );
    for fault in kinds {
        let (one, two) = (counts(before, fault), counts(after, fault));
        let verdict = match two.cmp(&one) {
            std::cmp::Ordering::Less => "better",
            std::cmp::Ordering::Equal => "",
            std::cmp::Ordering::Greater => "worse",
        };
        let row = format!(
            "{:<26} {:>14} {:>14} {:>9}  {verdict}",
            fault.name(),
            count(one),
            count(two),
            ""
        );
        line(text, format_args!("{}", row.trim_end()));
    }
}

fn percent(share: f64) -> String {
    format!("{:+.1} %", share * 100.0)
}

fn line(text: &mut String, words: std::fmt::Arguments<'_>) {
    writeln!(text, "{words}").expect("a String takes all");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn row<'a>(text: &'a str, name: &str) -> &'a str {
        let found = text.lines().find(|line| line.starts_with(name));
        found.unwrap_or_else(|| panic!("no line {name}: {text}"))
    }

    #[test]
    fn a_run_compared_with_itself_has_not_changed() {
        let run = sample::clean(30);
        let text = compare(&run, &run);
        assert!(text.contains("Both had the same parameters."));
        assert!(text.contains("Neither run found a fault."));
        assert!(
            !text.contains("worse") || text.matches("worse").count() == 1,
            "{text}"
        );
        assert!(
            row(&text, "p99 ").contains("+0.0 %  within noise"),
            "{text}"
        );
    }

    #[test]
    fn a_slower_server_is_worse_and_a_hiccup_is_not() {
        let (before, mut after) = (sample::clean(30), sample::clean(30));
        after.seconds[20].latency = after.seconds[sample::SLOW_S as usize].latency;
        let text = compare(&before, &after);
        assert!(row(&text, "p99 ").contains("within noise"), "{text}");
        for point in &mut after.seconds {
            if let Some(latency) = &mut point.latency {
                latency.p99_ms *= 1.5;
            }
            if let Some(server) = &mut point.server {
                server.busy_cores /= 2.0;
            }
        }
        let text = compare(&before, &after);
        assert!(row(&text, "p99 ").contains("worse, beyond noise"), "{text}");
        assert!(row(&text, "p50 ").contains("within noise"), "{text}");
        assert!(
            row(&text, "server busy").contains("better, beyond noise"),
            "{text}"
        );
        assert!(
            row(&text, "deliveries per core").contains("+100.0 %  better"),
            "{text}"
        );
    }

    #[test]
    fn what_was_run_otherwise_comes_first() {
        let (before, mut after) = (sample::run(30), sample::clean(40));
        let parameters = &mut after.occasion.parameters;
        parameters.insert("seed".to_owned(), "2".to_owned());
        parameters.insert("tls".to_owned(), "yes".to_owned());
        let text = compare(&before, &after);
        let first = text.split("median of the seconds").next().unwrap();
        for difference in [
            "duration: 30 s → 40 s",
            "seed: 1 → 2",
            "tls: (not given) → yes",
        ] {
            assert!(first.contains(difference), "{first}");
        }
        assert!(row(&text, "missing").ends_with("better"), "{text}");
        assert!(compare(&after, &before).contains("worse"));
    }

    #[test]
    fn short_runs_are_not_judged() {
        let run = sample::clean(9);
        let text = compare(&run, &run);
        assert!(
            row(&text, "p99 ").ends_with("too few seconds to tell"),
            "{text}"
        );
    }

    #[test]
    fn a_server_out_of_sight_is_not_compared() {
        let (before, mut after) = (sample::clean(30), sample::clean(30));
        for point in &mut after.seconds {
            point.server = None;
        }
        after.totals.deliveries_per_core_s = None;
        let text = compare(&before, &after);
        assert!(
            row(&text, "server busy").ends_with("nothing to compare"),
            "{text}"
        );
        assert!(!compare(&after, &after).contains("server busy"));
    }
}
