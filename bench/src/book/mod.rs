//! P1 and P2: the textbook's population, 40 nearby online friends each, movers drawn at random.
//!
//! P1 is one worker that serves everybody: it moves, checks, marks, and every three simulated
//! seconds drains and deduplicates the marks. P2 is all workers, each with its share of the users,
//! with the sweep and its encoded frames besides.

mod side;
mod town;

use std::time::Duration;

use clap::Args;
use nearcast::wire::Encoding;
use serde_json::Value;

use crate::load::Load;
use crate::report::{self, Figure, Goal};
use crate::rss::Rss;
use town::{Town, say};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    load: Load,
    /// Simulated seconds between two sweeps; a user moves every 30
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=30))]
    hold: u32,
}

impl Arguments {
    /// The goals are those of the textbook's population.
    fn judged(&self) -> bool {
        self.load.users == 10_000_000 && self.load.friends == 40
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), String> {
    let load = &arguments.load;
    if load.friends < 2 {
        return Err("book: without friends nothing is delivered; give two or more".to_owned());
    }
    let threads = load.threads.max(2);
    let mut town = Town::settle(load, arguments.hold, threads)?;
    let mut figures = Vec::new();

    let limit = Duration::from_secs(load.seconds);
    town.connect(Encoding::Protobuf, 1)?;
    say("measure moves");
    let alone = town.move_and_drain(limit)?;
    figures.push(figure(
        arguments,
        "updates_per_s",
        alone.per_s(alone.updates),
        1,
        "protobuf",
        Some(1e6),
    ));
    let mut memory = vec![(Rss::of(std::process::id())?.now_gb, 1)];
    for (encoding, name, goal) in [
        (Encoding::Protobuf, "protobuf", 24e6),
        (Encoding::Json, "json", 16e6),
    ] {
        town.connect(encoding, threads)?;
        say("measure frames");
        let work = town.move_and_sweep(limit)?;
        let deliveries = work.updates * u64::from(load.friends);
        let per_frame = deliveries as f64 / work.frames as f64;
        let decoded = town.take_sample().check(encoding, per_frame)?;
        let mut add = |name_of, value, goal| {
            figures.push(figure(arguments, name_of, value, threads, name, goal));
        };
        add("deliveries_per_s", work.per_s(deliveries), Some(goal));
        add("updates_per_frame", per_frame, None);
        add(
            "bytes_per_delivery",
            work.bytes as f64 / deliveries as f64,
            None,
        );
        add("frames_decoded", decoded as f64, None);
    }
    memory.push((Rss::of(std::process::id())?.now_gb, threads));
    for (gb, threads) in memory {
        let mut rss = figure(arguments, "rss_gb", gb, threads, "protobuf", None);
        rss.goal = arguments.judged().then_some(Goal::AtMost(4.0));
        rss.unit = "GB";
        figures.push(rss);
    }
    for figure in &mut figures {
        figure.unit = match figure.name {
            "updates_per_s" | "deliveries_per_s" => "1/s",
            "bytes_per_delivery" => "B",
            _ => figure.unit,
        };
    }
    report::print(&figures, load.json)
}

fn figure(
    arguments: &Arguments,
    name: &'static str,
    value: f64,
    threads: u32,
    encoding: &'static str,
    at_least: Option<f64>,
) -> Figure {
    let mut parameters: Vec<(&'static str, Value)> = arguments.load.parameters(&[]);
    for (parameter, value) in &mut parameters {
        if *parameter == "threads" {
            *value = threads.into();
        }
    }
    parameters.push(("hold_s", arguments.hold.into()));
    parameters.push(("encoding", encoding.into()));
    let goal = at_least.filter(|_| arguments.judged()).map(Goal::AtLeast);
    Figure {
        bench: "book",
        name,
        value,
        unit: "",
        goal,
        parameters,
    }
}
