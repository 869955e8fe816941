//! A run in a few lines for a terminal. The two numbers that matter come last.

use std::fmt::Write as _;

use super::Run;
use super::numbers::{count, ms};
use crate::tally::Fault;

/// The verdict, what was found, and the two numbers.
#[must_use]
pub fn summary(run: &Run) -> String {
    let mut text = format!("{}\n", run.in_short());
    for broken in &run.verdict.broken {
        put(&mut text, format_args!("  {broken}"));
    }
    for fault in Fault::ALL {
        let found = run.faults.count(fault);
        if found > 0 {
            let (name, times) = (fault.name(), count(found));
            put(
                &mut text,
                format_args!("  {name} {times}: {}", fault.meaning()),
            );
            for example in run.faults.examples(fault).iter().take(EXAMPLES) {
                put(&mut text, format_args!("      {example}"));
            }
        }
    }
    let per_core = run.totals.deliveries_per_core_s.map_or_else(
        || run.totals.why_not_per_core().to_owned(),
        |per_core| count(per_core.round() as u64),
    );
    put(
        &mut text,
        format_args!("deliveries per second per core of the server: {per_core}"),
    );
    match &run.totals.latency {
        Some(latency) => put(&mut text, format_args!("p99: {}", ms(latency.p99_ms))),
        None => put(&mut text, format_args!("p99: nothing was delivered")),
    }
    text
}

/// Of each kind of fault.
const EXAMPLES: usize = 3;

fn put(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("a String takes all");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn the_two_numbers_come_last() {
        let text = summary(&sample::run(20));
        let last: Vec<&str> = text.lines().rev().take(2).collect();
        assert!(last[0].starts_with("p99: "), "{text}");
        assert!(
            last[1].starts_with("deliveries per second per core"),
            "{text}"
        );
    }
}
