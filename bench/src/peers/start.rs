//! How each peer is started: what it needs is there, then its processes run on the server's core,
//! each for as long as it is measured.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use super::contender::Contender;
use super::floor::Floor;
use super::install;
use super::ours::Ours;
use super::pubsub::PubSub;
use super::relay::Relay;
use super::roster::{Entry, Kind};
use crate::groups::Groups;
use crate::kept::{Keep, Kept, beside};
use crate::placement::{Cores, pin};
use crate::redis::Redis;
use crate::server::{Site, listening};

/// What all peers have in common.
pub(super) struct Town {
    pub(super) groups: Groups,
    pub(super) cores: Cores,
    /// Where nearcast is measured: its accounts.
    pub(super) site: Option<Site>,
    pub(super) gateways: u32,
}

impl Town {
    /// Everything that an entry needs but its processes.
    pub(super) fn prepare(&self, entry: &Entry) -> Result<(), String> {
        match entry.kind {
            Kind::Floor | Kind::Ours { .. } => Ok(()),
            Kind::Naive => there("nearcast-peer-naive"),
            Kind::Textbook => there("nearcast-peer-textbook").and_then(|()| redis()),
            Kind::PubSub { .. } => redis(),
            Kind::Erlang => erlang(),
            Kind::Ws => node("ws", &WS),
            Kind::Uws => node("uws", &UWS).and_then(|()| loads_uws()),
        }
    }

    pub(super) fn start(&self, entry: &Entry) -> Result<Box<dyn Contender + '_>, String> {
        match entry.kind {
            Kind::Floor => Floor::new(&self.groups, self.cores).map(|floor| Box::new(floor) as _),
            Kind::Ours { held_s, .. } => self.ours(entry, 1_000 * held_s),
            Kind::Textbook => self.textbook(),
            Kind::PubSub { multiplexed } => {
                let redis = self.redis()?;
                PubSub::new(&self.groups, redis, multiplexed).map(|peer| Box::new(peer) as _)
            }
            Kind::Naive | Kind::Erlang | Kind::Ws | Kind::Uws => self.relay(entry),
        }
    }

    /// nearcast, with its sweeps so far apart.
    pub(super) fn ours(
        &self,
        entry: &Entry,
        flush_ms: u64,
    ) -> Result<Box<dyn Contender + '_>, String> {
        let Kind::Ours { encoding, .. } = entry.kind else {
            return Err(format!("{} is not nearcast", entry.name));
        };
        let site = self.site.as_ref().ok_or("there are no accounts")?;
        let ours = Ours::new(site, &self.groups, encoding, flush_ms)?;
        Ok(Box::new(ours))
    }

    fn textbook(&self) -> Result<Box<dyn Contender + '_>, String> {
        let redis = self.redis()?;
        let program = beside("nearcast-peer-textbook")?;
        let (mut servers, mut addresses) = (Vec::new(), Vec::new());
        for _ in 0..self.gateways {
            let log = install::folder("textbook")?.join("log");
            let mut keep = Keep::new(&program, &log);
            keep.args(["--redis", &redis.address().to_string()]);
            let (server, address) = self.serve(keep)?;
            servers.push(server);
            addresses.push(address);
        }
        let relay = Relay::new(&self.groups, servers, addresses, Some(redis))?;
        Ok(Box::new(relay))
    }

    fn relay(&self, entry: &Entry) -> Result<Box<dyn Contender + '_>, String> {
        let folder = install::folder(entry.name)?;
        let log = folder.join("log");
        let mut keep = match entry.kind {
            Kind::Erlang => Keep::new(Path::new("erl"), &log),
            Kind::Naive => Keep::new(&beside("nearcast-peer-naive")?, &log),
            _ => Keep::new(Path::new("node"), &log),
        };
        match entry.kind {
            // One scheduler for one core, which sleeps when there is nothing to do.
            Kind::Erlang => {
                keep.args(["-noshell", "-noinput", "+S", "1:1", "+sbwt", "none"]);
                keep.args(["+sbwtdcpu", "none", "+sbwtdio", "none", "-pa"]);
                keep.args([folder.as_os_str()]);
                keep.args(["-s", "relay", "start"]);
            }
            Kind::Naive => {}
            _ => {
                keep.args([folder.join("relay.js")]);
            }
        }
        let (server, address) = self.serve(keep)?;
        let relay = Relay::new(&self.groups, vec![server], vec![address], None)?;
        Ok(Box::new(relay))
    }

    fn serve(&self, keep: Keep) -> Result<(Kept, SocketAddr), String> {
        let kept = keep.start(self.cores)?;
        match listening(kept.said()) {
            Some(address) => Ok((kept, address)),
            None => Err(kept.fault()),
        }
    }

    /// On the server's core, with room for everybody.
    fn redis(&self) -> Result<Redis, String> {
        pin(self.cores.server_core)?;
        let started = Redis::start();
        pin(self.cores.load_core)?;
        let mut redis = started?;
        redis.let_in(self.groups.clients() + 100)?;
        Ok(redis)
    }
}

fn there(program: &str) -> Result<(), String> {
    let path = beside(program)?;
    path.is_file().then_some(()).ok_or_else(|| {
        format!(
            "there is no {}: build it with `cargo build --release --workspace`",
            path.display()
        )
    })
}

fn redis() -> Result<(), String> {
    install::debian(&["redis-server", "--version"], "redis-server")
}

const RELAY_ERL: &str = include_str!("../../peers/erlang/relay.erl");

fn erlang() -> Result<(), String> {
    let has_crypto = "crypto:hash(sha, <<>>), halt().";
    let try_it = ["erl", "-noshell", "-eval", has_crypto];
    install::debian(&try_it, "erlang-base erlang-crypto")?;
    let folder = install::folder("erlang")?;
    install::write(&folder, &[("relay.erl", RELAY_ERL)])?;
    let mut compile = Command::new("erlc");
    compile.arg("relay.erl").current_dir(&folder);
    install::obey(&mut compile, "erlc relay.erl")
}

/// A package for Node: what it is written of.
type Package = [(&'static str, &'static str); 3];

const WS: Package = [
    ("package.json", include_str!("../../peers/ws/package.json")),
    (
        "package-lock.json",
        include_str!("../../peers/ws/package-lock.json"),
    ),
    ("relay.js", include_str!("../../peers/ws/relay.js")),
];
const UWS: Package = [
    ("package.json", include_str!("../../peers/uws/package.json")),
    (
        "package-lock.json",
        include_str!("../../peers/uws/package-lock.json"),
    ),
    ("relay.js", include_str!("../../peers/uws/relay.js")),
];

fn node(name: &str, package: &Package) -> Result<(), String> {
    let folder = install::folder(name)?;
    install::write(&folder, package)?;
    install::npm(&folder)
}

/// The binary may be for another system.
fn loads_uws() -> Result<(), String> {
    let load = "require(`@trufflesuite/uws-js-unofficial/binaries/\
        uws_${process.platform}_${process.arch}_${process.versions.modules}.node`)";
    let mut node = Command::new("node");
    node.args(["-e", load]).current_dir(install::folder("uws")?);
    install::obey(&mut node, "load uWebSockets.js")
}
