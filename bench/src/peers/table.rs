//! The table: a row per peer, the same for people at a terminal and in RESULTS.md.

use super::measured::Measured;
use super::roster::{Entry, Kind};
use super::row::Row;
use crate::report::number;

/// A peer and what came of it.
pub(super) type Outcome = (Entry, Result<Row, String>);

const NONE: &str = "–";

/// Behind a latency that is as much the bench's own.
pub(super) const SPOILED: &str = "*";

/// In Markdown, its columns aligned.
pub(super) fn table(outcomes: &[Outcome], rates: &[u32]) -> String {
    let floor = outcomes.iter().find_map(|(entry, row)| {
        let row = row.as_ref().ok().filter(|_| entry.kind == Kind::Floor)?;
        Some(row.saturated.as_ref()?.us_per_delivery())
    });
    let mut lines = vec![head(rates)];
    for (entry, outcome) in outcomes {
        lines.push(match outcome {
            Ok(row) => cells(entry, row, rates, floor),
            Err(why) => skipped(entry, why, rates),
        });
    }
    align(&lines)
}

fn head(rates: &[u32]) -> Vec<String> {
    let mut head: Vec<String> = [
        "peer",
        "CPU per delivery",
        "× floor",
        "deliveries per core-second",
        "core busy",
        "updates per write",
    ]
    .map(str::to_owned)
    .into();
    for rate in rates {
        let rate = number(f64::from(*rate));
        head.push(format!("p50 / p99 at {rate}/s"));
        head.push(format!("CPU per delivery at {rate}/s"));
    }
    head.extend(["memory per idle connection", "delivered", "checks"].map(str::to_owned));
    head
}

fn cells(entry: &Entry, row: &Row, rates: &[u32], floor: Option<f64>) -> Vec<String> {
    let saturated = row.saturated.as_ref();
    let of = |show: &dyn Fn(&Measured) -> Option<String>| {
        saturated.and_then(show).unwrap_or_else(|| NONE.to_owned())
    };
    let mut cells = vec![
        entry.title.to_owned(),
        of(&|it| Some(us(it))),
        of(&|it| Some(format!("{:.2}", it.us_per_delivery() / floor?))),
        of(&|it| Some(number(it.per_core_second()?.round()))),
        of(&|it| Some(format!("{:.0} %", 100.0 * it.busy()))),
        of(&|it| Some(format!("{:.2}", it.per_write()?))),
    ];
    for &rate in rates {
        let at = row.at(rate);
        let times = at.and_then(|at| {
            let (half, most) = (at.ms(0.5)?, at.ms(0.99)?);
            let star = if at.is_spoiled() { SPOILED } else { "" };
            Some(format!("{} / {} ms{star}", ms(half), ms(most)))
        });
        cells.push(times.unwrap_or_else(|| NONE.to_owned()));
        cells.push(at.map_or_else(|| NONE.to_owned(), |at| format!("{}{}", us(at), writes(at))));
    }
    let memory = row.memory.map(|memory| format!("{memory:.2} KB"));
    cells.push(memory.unwrap_or_else(|| NONE.to_owned()));
    cells.push(counts(row.counts()));
    cells.push(entry.checks.to_owned());
    cells
}

fn skipped(entry: &Entry, why: &str, rates: &[u32]) -> Vec<String> {
    // A bar would end the cell.
    let why = why.replace('|', "/").replace('\n', " ");
    let mut cells = vec![entry.title.to_owned(), format!("skipped: {why}")];
    cells.resize(head(rates).len() - 1, NONE.to_owned());
    cells.push(entry.checks.to_owned());
    cells
}

fn us(measured: &Measured) -> String {
    format!("{:.2} µs", measured.us_per_delivery())
}

/// What is cheap because several went in one write says so.
fn writes(measured: &Measured) -> String {
    let together = measured.per_write().filter(|per_write| *per_write > 1.05);
    together.map_or_else(String::new, |per_write| {
        format!(" ({per_write:.1} a write)")
    })
}

fn ms(value: f64) -> String {
    match value {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// Whether everything that was published was delivered, once.
fn counts((published, delivered): (u64, u64)) -> String {
    let all = number(published as f64);
    match delivered.cmp(&published) {
        std::cmp::Ordering::Equal => format!("all {all}"),
        std::cmp::Ordering::Less => {
            format!("{} of {all} lost", number((published - delivered) as f64))
        }
        std::cmp::Ordering::Greater => {
            let more = number((delivered - published) as f64);
            format!("{more} more than the {all} published")
        }
    }
}

fn align(lines: &[Vec<String>]) -> String {
    let columns = lines.first().map_or(0, Vec::len);
    let width = |column: usize| {
        // A long reason need not widen the column for everybody.
        let cells = lines.iter().map(|cells| cells[column].chars().count());
        cells.filter(|width| *width <= 60).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for (index, cells) in lines.iter().enumerate() {
        let padded: Vec<String> = cells
            .iter()
            .zip(&widths)
            .map(|(cell, &width)| format!("{cell:<width$}"))
            .collect();
        text.push_str(&format!("| {} |\n", padded.join(" | ")));
        if index == 0 {
            let rule: Vec<String> = widths.iter().map(|&width| "-".repeat(width)).collect();
            text.push_str(&format!("| {} |\n", rule.join(" | ")));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use hdrhistogram::Histogram;

    use super::super::roster::ROSTER;
    use super::*;

    fn measured(cpu_ms: u64, ns: &[u64]) -> Measured {
        let mut histogram = Histogram::new(3).unwrap();
        for &ns in ns {
            histogram.record(ns).unwrap();
        }
        Measured {
            ns: (!ns.is_empty()).then_some(histogram),
            ..Measured::example(cpu_ms)
        }
    }

    fn row(cpu_ms: u64) -> Row {
        Row {
            memory: Some(0.5),
            saturated: Some(measured(cpu_ms, &[])),
            rates: vec![(40_000, Some(measured(2 * cpu_ms, &[250_000, 25_000_000])))],
        }
    }

    #[test]
    fn each_peer_has_its_row() {
        let failed = Err("it | is\nnot here".to_owned());
        let outcomes = [
            (ROSTER[0], Ok(row(200))),
            (ROSTER[1], Ok(row(300))),
            (ROSTER[10], failed),
        ];
        let table = table(&outcomes, &[40_000, 120_000]);
        let rows: Vec<Vec<&str>> = table
            .lines()
            .map(|line| line.split('|').map(str::trim).collect())
            .collect();
        assert_eq!(rows.len(), 5);
        assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{table}");
        let ours = [
            "",
            "nearcast, JSON",
            "3.00 µs",
            "1.50",
            "333,333",
            "30 %",
            "2.00",
            "0.25 / 25.0 ms",
            "6.00 µs (2.0 a write)",
            "–",
            "–",
            "0.50 KB",
            "all 200,000",
            "distance, consent, views",
            "",
        ];
        assert_eq!(rows[3], ours);
        assert_eq!(rows[4][2], "skipped: it / is not here");
    }

    #[test]
    fn a_latency_that_the_bench_has_spoiled_has_a_star() {
        let mut row = row(300);
        if let Some((_, Some(at))) = row.rates.first_mut() {
            at.late_ms = Some(20.0);
        }
        let table = table(&[(ROSTER[1], Ok(row))], &[40_000]);
        assert!(table.contains("| 0.25 / 25.0 ms* "), "{table}");
    }

    #[test]
    fn who_loses_is_shown_as_losing() {
        assert_eq!(counts((1_000, 1_000)), "all 1,000");
        assert_eq!(counts((1_000, 990)), "10 of 1,000 lost");
        assert_eq!(counts((1_000, 1_001)), "1 more than the 1,000 published");
    }
}
