//! `nearcast demo` as somebody starts and ends it.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc;

use crate::abuse::process::PATIENCE;
use crate::server::fresh_dir;

#[test]
fn a_signal_ends_it_and_nothing_is_left() {
    for signal in ["TERM", "INT"] {
        let dir = fresh_dir();
        let mut demo = Command::new(env!("CARGO_BIN_EXE_nearcast"))
            .args(["demo", "--listen", "127.0.0.1:0", "--people", "20"])
            .env("TMPDIR", &dir)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
        let first = lines.next().unwrap().unwrap();
        assert!(
            first.starts_with("listening on http://127.0.0.1:"),
            "{first}"
        );
        let kill = Command::new("kill")
            .args(["-s", signal, &demo.id().to_string()])
            .status();
        assert!(kill.unwrap().success());
        for line in lines {
            line.unwrap();
        }
        assert!(demo.wait().unwrap().success(), "{signal}");
        assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 0, "{signal}");
        std::fs::remove_dir(&dir).unwrap();
    }
}

#[test]
fn a_redis_that_is_away_is_said_beside_the_town() {
    let dir = fresh_dir();
    let mut demo = Command::new(env!("CARGO_BIN_EXE_nearcast"))
        .args(["demo", "--listen", "127.0.0.1:0", "--people", "20"])
        .env("TMPDIR", &dir)
        .env("NEARCAST_SNAPSHOT_REDIS_URL", "redis://127.0.0.1:1")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (tell, told) = mpsc::channel();
    let said = BufReader::new(demo.stderr.take().unwrap()).lines();
    std::thread::spawn(move || {
        for line in said.map_while(Result::ok) {
            let _ = tell.send(line);
        }
    });
    let line = told.recv_timeout(PATIENCE);
    demo.kill().unwrap();
    demo.wait().unwrap();
    let line = line.expect("it says that Redis is away");
    assert!(
        line.contains("WARN") && line.contains("not kept in Redis"),
        "{line}"
    );
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn for_the_lan_a_port_may_be_named() {
    let dir = fresh_dir();
    let mut demo = Command::new(env!("CARGO_BIN_EXE_nearcast"))
        .args(["demo", "--lan", "--listen", "0.0.0.0:0", "--people", "20"])
        .current_dir(&dir)
        .env("TMPDIR", &dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let first = BufReader::new(demo.stdout.take().unwrap()).lines().next();
    demo.kill().unwrap();
    demo.wait().unwrap();
    let first = first.expect("it says where it listens").unwrap();
    assert!(first.starts_with("listening on http://0.0.0.0:"), "{first}");
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn for_the_lan_and_for_this_machine_alone_or_with_a_short_key_is_a_fault() {
    let dir = fresh_dir();
    let key = "a-server-key-of-more-than-sixteen-bytes";
    for (listen, key, fault) in [
        ("127.0.0.1:0", key, "--listen 0.0.0.0:PORT"),
        ("[::ffff:127.0.0.1]:0", key, "--listen 0.0.0.0:PORT"),
        ("0.0.0.0:0", "short", "auth.server_key must have 16 bytes"),
    ] {
        let demo = Command::new(env!("CARGO_BIN_EXE_nearcast"))
            .args(["demo", "--lan", "--listen", listen])
            .env("NEARCAST_AUTH_SERVER_KEY", key)
            .current_dir(&dir)
            .output()
            .unwrap();
        assert_eq!(demo.status.code(), Some(64), "{listen}");
        let said = String::from_utf8(demo.stderr).unwrap();
        assert!(said.contains(fault), "{said}");
    }
    std::fs::remove_dir_all(&dir).unwrap();
}
