//! Runs as they are typed.

use std::process::{Command, Stdio};
use std::time::Duration;

use nearcast::clock::Clock;

use crate::tool::{HAMLET, Ran, SECRET, SERVER_KEY, Server, loadgen, server_program};

fn with_server(scenario: &str, more: &[&str]) -> Ran {
    let program = server_program();
    let server = ["--start-server", "--server", program.to_str().unwrap()];
    Ran::with(scenario, &[&server[..], more].concat())
}

#[test]
fn a_hamlet_is_seen_as_it_is() {
    let ran = with_server(HAMLET, &["--duration", "8s"]);
    assert_eq!(ran.all_faults(), 0, "{}", ran.report["faults"]);
    let out = ran.folder.0.join("out");
    for name in ["index.html", "report.json", "seconds.csv"] {
        assert!(out.join(name).is_file(), "{name}");
    }
    // The two numbers, at the end.
    let said = String::from_utf8(ran.output.stdout.clone()).unwrap();
    let last: Vec<&str> = said.lines().rev().take(2).collect();
    assert!(
        last[1].contains("per second per core") && last[0].contains("p99"),
        "{said}"
    );
    assert!(ran.number("/totals/deliveries_per_core_s") > 0.0);
}

#[test]
fn two_processes_see_what_one_sees() {
    let two_hamlets = HAMLET.replace("people = 24", "people = 48");
    let wishes = ["--duration", "8s", "--warm-up", "0s"];
    let one = with_server(&two_hamlets, &wishes);
    let two = with_server(&two_hamlets, &[&wishes[..], &["--processes", "2"]].concat());
    for ran in [&one, &two] {
        assert_eq!(ran.all_faults(), 0, "{}", ran.report["faults"]);
        assert_eq!(ran.report["people"], 48);
    }
    let moves = |ran: &Ran| ran.number("/totals/moves");
    assert_eq!(moves(&one), moves(&two));
    let deliveries = |ran: &Ran| ran.number("/totals/deliveries");
    let ratio = deliveries(&one) / deliveries(&two);
    assert!(
        (0.8..1.25).contains(&ratio),
        "{} and {}",
        deliveries(&one),
        deliveries(&two)
    );
}

#[test]
fn a_server_that_pauses_shows_in_the_percentiles_and_in_its_seconds() {
    let server = Server::start();
    let pause = std::thread::spawn({
        let address = server.address.clone();
        move || {
            Ran::against(
                &address,
                HAMLET,
                &["--duration", "12s", "--freshness", "8s"],
            )
        }
    });
    std::thread::sleep(Duration::from_secs(6));
    server.signal("STOP");
    std::thread::sleep(Duration::from_secs(2));
    server.signal("CONT");
    let ran = pause.join().unwrap();
    let max_ms = ran.number("/totals/latency/max_ms");
    assert!(max_ms > 1900.0, "{max_ms}");
    assert!(ran.number("/totals/latency/p99_ms") > 1000.0);
    let seconds = ran.report["seconds"].as_array().unwrap();
    let slow = seconds
        .iter()
        .filter(|second| second["latency"]["max_ms"].as_f64() > Some(1500.0));
    assert!((1..5).contains(&slow.count()));
}

#[test]
fn a_tool_that_is_not_given_its_processor_says_that_the_run_says_nothing() {
    let server = Server::start();
    let url = format!("http://{}", server.address);
    let folder = crate::tool::Folder::new();
    let file = folder.write("scenario.toml", HAMLET);
    let child = loadgen()
        .args(["run", &file, "--duration", "9s", "--url", &url])
        .args(["--secret", SECRET, "--server-key", SERVER_KEY])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let signal = |name: &str| {
        let id = child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-s", name, &id])
                .status()
                .unwrap()
                .success()
        );
    };
    std::thread::sleep(Duration::from_secs(6));
    for _ in 0..4 {
        signal("STOP");
        std::thread::sleep(Duration::from_millis(600));
        signal("CONT");
        std::thread::sleep(Duration::from_millis(200));
    }
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("could not keep up"), "{said}");
}

#[test]
fn ctrl_c_ends_with_a_report() {
    let server = Server::start();
    let url = format!("http://{}", server.address);
    let folder = crate::tool::Folder::new();
    let file = folder.write("scenario.toml", HAMLET);
    let out = folder.0.join("out");
    let mut child = loadgen()
        .args([
            "run",
            &file,
            "--duration",
            "10m",
            "--lateness",
            "500ms",
            "--url",
            &url,
        ])
        .args(["--secret", SECRET, "--server-key", SERVER_KEY, "--report"])
        .arg(&out)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_secs(6));
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-s", "INT", &id])
            .status()
            .unwrap()
            .success()
    );
    let began = Clock::start().instant();
    let status = child.wait().unwrap();
    assert!(began.elapsed() < Duration::from_secs(5));
    assert_eq!(status.code(), Some(0));
    assert!(out.join("index.html").is_file());
}

#[test]
fn a_second_run_finds_nothing_of_the_first() {
    let server = Server::start();
    for seed in ["1", "2"] {
        let wishes = ["--duration", "6s", "--seed", seed, "--cleanup"];
        let ran = Ran::against(&server.address, HAMLET, &wishes);
        assert_eq!(ran.all_faults(), 0, "{}", ran.report["faults"]);
        assert_eq!(
            ran.output.status.code(),
            Some(0),
            "{}",
            ran.report["verdict"]
        );
    }
    // They were erased: nobody is left to be shown.
    assert_eq!(server.metric("nearcast_broker_residents"), 0.0);
}

/// Every scenario that comes with the tool, with a few people.
#[test]
fn a_right_server_is_found_right_in_every_scenario() {
    for name in nearcast_loadgen::scenario::Scenario::NAMES {
        let program = server_program();
        let folder = crate::tool::Folder::new();
        let out = folder.0.join("out");
        let output = loadgen()
            .args(["run", name, "--people", "40", "--duration", "20s"])
            .args(["--start-server", "--server", program.to_str().unwrap()])
            .args(["--lateness", "500ms", "--report", out.to_str().unwrap()])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{name}: {said}");
    }
}

#[test]
fn a_server_that_dies_leaves_a_report_and_lost_connections() {
    let server = Server::start();
    let run = std::thread::spawn({
        let address = server.address.clone();
        move || Ran::against(&address, HAMLET, &["--duration", "8s", "--cleanup"])
    });
    std::thread::sleep(Duration::from_secs(4));
    server.signal("KILL");
    let ran = run.join().unwrap();
    assert!(ran.faults("lost") > 0, "{}", ran.report["faults"]);
    assert_eq!(ran.output.status.code(), Some(1));
}

#[test]
fn a_process_that_is_killed_ends_the_run_and_makes_it_invalid() {
    let program = server_program();
    let folder = crate::tool::Folder::new();
    let two_hamlets = HAMLET.replace("people = 24", "people = 48");
    let file = folder.write("scenario.toml", &two_hamlets);
    let child = loadgen()
        .args(["run", &file, "--duration", "60s", "--processes", "2"])
        .args(["--start-server", "--server", program.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_secs(6));
    let killed = Command::new("pkill")
        .args(["-KILL", "-P", &child.id().to_string(), "-f", "loadgen play"])
        .status();
    assert!(killed.unwrap().success());
    let began = Clock::start().instant();
    let output = child.wait_with_output().unwrap();
    assert!(began.elapsed() < Duration::from_secs(20));
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("ended after"), "{said}");
}

#[test]
fn what_is_wrong_is_said_all_at_once_before_anything_begins() {
    let folder = crate::tool::Folder::new();
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
    let output = loadgen()
        .args(["run", "vilage", "--start-server"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(64));
    let output = loadgen().args(["run", "city"]).output().unwrap();
    assert_eq!(output.status.code(), Some(64));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("--start-server"), "{said}");
}

#[test]
fn a_server_that_is_not_there_is_69() {
    let keys = ["--secret", SECRET, "--server-key", SERVER_KEY];
    let output = loadgen()
        .args(["run", "city", "--url", "http://127.0.0.1:9"])
        .args(keys)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(69), "{output:?}");
}
