//! P6: from a move to the friend's readable socket, at a given rate, beside a bare epoll loop.
//! R4: the same beside clients that never read.
//!
//! Open loop: moves have times at which they are due, and latency counts from there, so that a
//! server that stalls is not spared what it held up.

mod course;

use std::time::Duration;

use clap::Args;
use hdrhistogram::Histogram;
use nearcast::wire::Encoding;
use serde_json::Value;

use crate::clients::Clients;
use crate::clients::gather::{Gathered, gather};
use crate::flags::{Friends, Sockets, name, say};
use crate::groups::Groups;
use crate::peer::{MESSAGE_BYTES, Peer};
use crate::report::{self, Figure, Goal};
use crate::server::{Settings, Site};
use course::{Course, Speech};

const BENCH: &str = "latency";
/// Clients and friends for whom the goals are, and the rates.
const JUDGED: (u32, u32) = (10_000, 40);
const JUDGED_RATES: [u32; 2] = [40_000, 120_000];
/// Clients that never read, and the rate, for which the goals of R4 are.
const ASLEEP: (u32, u32) = (10, 40_000);

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    sockets: Sockets,
    #[command(flatten)]
    friends: Friends,
    /// Updates that arrive per second, over all
    #[arg(long, value_delimiter = ',', default_values_t = [40_000, 120_000], value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    deliveries_per_s: Vec<u32>,
    /// How long each figure is measured
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Measure a second time while so many clients never read
    #[arg(long, default_value_t = 0)]
    asleep: u32,
    #[arg(long, default_value = "json", value_parser = ["json", "protobuf"])]
    encoding: String,
    /// The same seed gives the same groups
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What was measured of one side.
struct Latency {
    ns: Histogram<u64>,
    /// Processor time per delivery.
    us_per_delivery: f64,
    updates_per_frame: f64,
    /// By which the process has grown meanwhile.
    grown_mb: f64,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), String> {
    let Arguments {
        sockets, friends, ..
    } = arguments;
    friends.check(sockets.clients)?;
    let site = sockets.site(sockets.clients)?;
    let groups = Groups::shuffled('f', sockets.clients, friends.friends, arguments.seed);
    if arguments.asleep as usize > groups.count() {
        return Err(format!(
            "--asleep {}: one of a group sleeps, and there are {} groups",
            arguments.asleep,
            groups.count()
        ));
    }
    say(BENCH, "import users and friendships");
    site.import(&groups)?;
    let mut figures = Vec::new();
    for tls in sockets.layers() {
        for &rate in &arguments.deliveries_per_s {
            say(BENCH, &format!("{rate} deliveries/s: bare loop"));
            let bare = arguments.measure_bare(&groups, rate)?;
            say(
                BENCH,
                if tls {
                    "the server, wss"
                } else {
                    "the server, ws"
                },
            );
            let ours = arguments.measure(&site, tls, &groups, rate, 0)?;
            figures.extend(arguments.figures(tls, rate, &bare, &ours));
            if arguments.asleep > 0 {
                say(BENCH, &format!("{} clients never read", arguments.asleep));
                let asleep = arguments.asleep as usize;
                let beside = arguments.measure(&site, tls, &groups, rate, asleep)?;
                figures.extend(arguments.figures_asleep(tls, rate, &ours, &beside));
            }
        }
    }
    report::print(&figures, sockets.json)
}

impl Arguments {
    fn encoding(&self) -> Encoding {
        match self.encoding.as_str() {
            "protobuf" => Encoding::Protobuf,
            _ => Encoding::Json,
        }
    }

    fn measure_bare(&self, groups: &Groups, rate: u32) -> Result<Latency, String> {
        let mut peer = Peer::start("answer", groups, self.sockets.cores)?;
        let process = peer.process();
        let course = self.course(groups, rate, 0);
        course
            .run(&mut peer.clients, Speech::Requests, process)
            .map_err(|error| format!("the bare loop at {rate} deliveries/s: {error}"))
    }

    fn measure(
        &self,
        site: &Site,
        tls: bool,
        groups: &Groups,
        rate: u32,
        asleep: usize,
    ) -> Result<Latency, String> {
        let server = site.serve(Settings {
            flush_ms: Some(0),
            tls,
        })?;
        let mut clients = Clients::new(self.encoding())?;
        let all = groups.clients() as usize;
        gather(&mut clients, &mut Gathered::default(), &server, groups, all)?;
        let course = self.course(groups, rate, asleep);
        course.run(
            &mut clients,
            Speech::Moves(self.encoding()),
            server.process(),
        )
    }

    fn course<'a>(&self, groups: &'a Groups, rate: u32, asleep: usize) -> Course<'a> {
        Course {
            groups,
            deliveries_per_s: rate,
            length: Duration::from_secs(self.seconds),
            asleep,
        }
    }

    fn figure(
        &self,
        tls: bool,
        rate: u32,
    ) -> impl Fn(&'static str, f64, &'static str) -> Figure + use<> {
        let mut parameters = self.sockets.parameters(tls);
        parameters.extend([
            ("friends", Value::from(self.friends.friends)),
            ("encoding", name(self.encoding()).into()),
            ("deliveries_per_s", rate.into()),
            ("bare_message_bytes", MESSAGE_BYTES.into()),
            ("seconds", self.seconds.into()),
            ("seed", self.seed.into()),
        ]);
        move |name, value, unit| Figure {
            bench: BENCH,
            name,
            value,
            unit,
            goal: None,
            parameters: parameters.clone(),
        }
    }

    fn figures(&self, tls: bool, rate: u32, bare: &Latency, ours: &Latency) -> Vec<Figure> {
        let figure = self.figure(tls, rate);
        let judged = self.are_judged(tls) && JUDGED_RATES.contains(&rate);
        let times = |name, quantile| Figure {
            goal: judged.then_some(Goal::AtMost(1.3)),
            ..figure(name, ours.ms(quantile) / bare.ms(quantile), "×")
        };
        vec![
            figure("p50", ours.ms(0.5), "ms"),
            figure("p99", ours.ms(0.99), "ms"),
            figure("p999", ours.ms(0.999), "ms"),
            figure("bare_p50", bare.ms(0.5), "ms"),
            figure("bare_p99", bare.ms(0.99), "ms"),
            figure("bare_p999", bare.ms(0.999), "ms"),
            times("p50_times_bare", 0.5),
            times("p99_times_bare", 0.99),
            figure("updates_per_frame", ours.updates_per_frame, ""),
            figure("cpu_per_delivery", ours.us_per_delivery, "µs"),
            figure("bare_cpu_per_delivery", bare.us_per_delivery, "µs"),
        ]
    }

    /// `beside`: the same while some clients never read.
    fn figures_asleep(
        &self,
        tls: bool,
        rate: u32,
        ours: &Latency,
        beside: &Latency,
    ) -> Vec<Figure> {
        let asleep = self.asleep;
        let figure = |name, value, unit| {
            let mut figure = self.figure(tls, rate)(name, value, unit);
            figure.parameters.push(("asleep", asleep.into()));
            figure
        };
        let judged = self.are_judged(tls) && (asleep, rate) == ASLEEP;
        let later_ms = beside.ms(0.99) - ours.ms(0.99);
        vec![
            figure("p50_beside_sleepers", beside.ms(0.5), "ms"),
            figure("p99_beside_sleepers", beside.ms(0.99), "ms"),
            Figure {
                goal: judged.then_some(Goal::AtMost(10.0)),
                ..figure("p99_later_for_sleepers", later_ms, "ms")
            },
            figure("memory_grown", ours.grown_mb, "MB"),
            figure("memory_grown_with_sleepers", beside.grown_mb, "MB"),
        ]
    }

    fn are_judged(&self, tls: bool) -> bool {
        (self.sockets.clients, self.friends.friends) == JUDGED && !tls
    }
}

impl Latency {
    fn ms(&self, quantile: f64) -> f64 {
        self.ns.value_at_quantile(quantile) as f64 / 1e6
    }
}
