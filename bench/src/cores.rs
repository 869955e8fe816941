//! P7: the cores that the textbook's load needs, added up from figures that `book` and `socket`
//! have printed with `--json`. It measures nothing itself.
//!
//! A delivery is paid twice, and stays so: what the socket costs was measured on a server whose
//! few users lie in its caches, moves received and broker included; what the broker costs comes
//! once more, with ten million users in memory that is far away.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use clap::Args;
use nearcast::wire::Encoding;
use serde::Deserialize;
use serde_json::Value;

use crate::flags::name;
use crate::report::{self, Figure, Goal};

const BENCH: &str = "cores";
/// The textbook's 334,000 moves a second to 10 % of 400 friends each, as it rounds them.
const DELIVERIES_PER_S: f64 = 14e6;
/// What a friend's 40 friends make of 30 s in 3: what a sweep every three seconds finds.
const UPDATES: u32 = 4;
const FRIENDS: u32 = 40;
/// Whose figures are added up: a sweep every so often, and so many on a server's sockets.
const HOLD_S: u32 = 3;
const CLIENTS: u32 = 10_000;
/// Whom the goal is for.
const USERS: u32 = 10_000_000;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// What `book --users 10000000 --json` and `socket --json` printed; of several runs the median
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// One JSON object per figure and line, nothing else
    #[arg(long)]
    json: bool,
}

/// What is needed of a printed figure.
#[derive(Debug, Deserialize)]
struct Line {
    bench: String,
    figure: String,
    value: f64,
    commit: String,
    friends: Option<u32>,
    encoding: Option<String>,
    layer: Option<String>,
    updates: Option<u32>,
    users: Option<u32>,
    clients: Option<u32>,
    hold_s: Option<u32>,
    threads: Option<u32>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), String> {
    let mut lines = Vec::new();
    for file in &arguments.files {
        let name = file.display();
        let text = fs::read_to_string(file).map_err(|error| format!("read {name}: {error}"))?;
        read(&text, &mut lines).map_err(|fault| format!("{name}: {fault}"))?;
    }
    report::print(&figures(&lines)?, arguments.json)
}

fn read(text: &str, lines: &mut Vec<Line>) -> Result<(), String> {
    for (number, line) in (1..).zip(text.lines()) {
        // Figures of other benches may stand between.
        let said: Value = serde_json::from_str(line)
            .map_err(|error| format!("line {number} is no figure of a bench: {error}"))?;
        if matches!(said["bench"].as_str(), Some("book" | "socket")) {
            let line = serde_json::from_value(said);
            lines.push(line.map_err(|error| format!("line {number}: {error}"))?);
        }
    }
    Ok(())
}

fn figures(lines: &[Line]) -> Result<Vec<Figure>, String> {
    let commits: BTreeSet<&str> = lines.iter().map(|line| line.commit.as_str()).collect();
    if commits.len() > 1 {
        let commits: Vec<&str> = commits.into_iter().collect();
        let commits = commits.join(", ");
        return Err(format!(
            "figures of one commit are asked for, not of {commits}"
        ));
    }
    let mut figures = Vec::new();
    for encoding in [Encoding::Protobuf, Encoding::Json] {
        figures.extend(need(lines, encoding)?);
    }
    Ok(figures)
}

fn need(lines: &[Line], encoding: Encoding) -> Result<[Figure; 3], String> {
    let encoded = name(encoding);
    let of = |bench: &str, figure: &str, work: String, fits: fn(&Line) -> bool| {
        let said = lines.iter().filter(|line| {
            line.bench == bench
                && line.figure == figure
                && line.encoding.as_deref() == Some(encoded)
                && line.friends == Some(FRIENDS)
                && fits(line)
        });
        median(said.map(|line| {
            // Deliveries are of all threads together, and cores are asked for.
            line.value / f64::from(line.threads.unwrap_or(1))
        }))
        .ok_or_else(|| {
            format!("no {figure} of `{bench}` with {encoded}, {FRIENDS} friends and {work}")
        })
    };
    let work = format!("{UPDATES} updates a sweep to {CLIENTS} clients, without TLS");
    let socket_us = of("socket", "cpu_per_delivery", work, |line| {
        line.layer.as_deref() == Some("ws")
            && line.updates == Some(UPDATES)
            && line.clients == Some(CLIENTS)
    })?;
    let work = format!("a sweep every {HOLD_S} s");
    let per_s = of("book", "deliveries_per_s", work, |line| {
        line.hold_s == Some(HOLD_S)
    })?;
    let broker_us = 1e6 / per_s;
    let users = lines.iter().filter_map(|line| line.users).min();
    let parameters: Vec<(&'static str, Value)> = vec![
        ("encoding", encoded.into()),
        ("deliveries_per_s", (DELIVERIES_PER_S as u64).into()),
        ("updates", UPDATES.into()),
        ("users", users.into()),
        ("socket_us", rounded(socket_us).into()),
        ("broker_us", rounded(broker_us).into()),
    ];
    let figure = |name, us: f64| Figure {
        bench: BENCH,
        name,
        value: DELIVERIES_PER_S * us / 1e6,
        unit: "cores",
        goal: None,
        parameters: parameters.clone(),
    };
    let judged = encoding == Encoding::Protobuf && users == Some(USERS);
    Ok([
        figure("sockets", socket_us),
        figure("broker", broker_us),
        Figure {
            goal: judged.then_some(Goal::AtMost(14.0)),
            ..figure("together", socket_us + broker_us)
        },
    ])
}

fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = values.get(middle)?;
    if values.len().is_multiple_of(2) {
        return Some((values[middle - 1] + upper) / 2.0);
    }
    Some(*upper)
}

/// To a nanosecond.
fn rounded(us: f64) -> f64 {
    (us * 1e3).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIGURES: &str = r#"{"bench":"book","figure":"deliveries_per_s","value":20e6,"unit":"1/s","users":10000000,"friends":40,"threads":2,"hold_s":3,"encoding":"protobuf","commit":"c"}
{"bench":"book","figure":"deliveries_per_s","value":10e6,"unit":"1/s","users":10000000,"friends":40,"threads":2,"hold_s":3,"encoding":"json","commit":"c"}
{"bench":"socket","figure":"cpu_per_delivery","value":0.8,"layer":"ws","clients":10000,"friends":40,"encoding":"protobuf","updates":4,"commit":"c"}
{"bench":"socket","figure":"cpu_per_delivery","value":0.6,"layer":"ws","clients":10000,"friends":40,"encoding":"protobuf","updates":4,"commit":"c"}
{"bench":"socket","figure":"cpu_per_delivery","value":0.7,"layer":"ws","clients":10000,"friends":40,"encoding":"protobuf","updates":4,"commit":"c"}
{"bench":"socket","figure":"cpu_per_delivery","value":9.0,"layer":"wss","clients":10000,"friends":40,"encoding":"protobuf","updates":4,"commit":"c"}
{"bench":"socket","figure":"cpu_per_delivery","value":5.0,"layer":"ws","clients":10000,"friends":40,"encoding":"protobuf","updates":1,"commit":"c"}
{"bench":"socket","figure":"cpu_per_delivery","value":1.0,"layer":"ws","clients":10000,"friends":40,"encoding":"json","updates":4,"commit":"c"}
{"bench":"storm","figure":"handshakes_per_s","value":1.0,"commit":"c"}
"#;

    fn added_up(text: &str) -> Result<Vec<Figure>, String> {
        let mut lines = Vec::new();
        read(text, &mut lines)?;
        figures(&lines)
    }

    #[test]
    fn the_median_of_the_sockets_and_the_broker_are_added_up() {
        let figures = added_up(FIGURES).unwrap();
        let values: Vec<f64> = figures.iter().map(|figure| figure.value).collect();
        let expected = [9.8, 1.4, 11.2, 14.0, 2.8, 16.8];
        for (value, expected) in values.iter().zip(expected) {
            assert!((value - expected).abs() < 1e-6, "{values:?}");
        }
        let goals: Vec<bool> = figures.iter().map(|figure| figure.goal.is_some()).collect();
        assert_eq!(goals, [false, false, true, false, false, false]);
    }

    #[test]
    fn what_is_missing_is_named() {
        let without = FIGURES.replace("\"updates\":4", "\"updates\":10");
        let fault = added_up(&without).err().unwrap();
        assert!(
            fault.contains("cpu_per_delivery of `socket` with protobuf"),
            "{fault}"
        );
        let held = FIGURES.replace("\"hold_s\":3", "\"hold_s\":30");
        let fault = added_up(&held).err().unwrap();
        assert!(
            fault.contains("of `book` with protobuf, 40 friends and a sweep every 3 s"),
            "{fault}"
        );
        let few = FIGURES.replace("\"clients\":10000", "\"clients\":500");
        let fault = added_up(&few).err().unwrap();
        assert!(fault.contains("to 10000 clients"), "{fault}");
        let fault = added_up("no figure").err().unwrap();
        assert!(fault.starts_with("line 1 is no figure"), "{fault}");
    }

    #[test]
    fn figures_of_two_commits_are_not_added_up() {
        let mixed = FIGURES.replacen("\"commit\":\"c\"", "\"commit\":\"d\"", 1);
        assert!(added_up(&mixed).err().unwrap().contains("not of c, d"));
    }
}
