//! Which versions were measured: what each program says of itself, and the lock files.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::roster::{Entry, Kind};
use crate::machine::Machine;

pub(super) fn of(entry: &Entry, machine: &Machine) -> String {
    match entry.kind {
        Kind::Floor => format!("nearcast-bench {}", machine.commit),
        Kind::Ours { .. } => format!("nearcast {}", machine.commit),
        Kind::Textbook => format!("gateways {}, {}", machine.commit, redis()),
        Kind::PubSub { .. } => redis(),
        Kind::Naive => {
            let crates = ["tokio", "fastwebsockets", "hyper", "dashmap"];
            let lock = read("../Cargo.lock");
            let version = |name: &str| {
                let version = locked(&lock, name).unwrap_or("unknown");
                format!("{name} {version}")
            };
            crates.map(version).join(", ")
        }
        Kind::Erlang => {
            let release = "io:format(\"~s\", [erlang:system_info(otp_release)]), halt().";
            let release = said("erl", &["-noshell", "-eval", release]);
            format!("Erlang/OTP {}", release.as_deref().unwrap_or("unknown"))
        }
        Kind::Ws => format!("ws {}, {}", package("peers/ws/package.json", "ws"), node()),
        Kind::Uws => {
            let name = "@trufflesuite/uws-js-unofficial";
            let version = package("peers/uws/package.json", name);
            format!("{name} {version}, {}", node())
        }
    }
}

fn redis() -> String {
    let said = said("redis-server", &["--version"]).unwrap_or_default();
    let version = said.split(' ').find_map(|word| word.strip_prefix("v="));
    format!("Redis {}", version.unwrap_or("unknown"))
}

fn node() -> String {
    let version = said("node", &["--version"]);
    format!("Node {}", version.as_deref().unwrap_or("unknown"))
}

/// The first line that a program says.
pub(super) fn said(program: &str, words: &[&str]) -> Option<String> {
    let output = Command::new(program).args(words).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines().next().map(str::to_owned)
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap_or_default()
}

/// The version of a crate in a lock file.
fn locked<'a>(lock: &'a str, name: &str) -> Option<&'a str> {
    let (_, after) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
    after.split('"').next()
}

/// The version of a dependency, which is pinned.
fn package(path: &str, name: &str) -> String {
    let package: serde_json::Value = serde_json::from_str(&read(path)).unwrap_or_default();
    let version = package["dependencies"][name].as_str();
    version.unwrap_or("unknown").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_locks() {
        let lock = "[[package]]\nname = \"tokio-rustls\"\nversion = \"0.26.6\"\n\n[[package]]\nname = \"tokio\"\nversion = \"1.54.1\"\n";
        assert_eq!(locked(lock, "tokio"), Some("1.54.1"));
        assert_eq!(locked(lock, "hyper"), None);
        assert_ne!(locked(&read("../Cargo.lock"), "fastwebsockets"), None);
        assert_ne!(package("peers/ws/package.json", "ws"), "unknown");
        assert_eq!(package("peers/ws/package.json", "sockets"), "unknown");
    }
}
