//! Figures and how they are printed: a table for people, one JSON object per line for programs.

use std::io::{self, Write};

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::Value;

use crate::machine::Machine;

/// One measured number and how it was measured.
pub(crate) struct Figure {
    pub(crate) bench: &'static str,
    pub(crate) name: &'static str,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    /// What `targets.md` asks for, where it asks.
    pub(crate) goal: Option<Goal>,
    /// Flat, in the order in which they are shown.
    pub(crate) parameters: Vec<(&'static str, Value)>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

impl Goal {
    fn value(self) -> f64 {
        match self {
            Self::AtLeast(value) | Self::AtMost(value) => value,
        }
    }

    fn reached(self, value: f64) -> bool {
        match self {
            Self::AtLeast(least) => value >= least,
            Self::AtMost(most) => value <= most,
        }
    }
}

/// Prints all figures of a run, in one go so that nothing else comes between them.
pub(crate) fn print(figures: &[Figure], json: bool) -> Result<(), String> {
    let mut out = io::stdout().lock();
    let machine = Machine::read();
    let printed = if json {
        lines(&mut out, &machine, figures)
    } else {
        table(&mut out, &machine, figures)
    };
    printed
        .and_then(|()| out.flush())
        .map_err(|error| format!("print the figures: {error}"))
}

fn lines(out: &mut impl Write, machine: &Machine, figures: &[Figure]) -> io::Result<()> {
    for figure in figures {
        serde_json::to_writer(&mut *out, &Line { machine, figure })?;
        writeln!(out)?;
    }
    Ok(())
}

/// A figure as an object of its own: it can be read without the lines around it.
struct Line<'a> {
    machine: &'a Machine,
    figure: &'a Figure,
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { machine, figure } = self;
        let mut object = serializer.serialize_map(None)?;
        object.serialize_entry("bench", figure.bench)?;
        object.serialize_entry("figure", figure.name)?;
        object.serialize_entry("value", &figure.value)?;
        object.serialize_entry("unit", figure.unit)?;
        for (name, value) in &figure.parameters {
            object.serialize_entry(name, value)?;
        }
        if let Some(goal) = figure.goal {
            object.serialize_entry("goal", &goal.value())?;
        }
        object.serialize_entry("cpu", &machine.cpu)?;
        object.serialize_entry("cores", &machine.cores)?;
        object.serialize_entry("commit", &machine.commit)?;
        object.end()
    }
}

fn table(out: &mut impl Write, machine: &Machine, figures: &[Figure]) -> io::Result<()> {
    let Machine { cpu, cores, commit } = machine;
    writeln!(out, "{cpu}, {cores} cores, commit {commit}")?;
    let mut shown = None;
    for figure in figures {
        // Figures measured alike stand under one line of parameters.
        if shown != Some((figure.bench, &figure.parameters)) {
            shown = Some((figure.bench, &figure.parameters));
            writeln!(out, "\n{}{}", figure.bench, parameters(figure))?;
            writeln!(
                out,
                "  {:<28} {:>16} {:<10} {:>14}",
                "figure", "value", "", "goal"
            )?;
        }
        let value = number(figure.value);
        let (goal, reached) = verdict(figure);
        let row = format!(
            "  {:<28} {value:>16} {:<10} {goal:>14}  {reached}",
            figure.name, figure.unit
        );
        writeln!(out, "{}", row.trim_end())?;
    }
    Ok(())
}

fn parameters(figure: &Figure) -> String {
    let mut text = String::new();
    for (name, value) in &figure.parameters {
        let value = match value {
            Value::String(word) => word.clone(),
            Value::Number(count) if count.is_u64() => number(count.as_f64().unwrap_or_default()),
            other => other.to_string(),
        };
        text.push_str(&format!(" · {name} {value}"));
    }
    text
}

fn verdict(figure: &Figure) -> (String, &'static str) {
    let Some(goal) = figure.goal else {
        return (String::new(), "");
    };
    let sign = match goal {
        Goal::AtLeast(_) => "≥",
        Goal::AtMost(_) => "≤",
    };
    let reached = if goal.reached(figure.value) {
        "reached"
    } else {
        "not reached"
    };
    (format!("{sign} {}", number(goal.value())), reached)
}

/// Whole and grouped from a hundred on, else with as many decimals as still mean something.
pub(crate) fn number(value: f64) -> String {
    if value.abs() < 100.0 && value.fract() != 0.0 {
        return format!("{value:.2}");
    }
    let digits = format!("{:.0}", value.abs());
    let mut text = String::from(if value <= -0.5 { "-" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine() -> Machine {
        Machine {
            cpu: "A Chip 9000".to_owned(),
            cores: 2,
            commit: "0123456789ab".to_owned(),
        }
    }

    fn figures() -> [Figure; 3] {
        let figure = |name, value, unit, goal| Figure {
            bench: "book",
            name,
            value,
            unit,
            goal,
            parameters: vec![("users", 10_000_000.into()), ("encoding", "json".into())],
        };
        [
            figure(
                "updates_per_s",
                1_234_567.8,
                "1/s",
                Some(Goal::AtLeast(1e6)),
            ),
            figure("rss_gb", 4.25, "GB", Some(Goal::AtMost(4.0))),
            figure("frames", 12.0, "", None),
        ]
    }

    fn text(print: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        print(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn people_see_the_goal_and_whether_it_was_reached() {
        let table = text(|out| table(out, &machine(), &figures()));
        let expected = "\
A Chip 9000, 2 cores, commit 0123456789ab

book · users 10,000,000 · encoding json
  figure                                  value                      goal
  updates_per_s                       1,234,568 1/s           ≥ 1,000,000  reached
  rss_gb                                   4.25 GB                    ≤ 4  not reached
  frames                                     12
";
        assert_eq!(table, expected);
    }

    #[test]
    fn programs_get_one_object_per_line() {
        let lines = text(|out| lines(out, &machine(), &figures()));
        let expected = r#"{"bench":"book","figure":"rss_gb","value":4.25,"unit":"GB","users":10000000,"encoding":"json","goal":4.0,"cpu":"A Chip 9000","cores":2,"commit":"0123456789ab"}"#;
        assert_eq!(lines.lines().nth(1), Some(expected));
        assert_eq!(lines.lines().count(), 3);
    }

    #[test]
    fn a_goal_that_is_met_exactly_is_reached() {
        assert!(Goal::AtLeast(30.0).reached(30.0));
        assert!(Goal::AtMost(4.0).reached(4.0));
        assert!(!Goal::AtMost(4.0).reached(f64::NAN));
    }

    #[test]
    fn numbers_keep_what_means_something() {
        for (value, shown) in [
            (0.0, "0"),
            (7.0, "7"),
            (1.0312, "1.03"),
            (970.4, "970"),
            (-1234.0, "-1,234"),
        ] {
            assert_eq!(number(value), shown);
        }
    }
}
