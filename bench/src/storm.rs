//! P9: everybody loses the connection at once, and everybody comes back at once, with resume.

use std::time::{Duration, Instant};

use clap::Args;
use hdrhistogram::Histogram;
use nearcast::wire::Encoding;

use crate::clients::gather::{Gathered, gather, hello, turn};
use crate::clients::{Clients, First};
use crate::flags::{Sockets, say};
use crate::groups::Groups;
use crate::process::{cpu, open_files, turns};
use crate::report::{self, Figure, Goal};
use crate::server::{Server, Settings, Site};

const BENCH: &str = "storm";
const JUDGED: u32 = 10_000;
/// What the server may take to notice that all are gone, and to let all in again.
const PATIENCE: Duration = Duration::from_secs(60);
/// Files that the server has open without clients.
const OWN_FILES: usize = 200;
/// The threads on which SQLite runs. A kernel cuts a name after fifteen letters.
const STORE_THREADS: &str = "sqlx-sqlite-wor";

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    sockets: Sockets,
}

/// What a storm cost.
struct Storm {
    wall: Duration,
    cpu: Duration,
    served: u64,
    resumed: u64,
    /// From the beginning of the storm to each welcome, in microseconds.
    welcomed_us: Histogram<u64>,
    store_turns: u64,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), String> {
    let sockets = &arguments.sockets;
    let site = sockets.site(sockets.clients)?;
    let groups = Groups::in_order('s', sockets.clients, 0);
    let mut figures = Vec::new();
    for tls in sockets.layers() {
        let storm = measure(&site, &groups, tls)?;
        figures.extend(arguments.figures(tls, &storm)?);
    }
    report::print(&figures, sockets.json)
}

fn measure(site: &Site, groups: &Groups, tls: bool) -> Result<Storm, String> {
    say(
        BENCH,
        if tls {
            "wss: everybody comes"
        } else {
            "ws: everybody comes"
        },
    );
    let server = site.serve(Settings {
        flush_ms: None,
        tls,
    })?;
    let mut clients = Clients::new(Encoding::Json)?;
    let mut before = Gathered::default();
    let all = groups.clients() as usize;
    gather(&mut clients, &mut before, &server, groups, all)?;
    say(BENCH, "everybody is gone");
    clients.drop_all();
    wait_until_noticed(&server)?;
    // Prepared beforehand: phones do not share a core.
    let hellos: Vec<_> = (0..all)
        .map(|client| {
            let guest = &before.guests[client];
            let resume = Some((guest.resume.as_str(), guest.seq));
            hello(clients.encoding(), &server, groups, client, resume)
        })
        .collect();
    say(BENCH, "everybody comes back");
    come_back(&mut clients, hellos, &server)
}

fn wait_until_noticed(server: &Server) -> Result<(), String> {
    let started = Instant::now();
    loop {
        let files = open_files(server.process())?;
        if files < OWN_FILES {
            return Ok(());
        }
        if started.elapsed() > PATIENCE {
            return Err(format!(
                "the server still has {files} files open, {} s after all connections ended",
                PATIENCE.as_secs()
            ));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn come_back(
    clients: &mut Clients,
    hellos: Vec<Vec<u8>>,
    server: &Server,
) -> Result<Storm, String> {
    let all = hellos.len();
    let process = server.process();
    let store_before = turns(process, STORE_THREADS)?;
    if store_before.threads == 0 {
        return Err(format!(
            "the server has no thread {STORE_THREADS}: whether the store was touched cannot be seen"
        ));
    }
    let cpu_before = cpu(process)?;
    let mut welcomed_us =
        Histogram::new(3).map_err(|error| format!("make a histogram: {error}"))?;
    let started = Instant::now();
    for hello in hellos {
        clients.open(server.address(), server.tls(), First::Hello(hello))?;
    }
    let mut after = Gathered::default();
    while after.welcomed < all {
        let before = after.welcomed;
        turn(clients, &mut after)?;
        let elapsed = started.elapsed();
        let now = elapsed.as_micros() as u64;
        // A histogram without bounds takes every value.
        let _ = welcomed_us.record_n(now, (after.welcomed - before) as u64);
        if elapsed > PATIENCE {
            return Err(format!(
                "{} of {all} clients were let in again within {} s",
                after.welcomed,
                PATIENCE.as_secs()
            ));
        }
    }
    let wall = started.elapsed();
    let cpu = cpu(process)? - cpu_before;
    let store_after = turns(process, STORE_THREADS)?;
    Ok(Storm {
        wall,
        cpu,
        served: after.welcomed as u64,
        resumed: after.guests.iter().filter(|guest| guest.resumed).count() as u64,
        welcomed_us,
        store_turns: store_after.turns - store_before.turns,
    })
}

impl Arguments {
    fn figures(&self, tls: bool, storm: &Storm) -> Result<Vec<Figure>, String> {
        let clients = self.sockets.clients;
        if storm.resumed != u64::from(clients) {
            return Err(format!(
                "{} of {clients} sessions were taken up again",
                storm.resumed
            ));
        }
        let figure = |name, value, unit| Figure {
            bench: BENCH,
            name,
            value,
            unit,
            goal: None,
            parameters: self.sockets.parameters(tls),
        };
        let judged = clients == JUDGED && !tls;
        let goal = |goal| judged.then_some(goal);
        let ms = |quantile| storm.welcomed_us.value_at_quantile(quantile) as f64 / 1e3;
        let served = storm.served as f64;
        Ok(vec![
            Figure {
                goal: goal(Goal::AtLeast(5_000.0)),
                ..figure(
                    "handshakes_per_s_per_core",
                    served / storm.cpu.as_secs_f64(),
                    "1/s",
                )
            },
            Figure {
                goal: goal(Goal::AtLeast(f64::from(clients))),
                ..figure("served", served, "")
            },
            figure("resumed", storm.resumed as f64, ""),
            Figure {
                goal: goal(Goal::AtMost(0.0)),
                ..figure("store_thread_turns", storm.store_turns as f64, "")
            },
            figure("wall", storm.wall.as_secs_f64(), "s"),
            figure("handshakes_per_s", served / storm.wall.as_secs_f64(), "1/s"),
            figure("welcomed_p50", ms(0.5), "ms"),
            figure("welcomed_p99", ms(0.99), "ms"),
        ])
    }
}
