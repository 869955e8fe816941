//! P3 and P4: what a delivery costs the server, from a friend's move to one's own socket, beside
//! a bare loop that sends a prepared frame for each.
//!
//! Groups move as fast as the server serves them: a group's next round begins when everybody has
//! heard the last. With `flush_ms = 0` a round is one mover, so that no frame can hold two
//! updates; with several movers a round it is one sweep that they share. Every update is counted.

mod rounds;
mod window;

use std::time::Duration;

use clap::Args;
use clap::builder::PossibleValuesParser;
use nearcast::wire::Encoding;
use serde_json::Value;

use crate::clients::Clients;
use crate::clients::gather::{Gathered, gather};
use crate::flags::{Friends, Sockets, name, say};
use crate::groups::Groups;
use crate::peer::{MESSAGE_BYTES, Peer};
use crate::report::{self, Figure, Goal};
use crate::sample::Sample;
use crate::server::{Settings, Site};
use rounds::Rounds;
use window::{Window, measure_peer, measure_server};

const BENCH: &str = "socket";
/// Users and friends whom the goals are for.
const JUDGED: (u32, u32) = (10_000, 40);

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    sockets: Sockets,
    #[command(flatten)]
    friends: Friends,
    /// How long each figure is measured
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Friends of a receiver who move between two sweeps; 1: every update is sent at once
    #[arg(long, value_delimiter = ',', default_values_t = [1, 4, 10], value_parser = clap::value_parser!(u32).range(1..=50))]
    updates: Vec<u32>,
    /// Time between sweeps where several friends move: more than one sweep lasts
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    flush_ms: u64,
    #[arg(long, default_value = "both", value_parser = PossibleValuesParser::new(["json", "protobuf", "both"]))]
    encoding: String,
    /// The same seed gives the same groups
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// One way to be told.
#[derive(Debug, Clone, Copy)]
struct Case {
    encoding: Encoding,
    tls: bool,
    updates: u32,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), String> {
    let Arguments {
        sockets, friends, ..
    } = arguments;
    friends.check(sockets.clients)?;
    if let Some(updates) = arguments
        .updates
        .iter()
        .find(|&&updates| updates > friends.friends)
    {
        return Err(format!(
            "--updates {updates}: nobody has more than {} friends who could move",
            friends.friends
        ));
    }
    let site = sockets.site(sockets.clients)?;
    let groups = Groups::shuffled('f', sockets.clients, friends.friends, arguments.seed);
    say(BENCH, "import users and friendships");
    site.import(&groups)?;
    let mut figures = Vec::new();
    for case in arguments.cases() {
        figures.extend(arguments.measure(case, &site, &groups)?);
    }
    report::print(&figures, sockets.json)
}

impl Arguments {
    fn cases(&self) -> Vec<Case> {
        let mut cases = Vec::new();
        for tls in self.sockets.layers() {
            for encoding in Encoding::ALL {
                if self.encoding == "both" || self.encoding == name(encoding) {
                    cases.extend(self.updates.iter().map(|&updates| Case {
                        encoding,
                        tls,
                        updates,
                    }));
                }
            }
        }
        cases
    }

    /// The bare loop and then the server, one right after the other: what else the machine does
    /// meanwhile meets both.
    fn measure(&self, case: Case, site: &Site, groups: &Groups) -> Result<Vec<Figure>, String> {
        let Case {
            encoding,
            tls,
            updates,
        } = case;
        let layer = if tls { "wss" } else { "ws" };
        say(
            BENCH,
            &format!("{layer}, {}, {updates} updates: bare loop", name(encoding)),
        );
        let seconds = Duration::from_secs(self.seconds);
        let bare = {
            let mut peer = Peer::start("send", groups, self.sockets.cores)?;
            measure_peer(&mut peer, groups, seconds)?
        };
        say(BENCH, "the server");
        let server = site.serve(Settings {
            flush_ms: Some(self.flush_ms(updates)),
            tls,
        })?;
        let mut clients = Clients::new(encoding)?;
        let mut gathered = Gathered::default();
        let all = groups.clients() as usize;
        gather(&mut clients, &mut gathered, &server, groups, all)?;
        let mut sample = Sample::default();
        let mut rounds = Rounds::new(groups, updates);
        let window = measure_server(&mut clients, &mut rounds, &server, seconds, &mut sample)?;
        let decoded = sample.check(encoding, window.per_frame())?;
        Ok(self.figures(case, &bare, &window, decoded))
    }

    fn flush_ms(&self, updates: u32) -> u64 {
        if updates == 1 { 0 } else { self.flush_ms }
    }

    fn figures(&self, case: Case, bare: &Window, window: &Window, decoded: u64) -> Vec<Figure> {
        let parameters = self.parameters(case);
        let figure = |name, value, unit| Figure {
            bench: BENCH,
            name,
            value,
            unit,
            goal: None,
            parameters: parameters.clone(),
        };
        let judged = (self.sockets.clients, self.friends.friends) == JUDGED && !case.tls;
        let goal = |goal: Option<f64>| goal.filter(|_| judged).map(Goal::AtMost);
        let at_once = case.updates == 1;
        let ratio = window.us_per_delivery() / bare.us_per_delivery();
        vec![
            figure("cpu_per_delivery", window.us_per_delivery(), "µs"),
            figure("bare_cpu_per_delivery", bare.us_per_delivery(), "µs"),
            Figure {
                goal: goal(goal_for(case)),
                ..figure("times_bare", ratio, "×")
            },
            Figure {
                goal: goal(at_once.then_some(1.05)),
                ..figure("updates_per_frame", window.per_frame(), "")
            },
            figure("bytes_per_delivery", window.bytes_per_delivery(), "B"),
            figure("deliveries_per_s", window.deliveries_per_s(), "1/s"),
            figure("bare_deliveries_per_s", bare.deliveries_per_s(), "1/s"),
            figure("server_core_busy", 100.0 * window.busy(), "%"),
            figure("bare_core_busy", 100.0 * bare.busy(), "%"),
            figure("frames_decoded", decoded as f64, ""),
        ]
    }

    fn parameters(&self, case: Case) -> Vec<(&'static str, Value)> {
        let mut parameters = self.sockets.parameters(case.tls);
        parameters.extend([
            ("friends", Value::from(self.friends.friends)),
            ("encoding", name(case.encoding).into()),
            ("updates", case.updates.into()),
            ("flush_ms", self.flush_ms(case.updates).into()),
            ("bare_message_bytes", MESSAGE_BYTES.into()),
            ("seconds", self.seconds.into()),
            ("seed", self.seed.into()),
        ]);
        parameters
    }
}

fn goal_for(case: Case) -> Option<f64> {
    match (case.updates, case.encoding) {
        (1, _) => Some(1.2),
        (4, Encoding::Json) => Some(0.45),
        (4, Encoding::Protobuf) => Some(0.40),
        (10, Encoding::Json) => Some(0.25),
        (10, Encoding::Protobuf) => Some(0.20),
        _ => None,
    }
}
