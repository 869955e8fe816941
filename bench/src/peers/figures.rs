//! The same for programs: a figure per line.

use serde_json::Value;

use super::BENCH;
use super::book::SWEEP;
use super::contest::{Contest, contests};
use super::measured::Measured;
use super::results::Report;
use crate::report::{Figure, Goal};

pub(super) fn of(report: &Report) -> Vec<Figure> {
    let mut figures = Vec::new();
    for (entry, outcome) in &report.outcomes {
        let figure = |name, value, unit, rate: Option<u32>| Figure {
            bench: BENCH,
            name,
            value,
            unit,
            goal: None,
            parameters: parameters(report, entry.name, rate),
        };
        let Ok(row) = outcome else {
            figures.push(figure("skipped", 1.0, "", None));
            continue;
        };
        let (published, delivered) = row.counts();
        figures.push(figure("published", published as f64, "", None));
        figures.push(figure("delivered", delivered as f64, "", None));
        let memory = row
            .memory
            .map(|kb| figure("memory_per_connection", kb, "KB", None));
        figures.extend(memory);
        let saturated = row.saturated.as_ref().map(|it| (None, it));
        let rates = row
            .rates
            .iter()
            .map(|(rate, it)| Some((Some(*rate), it.as_ref()?)));
        for (rate, measured) in saturated.into_iter().chain(rates.flatten()) {
            for (name, value, unit) in values(measured) {
                figures.push(figure(name, value, unit, rate));
            }
        }
    }
    figures.extend(goals(report));
    figures
}

fn values(measured: &Measured) -> Vec<(&'static str, f64, &'static str)> {
    let mut values = vec![
        ("cpu_per_delivery", measured.us_per_delivery(), "µs"),
        ("core_busy", 100.0 * measured.busy(), "%"),
    ];
    let more = [
        ("deliveries_per_core_s", measured.per_core_second(), "1/s"),
        ("updates_per_write", measured.per_write(), ""),
        ("p50", measured.ms(0.5), "ms"),
        ("p99", measured.ms(0.99), "ms"),
        ("late_ms", measured.late_ms, "ms"),
    ];
    values.extend(
        more.into_iter()
            .filter_map(|(name, value, unit)| Some((name, value?, unit))),
    );
    values
}

/// P13.
fn goals(report: &Report) -> Vec<Figure> {
    let figure = |contest: Contest<'_>| {
        let mut parameters = parameters(report, contest.name, contest.rate);
        if contest.rate.is_some() {
            parameters.push(("flush_ms", (SWEEP.as_millis() as u64).into()));
        }
        let goal = Goal::AtMost(contest.goal());
        Figure {
            bench: BENCH,
            name: match contest.rate {
                Some(_) => "times_textbook_at_its_rate",
                None => "times_textbook_at_once",
            },
            value: contest.ratio(),
            unit: "×",
            goal: contest.may_be_judged().then_some(goal),
            parameters,
        }
    };
    contests(report).into_iter().map(figure).collect()
}

fn parameters(
    report: &Report,
    peer: &'static str,
    rate: Option<u32>,
) -> Vec<(&'static str, Value)> {
    let mut parameters = vec![
        ("peer", Value::from(peer)),
        ("clients", report.clients.into()),
        ("friends", report.friends.into()),
        ("seconds", report.seconds.into()),
    ];
    parameters.extend(rate.map(|rate| ("deliveries_per_s", Value::from(rate))));
    parameters
}
