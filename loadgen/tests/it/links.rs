//! Links that fall silent and are left behind: the session goes on elsewhere, and the server is to
//! close them with 3014.

use crate::liar::{finds, lied_about};
use crate::machine::shared;
use crate::proxy::Liar;
use crate::server::Server;
use crate::tool::{HAMLET, Ran};

const LEFT: u16 = 3014;

/// Half of a hamlet go through a tunnel of a second, again and again.
fn tunnel(after_s: u32) -> String {
    format!("{HAMLET}[trouble]\nsilent = 0.5\nsilent_for_s = 1\nsilent_after_s = {after_s}\n")
}

#[test]
fn who_comes_out_of_a_tunnel_finds_her_old_link_closed() {
    let _place = shared();
    let server = Server::start();
    Ran::against(&server.address, &tunnel(2), &["--duration", "10s"]).is_right();
    let left = server.metric("nearcast_client_num_server_disconnects{code=\"3014\"}");
    assert!(left > 0.0, "nobody was there to be closed");
}

#[test]
fn a_link_that_is_left_behind_and_closed_for_another_reason_is_a_breach() {
    let liar = Liar {
        closes: |code| Some(if code == LEFT { 3012 } else { code }),
        ..Liar::HONEST
    };
    let wishes = ["--duration", "8s", "--freshness", "2s"];
    let ran = lied_about(liar, &tunnel(2), &wishes);
    finds(&ran, "protocol");
    let example = ran.report["faults"]["protocol"]["examples"].to_string();
    assert!(
        example.contains("closed with 3012 and not 3014"),
        "{example}"
    );
}

#[test]
fn a_link_that_is_left_behind_and_stays_open_is_a_breach() {
    let liar = Liar {
        closes: |code| (code != LEFT).then_some(code),
        ..Liar::HONEST
    };
    // Long enough for it to be missed before the next tunnel.
    let wishes = ["--duration", "15s", "--freshness", "1s"];
    let ran = lied_about(liar, &tunnel(6), &wishes);
    finds(&ran, "protocol");
    let example = ran.report["faults"]["protocol"]["examples"].to_string();
    assert!(example.contains("is still open"), "{example}");
}
