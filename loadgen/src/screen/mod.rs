//! What people see while a run goes on: a small block that is redrawn, or, where there is no
//! terminal, a plain line a second.
//!
//! It only makes text; who calls it writes it.

mod moment;
mod sparkline;

use std::collections::VecDeque;
use std::fmt::Write as _;

use sparkline::sparkline;

use crate::report::numbers::{count, ms, number, per_s, seconds};
use crate::tally::{Second, Tally};

/// Seconds in a sparkline.
const MINUTE: usize = 60;
/// Columns before and after a sparkline.
const BESIDE: usize = 26;

const BOLD: &str = "\x1b[1m";
const RED: &str = "\x1b[31m";
const PLAIN: &str = "\x1b[0m";

#[derive(Clone, Debug)]
pub struct Screen {
    is_terminal: bool,
    width: usize,
    /// Lines of the block that stands on the terminal.
    drawn: usize,
    /// Of the last minute: p99 in milliseconds, deliveries.
    minute: VecDeque<(Option<f64>, f64)>,
}

impl Screen {
    /// `width`: columns of the terminal.
    #[must_use]
    pub fn new(is_terminal: bool, width: u16) -> Self {
        Self {
            is_terminal,
            width: usize::from(width).max(20),
            drawn: 0,
            minute: VecDeque::with_capacity(MINUTE),
        }
    }

    /// What to write for a second that is over: of all processes, and the run up to it.
    pub fn second(&mut self, second: &Second, so_far: &Tally) -> String {
        if !self.is_terminal {
            return moment::line(second, so_far) + "\n";
        }
        if self.minute.len() == MINUTE {
            self.minute.pop_front();
        }
        let p99_ms = second.latency.ms(0.99);
        self.minute.push_back((p99_ms, second.deliveries as f64));
        let mut text = self.back();
        let block = self.block(second, so_far);
        self.drawn = block.len();
        for (style, line) in block {
            let line = self.cut(&line);
            writeln!(text, "{style}{line}{PLAIN}").expect("a String takes all");
        }
        text
    }

    /// Lines, each in a style of its own.
    fn block(&self, second: &Second, so_far: &Tally) -> Vec<(&'static str, String)> {
        let wrong = so_far.errors > 0 || so_far.faults.total() > 0;
        let style = if wrong { RED } else { "" };
        let people = count(so_far.people.into());
        let mut rates = format!(
            "  {} moves/s, {} deliveries/s",
            number(second.moves as f64),
            number(second.deliveries as f64)
        );
        if let Some(server) = moment::server(second) {
            rates.push_str("  ");
            rates.push_str(&server);
        }
        let mut head = format!(
            "{}  {} of {people} people connected",
            seconds(f64::from(second.at_s) + 1.0),
            count(second.connected.into()),
        );
        if let Some(connecting) = moment::connecting(second) {
            head.push_str(", ");
            head.push_str(&connecting);
        }
        vec![
            (BOLD, head),
            ("", rates),
            ("", format!("  {}", moment::latency(second))),
            ("", self.row("p99", |&(p99_ms, _)| p99_ms, ms)),
            ("", self.row("deliveries", |&(_, count)| Some(count), per_s)),
            (
                style,
                format!(
                    "  {} checks, {} errors, {}",
                    count(so_far.checked),
                    count(so_far.errors),
                    moment::faults(&so_far.faults)
                ),
            ),
        ]
    }

    /// A sparkline, and what its highest bar stands for.
    fn row(
        &self,
        name: &str,
        value: fn(&(Option<f64>, f64)) -> Option<f64>,
        shown: fn(f64) -> String,
    ) -> String {
        let columns = self.width.saturating_sub(BESIDE).clamp(1, MINUTE);
        let skipped = self.minute.len().saturating_sub(columns);
        let values = self.minute.iter().skip(skipped).map(value);
        let most = values.clone().flatten().reduce(f64::max);
        let most = most.map_or_else(String::new, |most| format!("≤ {}", shown(most)));
        let bars = sparkline(values);
        format!("  {name:<10} {bars} {most}")
    }

    /// Back to the block's first line, and what stood there away.
    fn back(&self) -> String {
        match self.drawn {
            0 => String::new(),
            lines => format!("\x1b[{lines}A\x1b[J"),
        }
    }

    /// A line that wraps would not be found again.
    fn cut(&self, line: &str) -> String {
        if line.chars().count() < self.width {
            return line.to_owned();
        }
        let kept = line.chars().take(self.width - 2);
        kept.chain(['…']).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use crate::tally::Fault;

    /// What stands on the terminal after some seconds.
    fn seen(screen: &mut Screen, seconds: u32) -> Vec<String> {
        let mut tally = Tally::new(2_000, None);
        let mut lines: Vec<String> = Vec::new();
        for at_s in 0..seconds {
            let second = sample::second(at_s);
            tally.add(&second);
            let mut text = screen.second(&second, &tally);
            let redrawn = text.strip_prefix("\x1b[");
            if let Some((up, rest)) = redrawn.and_then(|text| text.split_once("A\x1b[J")) {
                lines.truncate(lines.len() - up.parse::<usize>().unwrap());
                text = rest.to_owned();
            }
            lines.extend(text.lines().map(plain));
        }
        lines
    }

    fn plain(line: &str) -> String {
        [BOLD, RED, PLAIN]
            .into_iter()
            .fold(line.to_owned(), |line, style| line.replace(style, ""))
    }

    #[test]
    fn without_a_terminal_each_second_is_a_plain_line() {
        let lines = seen(&mut Screen::new(false, 80), 3);
        assert_eq!(lines.len(), 3);
        assert!(
            lines[2].starts_with("3 s  1,200 connected  80 moves/s  640 deliveries/s  p50 "),
            "{}",
            lines[2]
        );
        assert!(
            lines[2].contains(
                "  0 errors  no faults  welcomed within p50 3.99 ms  p99 5.95 ms  server 0.24 cores"
            ),
            "{}",
            lines[2]
        );
        assert!(lines.iter().all(|line| !line.contains('\x1b')));
    }

    #[test]
    fn a_terminal_shows_one_block_that_is_redrawn() {
        let lines = seen(&mut Screen::new(true, 100), 90);
        assert_eq!(lines.len(), 6, "{lines:?}");
        assert!(lines[0].starts_with("90 s  2,000 of 2,000 people connected"));
        let bars = lines[4].chars().filter(|one| ('▁'..='█').contains(one));
        assert_eq!(bars.count(), MINUTE);
    }

    #[test]
    fn no_line_is_as_wide_as_the_terminal() {
        for width in [0, 20, 40, 80] {
            let lines = seen(&mut Screen::new(true, width), 70);
            assert_eq!(lines.len(), 6);
            let most = usize::from(width).max(20);
            assert!(
                lines.iter().all(|line| line.chars().count() < most),
                "{lines:?}"
            );
        }
    }

    #[test]
    fn faults_so_far_stay_on_the_screen_and_are_red() {
        let mut tally = Tally::new(2_000, None);
        for _ in 0..1_200 {
            tally.faults.add(Fault::Missing, String::new);
        }
        tally.faults.add(Fault::Forbidden, String::new);
        let text = Screen::new(true, 80).second(&Second::new(0), &tally);
        let last = text.lines().last().unwrap();
        assert!(last.starts_with(RED), "{last:?}");
        assert!(
            last.contains("faults: 1 forbidden, 1,200 missing"),
            "{last:?}"
        );
        assert!(text.contains("nothing arrived"));
    }
}
