//! A right server is found right in every scenario that comes with the tool.

use crate::machine::shared;
use crate::server::server_program;
use crate::tool::{Folder, Playing};

/// With a few people, and as long as it takes for what the scenario is about.
fn is_found_right(name: &str, duration: &str) {
    let _place = shared();
    let program = server_program();
    let server = ["--start-server", "--server", program.to_str().unwrap()];
    let few = ["--people", "40", "--duration", duration];
    let words = [&few[..], &server[..]].concat();
    let ran = Playing::typed(Folder::new(), &["run", name], &words).ended();
    ran.is_right();
    assert!(ran.number("/checked") > 0.0);
}

#[test]
fn city() {
    is_found_right("city", "10s");
}

#[test]
fn commute() {
    is_found_right("commute", "12s");
}

/// Strangers are released at the second epoch of 15 s.
#[test]
fn stadium() {
    is_found_right("stadium", "35s");
}

/// The second storm is at 14 s.
#[test]
fn festival_storm() {
    is_found_right("festival-storm", "18s");
}

/// Links are silent for 6 s from the eighth second on, each half as long or half as long again.
#[test]
fn tunnel() {
    is_found_right("tunnel", "25s");
}

#[test]
fn strangers_downtown() {
    is_found_right("strangers-downtown", "40s");
}

#[test]
fn slow_network() {
    is_found_right("slow-network", "15s");
}

/// Everybody has moved once.
#[test]
fn book() {
    is_found_right("book", "20s");
}

#[test]
fn there_is_a_test_for_each() {
    let tested = include_str!("scenarios.rs");
    for name in nearcast_loadgen::scenario::Scenario::NAMES {
        let call = format!("is_found_right(\"{name}\", ");
        assert!(tested.contains(&call), "{name}");
    }
}
