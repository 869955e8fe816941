//! P5: what a connection costs that does nothing: the slope of the server's memory over idle,
//! authenticated clients, each with a position, without friends and with forty. Pages of the
//! accounts' file that are mapped are not among it: they are the kernel's, and shown beside.

use std::time::{Duration, Instant};

use clap::Args;
use nearcast::wire::Encoding;
use serde_json::Value;

use crate::clients::Clients;
use crate::clients::gather::{Gathered, gather, turn};
use crate::flags::{Friends, Sockets, say};
use crate::groups::Groups;
use crate::process::Memory;
use crate::report::{self, Figure, Goal};
use crate::server::{Server, Settings, Site};

const BENCH: &str = "idle";
/// Clients and friends for whom the goals are.
const JUDGED: (u32, u32, u32) = (5_000, 19_000, 40);

#[derive(Debug, Args)]
#[command(mut_arg("clients", |flag| flag.default_value("19000")))]
pub(crate) struct Arguments {
    #[command(flatten)]
    sockets: Sockets,
    #[command(flatten)]
    friends: Friends,
    /// Clients at the first reading; --clients are there at the second
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..))]
    from: u32,
    /// Time between the last arrival and a reading, so that what was freed is given back
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=600))]
    settle_s: u64,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), String> {
    let Arguments {
        sockets,
        friends,
        from,
        ..
    } = arguments;
    if *from >= sockets.clients {
        return Err(format!(
            "--from {from} must be less than --clients {}: the slope is between them",
            sockets.clients
        ));
    }
    friends.check(sockets.clients)?;
    let site = sockets.site(sockets.clients)?;
    let alone = Groups::in_order('s', sockets.clients, 0);
    let among = Groups::in_order('f', sockets.clients, friends.friends);
    say(BENCH, "import users and friendships");
    // Both: what the store keeps of users who are new is no connection's.
    for groups in [&alone, &among] {
        site.import(groups)?;
    }
    let mut figures = Vec::new();
    for tls in sockets.layers() {
        for groups in [&alone, &among] {
            figures.extend(arguments.measure(tls, &site, groups)?);
        }
    }
    report::print(&figures, sockets.json)
}

impl Arguments {
    fn measure(&self, tls: bool, site: &Site, groups: &Groups) -> Result<Vec<Figure>, String> {
        let server = site.serve(Settings {
            flush_ms: None,
            tls,
        })?;
        let mut clients = Clients::new(Encoding::Json)?;
        let mut gathered = Gathered::default();
        let mut readings = Vec::new();
        for count in [self.from, self.sockets.clients] {
            let layer = if tls { "wss" } else { "ws" };
            say(
                BENCH,
                &format!("{layer}, {} friends, {count} clients", groups.friends()),
            );
            gather(&mut clients, &mut gathered, &server, groups, count as usize)?;
            readings.push(self.read(&mut clients, &mut gathered, &server)?);
        }
        Ok(self.figures(tls, groups.friends(), readings[0], readings[1]))
    }

    /// Lets the server come to rest, its clients answering its pings, and reads its memory.
    fn read(
        &self,
        clients: &mut Clients,
        gathered: &mut Gathered,
        server: &Server,
    ) -> Result<Memory, String> {
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(self.settle_s) {
            turn(clients, gathered)?;
        }
        Memory::of(server.process())
    }

    fn figures(&self, tls: bool, friends: u32, few: Memory, many: Memory) -> Vec<Figure> {
        let mut parameters = self.sockets.parameters(tls);
        parameters.extend([
            ("from", Value::from(self.from)),
            ("friends", friends.into()),
            ("settle_s", self.settle_s.into()),
        ]);
        let figure = |name, value, unit| Figure {
            bench: BENCH,
            name,
            value,
            unit,
            goal: None,
            parameters: parameters.clone(),
        };
        let (from, clients) = (self.from, self.sockets.clients);
        let per_client =
            |few: u64, many: u64| (many as f64 - few as f64) / f64::from(clients - from) / 1e3;
        let judged = (from, clients, self.friends.friends) == JUDGED && !tls;
        let goal = if friends == 0 { 0.5 } else { 1.0 };
        vec![
            Figure {
                goal: judged.then_some(Goal::AtMost(goal)),
                ..figure(
                    "memory_per_connection",
                    per_client(few.anonymous, many.anonymous),
                    "KB",
                )
            },
            figure(
                "resident_per_connection",
                per_client(few.resident, many.resident),
                "KB",
            ),
            figure("memory_few", few.anonymous as f64 / 1e6, "MB"),
            figure("memory_many", many.anonymous as f64 / 1e6, "MB"),
        ]
    }
}
