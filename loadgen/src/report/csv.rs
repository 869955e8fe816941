//! The seconds of a run, for spreadsheets.

use std::fmt::Write as _;

use super::{Point, Run};

const HEADER: &str = "at_s,connected,moves,deliveries,frames,bytes,errors,faults,\
                      p50_ms,p90_ms,p99_ms,p999_ms,max_ms,late_p99_ms,\
                      connect_p50_ms,connect_p99_ms,connect_max_ms,\
                      server_busy_cores,server_memory_bytes";

pub(super) fn seconds(run: &Run) -> String {
    let mut text = format!("{HEADER}\n");
    for point in &run.seconds {
        line(&mut text, point);
    }
    text
}

fn line(text: &mut String, point: &Point) {
    let counts = [
        point.at_s.into(),
        point.connected.into(),
        point.moves,
        point.deliveries,
        point.frames,
        point.bytes,
        point.errors,
        point.faults,
    ];
    let (latency, connecting) = (point.latency, point.connecting);
    let measured = [
        latency.map(|one| one.p50_ms),
        latency.map(|one| one.p90_ms),
        latency.map(|one| one.p99_ms),
        latency.map(|one| one.p999_ms),
        latency.map(|one| one.max_ms),
        point.late_p99_ms,
        connecting.map(|one| one.p50_ms),
        connecting.map(|one| one.p99_ms),
        connecting.map(|one| one.max_ms),
        point.server.map(|one| one.busy_cores),
        point.server.map(|one| one.memory as f64),
    ];
    let counts = counts.map(|count: u64| count.to_string());
    let measured = measured.map(|value| value.map_or_else(String::new, |value| value.to_string()));
    writeln!(text, "{},{}", counts.join(","), measured.join(",")).expect("a String takes all");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn every_second_is_a_line_with_a_value_under_every_name() {
        let text = seconds(&sample::run(20));
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
        assert_eq!(lines.len(), 21);
        assert!(lines.iter().all(|line| line.len() == lines[0].len()));
        assert_eq!((lines[0][1], lines[1][1]), ("connected", "400"));
    }

    #[test]
    fn what_was_not_measured_stays_empty() {
        let mut run = sample::run(1);
        run.seconds[0].latency = None;
        run.seconds[0].server = None;
        let text = seconds(&run);
        let line = text.lines().nth(1).unwrap();
        assert!(line.contains(",,,,,"), "{line}");
        assert!(line.ends_with(",,"), "{line}");
    }
}
