//! The same work for nearcast and for what one would otherwise pick, one after the other: the
//! bare loops, the textbook built well, what most would write, Erlang, Redis alone, Node.
//!
//! Each peer is shown with what it lost. A figure of one peer must never be compared with one of
//! another run.

mod contender;
mod floor;
mod ours;
mod pubsub;
mod relay;
#[path = "../../peers/textbook/resp.rs"]
mod resp;

mod closed;
mod measured;
mod open;
mod writes;

mod book;
mod contest;
mod install;
mod results;
mod roster;
mod row;
mod start;
mod table;
mod versions;

mod figures;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Command, FromArgMatches};

use crate::flags::{Friends, Sockets, say};
use crate::groups::Groups;
use crate::machine::Machine;
use crate::report;
use book::Book;
use results::Report;
use roster::{Entry, Kind};
use row::Plan;
use start::Town;
use table::Outcome;

const BENCH: &str = "peers";

#[derive(Debug, PartialEq, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    sockets: Sockets,
    #[command(flatten)]
    friends: Friends,
    /// Only these peers, by name
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    only: Vec<String>,
    /// How long each figure is measured
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Updates that arrive per second, over all, where latency is measured
    #[arg(long, value_delimiter = ',', default_values_t = [40_000, 120_000], value_parser = clap::value_parser!(u32).range(10..=1_000_000))]
    rates: Vec<u32>,
    /// Gateways of the textbook
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=16))]
    gateways: u32,
    /// Time between the last arrival and a reading of memory, so that what was freed is given back
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(0..=600))]
    settle_s: u64,
    /// Where the table goes; default: bench/RESULTS.md, after a whole run with the default work
    #[arg(long, value_name = "FILE")]
    results: Option<PathBuf>,
    /// The same seed gives the same groups
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), String> {
    let Arguments {
        sockets, friends, ..
    } = arguments;
    if sockets.tls {
        return Err("--tls: the peers are compared without TLS".to_owned());
    }
    friends.check(sockets.clients)?;
    let entries = roster::chosen(&arguments.only)?;
    let town = arguments.town(&entries)?;
    let plan = arguments.plan();
    let mut outcomes = Vec::new();
    for entry in &entries {
        let row = town
            .prepare(entry)
            .and_then(|()| plan.measure(&town, entry));
        if let Err(why) = &row {
            say(BENCH, &format!("{}: skipped: {why}", entry.name));
        }
        outcomes.push((*entry, row));
    }
    let book = arguments.book(&plan, &town, &outcomes);
    if let Some(Err(why)) = &book {
        say(BENCH, &format!("the book's rate: {why}"));
    }
    let report = arguments.report(&town, outcomes, book);
    arguments.print(&report)?;
    let whole = missing(&report);
    if let Some(path) = arguments.results(whole.is_ok()) {
        report.write(&path)?;
        say(BENCH, &format!("written to {}", path.display()));
    }
    whole
}

impl Arguments {
    fn town(&self, entries: &[Entry]) -> Result<Town, String> {
        let sockets = &self.sockets;
        let groups = Groups::shuffled('f', sockets.clients, self.friends.friends, self.seed);
        sockets.prepare(sockets.clients)?;
        let is_ours = |entry: &Entry| matches!(entry.kind, Kind::Ours { .. });
        let mut site = None;
        if entries.iter().any(is_ours) {
            let made = sockets.site(sockets.clients)?;
            say(BENCH, "import users and friendships");
            made.import(&groups)?;
            site = Some(made);
        }
        Ok(Town {
            groups,
            cores: sockets.cores,
            site,
            gateways: self.gateways,
        })
    }

    fn plan(&self) -> Plan {
        Plan {
            length: Duration::from_secs(self.seconds),
            rates: self.rates.clone(),
            from: self.from(),
            settle: Duration::from_secs(self.settle_s),
        }
    }

    /// Clients at the first reading of memory.
    fn from(&self) -> u32 {
        self.sockets.clients / 4
    }

    /// P13 at the book's rates, when both sides are there.
    fn book(&self, plan: &Plan, town: &Town, outcomes: &[Outcome]) -> Option<Result<Book, String>> {
        let measured = |entry: &&Outcome| entry.1.is_ok();
        let textbook = outcomes
            .iter()
            .filter(measured)
            .find(|(entry, _)| entry.kind == Kind::Textbook);
        let at_once = |entry: &Entry| matches!(entry.kind, Kind::Ours { held_s: 0, .. });
        let ours: Vec<Entry> = outcomes
            .iter()
            .filter(measured)
            .map(|(entry, _)| *entry)
            .filter(at_once)
            .collect();
        match textbook {
            Some((textbook, _)) if !ours.is_empty() => {
                Some(Book::measure(plan, town, textbook, &ours))
            }
            _ => None,
        }
    }

    fn report(
        &self,
        town: &Town,
        outcomes: Vec<Outcome>,
        book: Option<Result<Book, String>>,
    ) -> Report {
        let words: Vec<String> = std::env::args().skip(1).collect();
        Report {
            command: format!("nearcast-bench {}", words.join(" ")),
            date: jiff::Zoned::now().strftime("%Y-%m-%d %H:%M %Z").to_string(),
            machine: Machine::read(),
            clients: self.sockets.clients,
            friends: self.friends.friends,
            groups: town.groups.count(),
            seconds: self.seconds,
            gateways: self.gateways,
            rates: self.rates.clone(),
            from: self.from(),
            outcomes,
            book,
        }
    }

    fn print(&self, report: &Report) -> Result<(), String> {
        if self.sockets.json {
            return report::print(&figures::of(report), true);
        }
        let Machine { cpu, cores, commit } = &report.machine;
        let table = table::table(&report.outcomes, &report.rates);
        let mut out = std::io::stdout().lock();
        write!(
            out,
            "{cpu}, {cores} cores, commit {commit}\n\n{table}\n{}",
            report.verdicts()
        )
        .and_then(|()| out.flush())
        .map_err(|error| format!("print the table: {error}"))
    }

    /// `whole`: nothing is missing that may not be.
    fn results(&self, whole: bool) -> Option<PathBuf> {
        let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("RESULTS.md");
        let is_for_all = whole && self.is_default_work();
        self.results.clone().or_else(|| is_for_all.then(default))
    }

    /// Nothing is chosen but how it is shown.
    fn is_default_work(&self) -> bool {
        let words: [&str; 0] = [];
        let matches = Self::augment_args(Command::new(BENCH).no_binary_name(true));
        let matches = matches.get_matches_from(words);
        let default = Self::from_arg_matches(&matches);
        default.is_ok_and(|mut default| {
            default.sockets.json = self.sockets.json;
            default.results.clone_from(&self.results);
            *self == default
        })
    }
}

/// What had to be measured and was not.
fn missing(report: &Report) -> Result<(), String> {
    let required = report.outcomes.iter().filter(|(entry, _)| entry.required);
    let failed = required.filter_map(|(entry, row)| Some((entry.name, row.as_ref().err()?)));
    let book = report.book.iter();
    let book = book.filter_map(|book| Some(("the book's rate", book.as_ref().err()?)));
    let missing: Vec<String> = failed
        .chain(book)
        .map(|(name, why)| format!("{name}: {why}"))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!(
        "what may not be missing is: {}",
        missing.join("; ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(words: &str) -> Arguments {
        let command = Arguments::augment_args(Command::new(BENCH).no_binary_name(true));
        let matches = command.get_matches_from(words.split_whitespace());
        Arguments::from_arg_matches(&matches).unwrap()
    }

    fn report(names: &[&str], book: Option<Result<Book, String>>) -> Report {
        let outcome = |name: &&str| {
            let entry = roster::chosen(&[(*name).to_owned()]).unwrap()[0];
            (entry, Err("not here".to_owned()))
        };
        Report {
            book,
            ..Report::example(names.iter().map(outcome).collect())
        }
    }

    #[test]
    fn only_some_peers_may_be_missing() {
        missing(&report(&["ws", "uws"], None)).unwrap();
        let refused = missing(&report(&["ws", "erlang"], None)).unwrap_err();
        assert_eq!(refused, "what may not be missing is: erlang: not here");
    }

    #[test]
    fn the_books_rate_may_not_be_missing_where_it_was_to_be_measured() {
        let book = Some(Err("no room".to_owned()));
        let refused = missing(&report(&["ws"], book)).unwrap_err();
        let expected = "what may not be missing is: the book's rate: no room";
        assert_eq!(refused, expected);
    }

    #[test]
    fn the_results_are_those_of_a_whole_run_with_the_default_work() {
        let results = |words, whole| typed(words).results(whole);
        let default = results("", true).unwrap();
        assert!(default.ends_with("bench/RESULTS.md"));
        assert_eq!(results("--json", true), Some(default));
        assert_eq!(results("", false), None);
        for words in [
            "--clients 9000",
            "--rates 40000",
            "--gateways 3",
            "--seed 2",
            "--settle-s 5",
            "--server-core 1 --load-core 0",
            "--only floor,json",
            "--server elsewhere",
        ] {
            assert_eq!(results(words, true), None, "{words}");
        }
        let asked = results("--only ws --results here.md", false);
        assert_eq!(asked, Some(PathBuf::from("here.md")));
    }
}
