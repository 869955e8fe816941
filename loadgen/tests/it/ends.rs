//! Ends of runs: told to, and by what dies meanwhile.

use std::time::Duration;

use nearcast::clock::Clock;
use rustix::process::{Signal, kill_process};

use crate::machine::{alone, shared};
use crate::server::{Server, server_program};
use crate::tool::{HAMLET, Playing, hamlet_of};

/// What a slow machine needs for an end that does not wait for anything.
const SOON: Duration = Duration::from_secs(30);

#[test]
fn a_tool_that_is_not_given_its_processor_says_that_the_run_says_nothing() {
    let _place = alone();
    let server = Server::start();
    let wishes = ["--duration", "8s", "--lateness", "300ms"];
    let mut playing = Playing::against(&server.address, HAMLET, &wishes);
    playing.second(3, 24);
    while playing.goes_on() {
        playing.signal(Signal::STOP);
        std::thread::sleep(Duration::from_millis(600));
        playing.signal(Signal::CONT);
        std::thread::sleep(Duration::from_millis(200));
    }
    let ran = playing.ended();
    assert_eq!(ran.status(), Some(2), "{}", ran.said());
    assert!(ran.said().contains("could not keep up"), "{}", ran.said());
}

#[test]
fn ctrl_c_ends_with_a_report_and_nobody_left_behind() {
    let _place = shared();
    let server = Server::start();
    let wishes = ["--duration", "10m", "--cleanup"];
    let mut playing = Playing::against(&server.address, HAMLET, &wishes);
    playing.second(3, 24);
    playing.signal(Signal::INT);
    let began = Clock::start().instant();
    let ran = playing.ended();
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    ran.is_right();
    assert!(ran.folder.0.join("out/index.html").is_file());
    assert!(ran.number("/duration_s") >= 3.0);
    assert_eq!(ran.number("/ended_early_of_s"), 600.0);
    assert_eq!(server.metric("nearcast_broker_residents"), 0.0);
}

#[test]
fn a_server_that_dies_leaves_a_report_and_lost_connections() {
    let _place = shared();
    let server = Server::start();
    let wishes = ["--duration", "6s", "--cleanup"];
    let mut playing = Playing::against(&server.address, HAMLET, &wishes);
    playing.second(2, 24);
    server.signal(Signal::KILL);
    let ran = playing.ended();
    assert!(ran.faults("lost") > 0, "{}", ran.report["faults"]);
    assert_eq!(ran.status(), Some(1), "{}", ran.said());
}

#[test]
fn a_process_that_is_killed_ends_the_run_and_makes_it_invalid() {
    let _place = shared();
    let program = server_program();
    let two_hamlets = hamlet_of(48);
    let mut playing = Playing::with(
        &two_hamlets,
        &[
            "--duration",
            "10m",
            "--processes",
            "2",
            "--start-server",
            "--server",
            program.to_str().unwrap(),
        ],
    );
    playing.second(2, 48);
    // The server was started first.
    let children = playing.children();
    assert_eq!(children.len(), 3, "{children:?}");
    let led = children.iter().rfind(|id| {
        let command = std::fs::read(format!("/proc/{}/cmdline", id.as_raw_nonzero())).unwrap();
        command.ends_with(b"\0play\0")
    });
    kill_process(*led.unwrap(), Signal::KILL).unwrap();
    let began = Clock::start().instant();
    let ran = playing.ended();
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    assert_eq!(ran.status(), Some(2), "{}", ran.said());
    assert!(ran.said().contains("ended after"), "{}", ran.said());
}
