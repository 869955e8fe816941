//! Runs as they are typed.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;

use crate::liar::lied_about;
use crate::machine::{alone, shared};
use crate::proxy::{Liar, Told};
use crate::server::{Server, words};
use crate::tool::{Folder, HAMLET, Playing, Ran, hamlet_of, loadgen};

#[test]
fn a_hamlet_is_seen_as_it_is() {
    let _place = shared();
    let ran = Ran::with_server(&hamlet_of(240), &["--duration", "6s"]);
    ran.is_right();
    let out = ran.folder.0.join("out");
    for name in ["index.html", "report.json", "seconds.csv"] {
        assert!(out.join(name).is_file(), "{name}");
    }
    // The two numbers, at the end.
    let said = ran.said();
    let last: Vec<&str> = said.lines().rev().take(2).collect();
    assert!(
        last[1].contains("per second per core") && last[0].contains("p99"),
        "{said}"
    );
    assert!(ran.number("/totals/deliveries_per_core_s") > 0.0);
}

/// Both at once, each on a server of its own, so that a slow machine is as slow for both. What is
/// counted twice, or not added up, is off by half.
#[test]
fn two_processes_see_what_one_sees() {
    let _place = alone();
    let two_hamlets = hamlet_of(48);
    let wishes = ["--duration", "6s", "--warm-up", "0s"];
    let (one, two) = std::thread::scope(|scope| {
        let one = scope.spawn(|| Ran::with_server(&two_hamlets, &wishes));
        let more = [&wishes[..], &["--processes", "2"]].concat();
        let two = Ran::with_server(&two_hamlets, &more);
        (one.join().unwrap(), two)
    });
    for ran in [&one, &two] {
        ran.is_right();
        assert_eq!(ran.report["people"], 48);
        assert_eq!(ran.report["totals"]["connected_most"], 48);
    }
    for (figure, slack) in [("/totals/moves", 1.1), ("/totals/deliveries", 1.5)] {
        let (one, two) = (one.number(figure), two.number(figure));
        let ratio = one / two;
        assert!(
            (1.0 / slack..slack).contains(&ratio),
            "{figure}: {one} and {two}"
        );
    }
}

#[test]
fn a_server_that_pauses_shows_in_the_percentiles_and_in_its_seconds() {
    let _place = alone();
    let server = Server::start();
    let mut playing = Playing::against(&server.address, HAMLET, &["--duration", "12s"]);
    playing.second(5, 24);
    server.signal(Signal::STOP);
    std::thread::sleep(Duration::from_secs(2));
    server.signal(Signal::CONT);
    let ran = playing.ended();
    let max_ms = ran.number("/totals/latency/max_ms");
    assert!(max_ms > 1900.0, "{max_ms}");
    assert!(ran.number("/totals/latency/p99_ms") > 1000.0);
    let seconds = ran.report["seconds"].as_array().unwrap();
    let slow = seconds
        .iter()
        .filter(|second| second["latency"]["max_ms"].as_f64() > Some(1500.0));
    // A pause, not a slow server.
    assert!((1..seconds.len() / 2).contains(&slow.count()));
}

#[test]
fn a_second_run_finds_nothing_of_the_first() {
    let _place = shared();
    let server = Server::start();
    for seed in ["1", "2"] {
        let wishes = ["--duration", "4s", "--seed", seed, "--cleanup"];
        Ran::against(&server.address, HAMLET, &wishes).is_right();
    }
    // They were erased: nobody is left to be shown.
    assert_eq!(server.metric("nearcast_broker_residents"), 0.0);
}

#[test]
fn a_server_that_is_set_up_otherwise_is_judged_by_that() {
    let _place = shared();
    let sociable = format!("{HAMLET}strangers = 1.0\nconsent = 0.5\n");
    let setup = ["--move-min", "40", "--precision", "5", "--epoch", "1s"];
    let wishes = [&setup[..], &["--duration", "10s"]].concat();
    let ran = Ran::with_server(&sociable, &wishes);
    ran.is_right();
    for (name, value) in [("move_min_m", "40"), ("precision", "5"), ("epoch_s", "1")] {
        assert_eq!(ran.report["parameters"][name], value);
    }
}

#[test]
fn a_server_that_never_answers_has_refused_everybody() {
    fn hush(_: u64, _: Value) -> Told {
        Vec::new()
    }
    let liar = Liar {
        welcomes: hush,
        ..Liar::HONEST
    };
    let ran = lied_about(liar, HAMLET, &["--duration", "5s", "--freshness", "2s"]);
    assert_eq!(ran.faults("refused"), 24, "{}", ran.report["faults"]);
    assert!(ran.number("/totals/connecting/p50_ms") > 2000.0);
}

#[test]
fn what_is_wrong_is_said_all_at_once_before_anything_begins() {
    let folder = Folder::new();
    let file = folder.write(
        "odd.toml",
        "people = 0\n[movement]\nwalk = 3.0\n[sesions]\njson = 1\n",
    );
    let output = loadgen()
        .args(["run", &file, "--start-server"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(64));
    let said = String::from_utf8(output.stderr).unwrap();
    for word in ["people", "movement.walk", "sesions"] {
        assert!(said.contains(word), "{word}: {said}");
    }
    let row = "time,lat,lon\n2026-05-01T10:00:00Z,50,10\n";
    folder.write("moment.csv", row);
    let tracks = folder.0.to_str().unwrap();
    for (typed, named) in [
        (vec!["run", "vilage", "--start-server"], "vilage"),
        (vec!["run", "city"], "--start-server"),
        (vec!["run", "city", "--slo", "foo<1s"], "--slo"),
        (vec!["run", "city", "--people", "many"], "--people"),
        // An address for documents, and nobody's.
        (vec!["run", "city", "--source", "192.0.2.1"], "192.0.2.1"),
        (vec!["run", "city", "--source", "0.0.0.0"], "0.0.0.0"),
        (
            "run city --secret s --server-key k --url http://localhost/foo"
                .split(' ')
                .collect(),
            "/foo",
        ),
        (vec!["replay", tracks, "--start-server"], "last 0.000 s"),
        (vec!["fly"], "fly"),
    ] {
        let output = loadgen().args(&typed).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(64), "{typed:?}: {said}");
        assert!(said.contains(named), "{typed:?}: {said}");
    }
    let help = loadgen().arg("--help").output().unwrap();
    assert!(help.status.success());
}

#[test]
fn what_a_server_does_not_know_or_cannot_be_reached_from_is_said_before_anybody_comes() {
    let _place = shared();
    let server = Server::start();
    let words = words(&server.address);
    let ends = |words: &[String], more: &[&str]| {
        let mut tool = loadgen();
        tool.args(["run", "city", "--people", "20"]);
        let output = tool.args(words).args(more).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), said)
    };
    let mut wrong = words.clone();
    wrong[3] = "another secret, and as long as one must be".to_owned();
    let (code, said) = ends(&wrong, &[]);
    assert_eq!(code, Some(69), "{said}");
    assert!(said.contains("secret") && said.contains("401"), "{said}");
    let (code, said) = ends(&words, &["--source", "::1"]);
    assert_eq!(code, Some(64), "{said}");
    assert!(said.contains("no way leads"), "{said}");
}

#[test]
fn a_server_that_is_not_there_is_69() {
    let output = loadgen()
        .args(["run", "city"])
        .args(words("127.0.0.1:9"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(69), "{output:?}");
}
