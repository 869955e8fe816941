//! `nearcast config`, `check` and `token`, as an operator meets them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A directory of its own, gone afterwards.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("nearcast-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn nearcast(at: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nearcast"))
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied())
        .current_dir(at)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn config_prints_the_file_and_check_finds_it_right() {
    let scratch = Scratch::new("config");
    let printed = nearcast(&scratch.0, &["config"], &[]);
    assert!(printed.status.success());
    assert_eq!(
        text(&printed.stdout),
        include_str!("../../config/nearcast.toml")
    );
    scratch.file("printed.toml", &text(&printed.stdout));
    for online in [&[][..], &["--online"]] {
        let arguments = [&["check", "--config", "printed.toml"], online].concat();
        let checked = nearcast(&scratch.0, &arguments, &[]);
        assert_eq!(text(&checked.stderr), "");
        assert!(checked.status.success());
    }
    let left: Vec<_> = std::fs::read_dir(&scratch.0).unwrap().collect();
    assert_eq!(left.len(), 1, "a check leaves nothing behind");
}

#[test]
fn check_tells_every_fault_and_exits_with_64() {
    let scratch = Scratch::new("faults");
    scratch.file("wrong.toml", "[broker]\nttl_s = 0\nmark = 3\n");
    let variables = [("NEARCAST_SERVER_LISTEN", "0.0.0.0:80")];
    let checked = nearcast(&scratch.0, &["check", "--config", "wrong.toml"], &variables);
    assert_eq!(checked.status.code(), Some(64));
    assert_eq!(text(&checked.stdout), "");
    let told = text(&checked.stderr);
    for line in [
        "error: wrong.toml: there is no key broker.mark; the nearest is broker.marks",
        "error: wrong.toml: broker.ttl_s is 0; it must be 1 to 86400",
        "error: NEARCAST_SERVER_LISTEN: server.listen is 0.0.0.0:80; it must be a loopback address",
    ] {
        assert!(
            told.lines().any(|said| said.starts_with(line)),
            "{line}\n{told}"
        );
    }
}

#[test]
fn check_online_says_what_it_could_not_reach() {
    let scratch = Scratch::new("online");
    let file = scratch.file("file", "");
    let inside = file.join("data");
    let variables = [
        ("NEARCAST_SERVER_DATA", inside.to_str().unwrap()),
        ("NEARCAST_AUTH_JWKS", "https://127.0.0.1:1/keys"),
    ];
    assert!(
        nearcast(&scratch.0, &["check"], &variables)
            .status
            .success()
    );
    let checked = nearcast(&scratch.0, &["check", "--online"], &variables);
    assert_eq!(checked.status.code(), Some(69));
    let told = text(&checked.stderr);
    assert!(
        told.contains("error: auth.jwks: https://127.0.0.1:1/keys"),
        "{told}"
    );
    assert!(told.contains("error: server.data: write to "), "{told}");
}

#[test]
fn a_token_is_signed_with_a_secret_that_stays() {
    let scratch = Scratch::new("token");
    let token = |arguments: &[&str], variables: &[(&str, &str)]| {
        let said = nearcast(&scratch.0, &[&["token"], arguments].concat(), variables);
        assert!(said.status.success());
        (text(&said.stdout), text(&said.stderr))
    };
    let kept = ["--user", "ann", "--data", "kept", "--strangers"];
    let (ann, told) = token(&kept, &[]);
    assert_eq!(ann.trim_end().split('.').count(), 3, "{ann}");
    assert!(told.starts_with("made development keys in kept;"), "{told}");
    assert!(scratch.0.join("kept/dev-secret").exists());
    assert_eq!(token(&kept, &[]).1, "");
    let secret = [(
        "NEARCAST_AUTH_HMAC_SECRET",
        "0123456789abcdef0123456789abcdef",
    )];
    let (bob, told) = token(
        &["--user", "bob", "--ttl", "2d", "--data", "unused"],
        &secret,
    );
    assert_eq!(told, "");
    assert_eq!(bob.trim_end().split('.').count(), 3, "{bob}");
    assert!(!scratch.0.join("unused").exists());
}

#[test]
fn a_token_that_cannot_be_made_is_refused_with_64() {
    let scratch = Scratch::new("no-token");
    let jwks = [("NEARCAST_AUTH_JWKS", "https://example.com/keys")];
    let cases = [
        (["--user", ""].as_slice(), [].as_slice()),
        (&["--user", "ann", "--ttl", "soon"], &[]),
        (&["--ttl", "1h"], &[]),
        (&["--user", "ann"], &jwks),
        (
            &["--user", "ann"],
            &[("NEARCAST_AUTH_HMAC_SECRET", "short")],
        ),
    ];
    for (arguments, variables) in cases {
        let said = nearcast(&scratch.0, &[&["token"], arguments].concat(), variables);
        assert_eq!(
            said.status.code(),
            Some(64),
            "{arguments:?} {}",
            text(&said.stderr)
        );
        assert_eq!(text(&said.stdout), "");
        assert!(!text(&said.stderr).contains("short"));
    }
}

#[test]
fn who_asks_a_server_that_was_never_here_makes_no_keys() {
    let scratch = Scratch::new("elsewhere");
    for command in [&["watch", "--user", "ann"][..], &["why", "ann", "bob"]] {
        let said = nearcast(&scratch.0, command, &[]);
        assert!(!said.status.success());
        let told = text(&said.stderr);
        assert!(told.contains("no server has made nearcast-data/"), "{told}");
    }
    assert!(!scratch.0.join("nearcast-data").exists());
}
