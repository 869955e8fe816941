//! What keeps a server from starting: a sentence for each, an exit status, and no panic.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::process::{Process, Refused, command, command_on};
use crate::server::fresh_dir;

/// sysexits.h: the configuration is wrong; something that it names is not to be had.
const USAGE: i32 = 64;
const UNAVAILABLE: i32 = 69;

fn must_say(refused: &Refused, status: i32, words: &[&str]) {
    assert_eq!(refused.status, status, "{}", refused.said);
    for word in words {
        assert!(
            refused.said.contains(word),
            "{word:?} is not in: {}",
            refused.said
        );
    }
}

/// A certificate and its key, under these names.
fn write_pair(dir: &Path, chain: &str, key: &str) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(dir.join(chain), made.cert.pem()).unwrap();
    fs::write(dir.join(key), made.signing_key.serialize_pem()).unwrap();
}

#[test]
fn a_port_that_is_taken_is_named() {
    let dir = fresh_dir();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = Process::refused_as(&mut command_on(&address, &dir, &[]));
    must_say(&refused, UNAVAILABLE, &["listen on", &address]);
    let refused = Process::refused(&dir, &[("ADMIN_LISTEN", &address)]);
    must_say(&refused, UNAVAILABLE, &["listen on", &address]);
    fs::remove_dir_all(dir).unwrap();
}

#[test]
fn a_data_directory_that_cannot_be_written_is_named() {
    let dir = fresh_dir();
    let file = dir.join("a-file");
    fs::write(&file, "").unwrap();
    let below = file.join("data");
    let words = ["make the data directory", below.to_str().unwrap()];
    must_say(&Process::refused(&below, &[]), UNAVAILABLE, &words);
    fs::remove_dir_all(dir).unwrap();
}

#[test]
fn accounts_that_are_no_database_are_named_and_stay_as_they_are() {
    let dir = fresh_dir();
    let file = dir.join("accounts.db");
    let text = "These are somebody's memoirs. ".repeat(500);
    fs::write(&file, &text).unwrap();
    let words = ["accounts.db", "the file is no database"];
    must_say(&Process::refused(&dir, &[]), UNAVAILABLE, &words);
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    fs::remove_dir_all(dir).unwrap();
}

#[test]
fn a_certificate_that_is_none_or_has_another_key_is_named() {
    let dir = fresh_dir();
    write_pair(&dir, "chain.pem", "key.pem");
    write_pair(&dir, "other.pem", "other-key.pem");
    fs::write(dir.join("nonsense.pem"), "no PEM").unwrap();
    let path = |name: &str| dir.join(name).to_str().unwrap().to_owned();
    for (chain, key, word) in [
        (
            "chain.pem",
            "other-key.pem",
            "put certificate and key together",
        ),
        ("nonsense.pem", "key.pem", "nonsense.pem"),
        ("chain.pem", "nonsense.pem", "nonsense.pem"),
        ("missing.pem", "key.pem", "missing.pem"),
    ] {
        let settings = [
            ("SERVER_TLS_CERT", &*path(chain)),
            ("SERVER_TLS_KEY", &*path(key)),
        ];
        let refused = Process::refused(&dir, &settings);
        must_say(&refused, USAGE, &["server.tls_cert", word]);
    }
    let alone = Process::refused(&dir, &[("SERVER_TLS_CERT", &path("chain.pem"))]);
    must_say(&alone, USAGE, &["server.tls_key"]);
    fs::remove_dir_all(dir).unwrap();
}

#[test]
fn every_fault_of_a_configuration_is_named_at_once_and_nothing_is_made() {
    let dir = fresh_dir();
    let data = dir.join("data");
    let settings = [
        ("BROKER_TTL_S", "never"),
        ("SOCKET_HELLO_S", "0"),
        ("LIMITS_CONECTIONS", "5"),
        ("AUTH_HMAC_SECRET", "short"),
    ];
    let words = [
        "NEARCAST_BROKER_TTL_S",
        "socket.hello_s",
        "limits.conections",
        "limits.connections",
        "auth.hmac_secret",
    ];
    let refused = Process::refused(&data, &settings);
    must_say(&refused, USAGE, &words);
    assert!(refused.said.lines().count() >= 4, "{}", refused.said);
    assert!(
        !refused.said.contains("short\n"),
        "a secret is shown: {}",
        refused.said
    );
    assert!(!data.exists());
    fs::remove_dir_all(dir).unwrap();
}

#[test]
fn an_unknown_key_of_a_file_is_named_with_the_nearest() {
    let dir = fresh_dir();
    let file = dir.join("nearcast.toml");
    fs::write(&file, "[broker]\nttl = 5\n[sockets]\nhello_s = 5\n").unwrap();
    let mut serve = command(&dir, &[]);
    serve.arg("--config").arg(&file);
    let words = ["broker.ttl", "broker.ttl_s", "\"sockets\"", "\"socket\""];
    must_say(&Process::refused_as(&mut serve), USAGE, &words);
    fs::remove_dir_all(dir).unwrap();
}

#[test]
fn away_from_loopback_there_must_be_keys_and_tls() {
    let dir = fresh_dir();
    let mut open = command_on("0.0.0.0:0", &dir, &[("AUTH_HMAC_SECRET", "")]);
    let words = ["--listen", "auth.hmac_secret", "server.tls_elsewhere"];
    must_say(&Process::refused_as(&mut open), USAGE, &words);
    let settings = [("AUTH_HMAC_SECRET", ""), ("ADMIN_LISTEN", "0.0.0.0:1")];
    let mut open = command_on("127.0.0.1:0", &dir, &settings);
    let words = ["admin.listen", "auth.hmac_secret", "server.tls_elsewhere"];
    must_say(&Process::refused_as(&mut open), USAGE, &words);
    fs::remove_dir_all(dir).unwrap();
}

#[test]
fn a_data_directory_that_another_server_has_is_refused() {
    let first = Process::start(&[]);
    let refused = Process::refused(&first.data, &[]);
    must_say(
        &refused,
        UNAVAILABLE,
        &["another nearcast", "data directory"],
    );
}

#[test]
fn a_kept_key_that_others_can_read_is_refused() {
    for name in ["dev-secret", "world-key"] {
        let dir = fresh_dir();
        let (file, secret) = (dir.join(name), "x".repeat(43));
        fs::write(&file, &secret).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        let refused = Process::refused(&dir, &[("AUTH_HMAC_SECRET", "")]);
        must_say(&refused, UNAVAILABLE, &[name, "0644", "0600"]);
        assert!(!refused.said.contains(&secret));
        fs::remove_dir_all(dir).unwrap();
    }
}

#[test]
fn a_world_key_that_is_none_is_refused() {
    let dir = fresh_dir();
    let (file, text) = (
        dir.join("world-key"),
        "not base64, and long enough!".repeat(2),
    );
    fs::write(&file, &text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let refused = Process::refused(&dir, &[]);
    must_say(&refused, UNAVAILABLE, &["world-key", "delete it"]);
    assert!(!refused.said.contains(&text));
    fs::remove_dir_all(dir).unwrap();
}
