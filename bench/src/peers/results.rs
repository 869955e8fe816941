//! RESULTS.md: what a run found, on what, of which versions, and what it does not say. It must
//! never hold a figure that the run did not measure.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::book::{Book, SWEEP};
use super::contest::{Contest, contests};
use super::measured::Measured;
use super::roster::Kind;
use super::row::HELD_MOVERS;
use super::table::{Outcome, SPOILED, table};
use super::versions;
use crate::machine::Machine;
use crate::peer::MESSAGE_BYTES;
use crate::report::number;

/// A finished run.
pub(super) struct Report {
    /// As it was started.
    pub(super) command: String,
    pub(super) date: String,
    pub(super) machine: Machine,
    pub(super) clients: u32,
    pub(super) friends: u32,
    pub(super) groups: usize,
    pub(super) seconds: u64,
    pub(super) gateways: u32,
    pub(super) rates: Vec<u32>,
    pub(super) from: u32,
    pub(super) outcomes: Vec<Outcome>,
    /// None where a side of it was not asked for.
    pub(super) book: Option<Result<Book, String>>,
}

const NOT_CLAIMED: &str = "\
- That these are the fastest settings of the others: each is what its `bench/peers/` folder shows.
- Absolute figures on another machine, or on this one on another day: compare within this table.
- Anything about networks: all is on the loopback, whose receive path the kernel charges to the sender.
- Anything about more than one core, several machines, TLS, slow readers, reconnects, or users who change groups.
- That a peer does what nearcast does: see the last column. Whatever checks distance and consent in front of it costs more.
- What Redis costs with users in front: Redis alone has no WebSocket, and its rows none of that work.
- That held rows are as fresh as the others: a change waits up to the time that the row names, and a figure with several updates a write is one of holding.
";

impl Report {
    /// What stands under the table.
    pub(super) fn verdicts(&self) -> String {
        let mut text = String::new();
        self.write_verdicts(&mut text).expect("a String takes all");
        text
    }

    fn write_verdicts(&self, text: &mut String) -> std::fmt::Result {
        for contest in contests(self) {
            let work = match contest.rate {
                None => "every update at once, saturated".to_owned(),
                Some(rate) => format!(
                    "the book's rate ({} deliveries/s), swept every {} s",
                    number(f64::from(rate)),
                    SWEEP.as_secs()
                ),
            };
            let Contest { ours, textbook, .. } = contest;
            write!(
                text,
                "P13 {work}, {}: {:.2} / {:.2} µs = {:.2}, goal ≤ {}: {}",
                contest.name,
                ours.us_per_delivery(),
                textbook.us_per_delivery(),
                contest.ratio(),
                contest.goal(),
                contest.verdict(),
            )?;
            let (one, two) = (deliveries(ours), deliveries(textbook));
            writeln!(text, " ({one}; the textbook {two})")?;
        }
        if let Some(Err(why)) = &self.book {
            writeln!(text, "P13 at the book's rate was not measured: {why}")?;
        }
        Ok(())
    }

    fn markdown(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        let Machine { cpu, cores, commit } = &self.machine;
        writeln!(text, "# nearcast and others\n")?;
        writeln!(text, "Written by `{}`; not by hand.\n", self.command)?;
        writeln!(text, "- machine: {cpu}, {cores} cores, Linux {}", kernel())?;
        writeln!(text, "- date: {}", self.date)?;
        writeln!(text, "- commit: {commit}")?;
        writeln!(
            text,
            "- work: {} clients in {} groups of {}, messages of {MESSAGE_BYTES} bytes (nearcast: its own), {} s a figure, server on one core, clients on another\n",
            number(f64::from(self.clients)),
            self.groups,
            self.friends + 1,
            self.seconds,
        )?;
        text.push_str(&table(&self.outcomes, &self.rates));
        writeln!(
            text,
            "\nThe first columns are saturated: a group's next move begins when everybody has heard the last; where changes are held, {HELD_MOVERS} of a group move a round, and the core has time left."
        )?;
        writeln!(
            text,
            "At the rates latency counts from when a move was due to a friend's readable socket; {SPOILED} marks where half of the p99 or more is the bench's own lateness. Who falls behind puts several updates in a write, which makes each cheaper."
        )?;
        writeln!(
            text,
            "Processor time is user and system, of all processes of a peer (the textbook: {} gateways and Redis).",
            self.gateways
        )?;
        writeln!(
            text,
            "Memory is the slope from {} to {} clients, each in her group. Writes are counted by the kernel, as data segments.\n",
            number(f64::from(self.from)),
            number(f64::from(self.clients)),
        )?;
        for line in self.verdicts().lines() {
            writeln!(text, "- {line}")?;
        }
        writeln!(text, "\n## Versions\n")?;
        let mut last = String::new();
        for (entry, _) in &self.outcomes {
            let version = versions::of(entry, &self.machine);
            let ours = matches!(entry.kind, Kind::Ours { .. });
            if !ours || version != last {
                writeln!(text, "- {}: {version}", entry.title)?;
            }
            last = version;
        }
        writeln!(text, "\n## Not claimed\n\n{}", NOT_CLAIMED.trim_end())?;
        Ok(text)
    }

    pub(super) fn write(&self, path: &Path) -> Result<(), String> {
        let text = self.markdown().map_err(|error| error.to_string())?;
        fs::write(path, text).map_err(|error| format!("write {}: {error}", path.display()))
    }
}

/// How much was delivered, and in how few writes.
fn deliveries(measured: &Measured) -> String {
    let (delivered, published) = (measured.delivered as f64, measured.published as f64);
    let per_write = measured.per_write();
    let per_write = per_write.map_or_else(|| "?".to_owned(), number);
    let (delivered, published) = (number(delivered), number(published));
    format!("{delivered} of {published} delivered, {per_write} a write")
}

fn kernel() -> String {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    release.trim().to_owned()
}

#[cfg(test)]
impl Report {
    pub(super) fn example(outcomes: Vec<Outcome>) -> Self {
        Self {
            command: "nearcast-bench peers".to_owned(),
            date: "2026-11-29".to_owned(),
            machine: Machine {
                cpu: "A Chip 9000".to_owned(),
                cores: 2,
                commit: "0123456789ab".to_owned(),
            },
            clients: 10_000,
            friends: 40,
            groups: 243,
            seconds: 10,
            gateways: 2,
            rates: vec![40_000],
            from: 2_500,
            outcomes,
            book: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::roster::chosen;
    use super::super::row::Row;
    use super::*;

    fn report() -> Report {
        let names = ["json", "textbook", "uws"].map(str::to_owned);
        let outcomes = chosen(&names).unwrap().into_iter().map(|entry| {
            let row = |cpu_ms| Row {
                saturated: Some(Measured::example(cpu_ms)),
                ..Row::default()
            };
            let outcome = match entry.name {
                "json" => Ok(row(270)),
                "textbook" => Ok(row(400)),
                _ => Err("no binary for this system".to_owned()),
            };
            (entry, outcome)
        });
        Report {
            book: Some(Ok(Book {
                rate: 13_284,
                textbook: Measured::example(800),
                ours: vec![("json", Measured::example(400))],
            })),
            ..Report::example(outcomes.collect())
        }
    }

    #[test]
    fn both_ratios_are_judged_with_their_arithmetic() {
        let verdicts = report().verdicts();
        let lines: Vec<&str> = verdicts.lines().collect();
        assert_eq!(
            lines[0],
            "P13 every update at once, saturated, json: 2.70 / 4.00 µs = 0.68, goal ≤ 0.9: reached (100,000 of 100,000 delivered, 2 a write; the textbook 100,000 of 100,000 delivered, 2 a write)"
        );
        assert!(lines[1].contains("4.00 / 8.00 µs = 0.50, goal ≤ 0.4: not reached"));
        assert_eq!(lines.len(), 2);
    }

    #[test]
    fn what_failed_at_the_books_rate_is_told_beside_the_rest() {
        let mut report = report();
        report.book = Some(Err("the machine is full".to_owned()));
        let verdicts = report.verdicts();
        assert!(verdicts.contains("saturated, json"), "{verdicts}");
        assert!(
            verdicts.ends_with("at the book's rate was not measured: the machine is full\n"),
            "{verdicts}"
        );
    }

    #[test]
    fn the_file_says_what_was_measured_and_what_is_not_claimed() {
        let text = report().markdown().unwrap();
        for part in [
            "A Chip 9000, 2 cores",
            "- date: 2026-11-29",
            "- commit: 0123456789ab",
            "skipped: no binary for this system",
            "## Not claimed",
            "- nearcast, JSON: nearcast 0123456789ab",
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }
}
