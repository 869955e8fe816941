use std::collections::BTreeSet;
use std::path::PathBuf;

use toml::{Table, Value};

use super::draft::table;
use super::*;

mod values;

/// Loads a file with this text, and these variables.
fn load(name: &str, text: &str, variables: &[(&str, &str)]) -> Result<Config, Vec<String>> {
    let path = scratch(name);
    std::fs::write(&path, text).expect("the scratch directory can be written");
    let variables = variables.iter().map(|(k, v)| (k.into(), v.into()));
    let loaded = Config::load(Some(&path), variables, &Flags::default());
    std::fs::remove_file(&path).expect("it was written");
    let directory = format!("{}/", path.parent().expect("a directory").display());
    loaded.map_err(|faults| {
        let lines = faults.iter().map(|fault| fault.to_string());
        lines.map(|line| line.replace(&directory, "")).collect()
    })
}

fn scratch(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("{}-{name}.toml", std::process::id()))
}

fn variables(variables: &[(&str, &str)]) -> Result<Config, Vec<String>> {
    let variables = variables.iter().map(|(k, v)| (k.into(), v.into()));
    Config::load(None, variables, &Flags::default())
        .map_err(|faults| faults.iter().map(|fault| fault.to_string()).collect())
}

fn keys(table: &Table) -> BTreeSet<String> {
    let keys = table.iter().flat_map(|(section, keys)| {
        let keys = keys.as_table().expect("a section").keys();
        keys.map(move |key| format!("{section}.{key}"))
    });
    keys.collect()
}

#[test]
fn the_file_is_the_default_with_every_key() {
    let file: Table = FILE.parse().expect("the file is TOML");
    assert_eq!(keys(&file), keys(&table(&Config::default())));
    let read: Config = file.try_into().expect("the file is a configuration");
    assert_eq!(read, Config::default());
    assert_eq!(load("the_file", FILE, &[]), Ok(Config::default()));
}

#[test]
fn every_key_of_the_file_stands_below_a_reason() {
    let mut reasoned = false;
    for line in FILE.lines() {
        let is_key = line.contains(" = ") && !line.starts_with('#');
        assert!(reasoned || !is_key, "{line}");
        reasoned = line.starts_with("# ") || (is_key && reasoned);
    }
}

#[test]
fn nothing_chosen_is_the_default() {
    assert_eq!(variables(&[]), Ok(Config::default()));
}

#[test]
fn every_key_can_be_set_by_a_variable() {
    for (section, keys) in table(&Config::default()) {
        for (key, default) in keys.as_table().expect("a section") {
            let text = match default {
                Value::Array(_) => String::new(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let name = format!("NEARCAST_{section}_{key}").to_uppercase();
            let mut draft = Draft::new();
            draft.variable(name.as_ref(), text.as_ref());
            assert_eq!(draft.origin_of(&format!("{section}.{key}")), name);
            assert_eq!(draft.finish(), Ok(Config::default()), "{name}");
        }
    }
}

#[test]
fn variables_go_before_the_file_and_flags_before_both() {
    let text = "[server]\nlisten = \"127.0.0.1:1\"\n[broker]\nttl_s = 5\nflush_ms = 6\n";
    let set = [
        ("NEARCAST_BROKER_TTL_S", "7"),
        ("NEARCAST_SERVER_LISTEN", "127.0.0.1:2"),
    ];
    let config = load("precedence", text, &set).expect("it is right");
    assert_eq!((config.broker.ttl_s, config.broker.flush_ms), (7, 6));
    assert_eq!(config.server.listen.port(), 2);
    let flags = Flags {
        listen: Some("127.0.0.1:3".to_owned()),
        data: Some("/elsewhere".to_owned()),
    };
    let set = set.map(|(k, v)| (k.into(), v.into()));
    let config = Config::load(None, set, &flags).expect("it is right");
    assert_eq!(config.server.listen.port(), 3);
    assert_eq!(config.server.data, PathBuf::from("/elsewhere"));
}

#[test]
fn variables_are_read_by_the_kind_of_their_key() {
    let set = [
        ("NEARCAST_FRIENDS_RADIUS_M", "500"),
        ("NEARCAST_SERVER_TLS_ELSEWHERE", "true"),
        ("NEARCAST_ACCOUNTS_DEFAULT_SHARING", "approximate"),
        (
            "NEARCAST_HTTP_ORIGINS",
            "https://a.example, https://b.example:8443",
        ),
        ("NEARCAST_STRANGERS_GRID", "h3"),
        ("NEARCAST_AUTH_ISSUER", "17"),
        ("NEARCAST_LOG", "debug"),
        ("NEARCAST_SNAPSHOT_REDIS_URL", "redis://elsewhere"),
        ("PATH", "/bin"),
    ];
    let config = variables(&set).expect("it is right");
    assert_eq!(config.friends.radius_m, 500.0);
    assert!(config.server.tls_elsewhere);
    assert_eq!(
        config.accounts.default_sharing,
        crate::wire::Sharing::Approximate
    );
    assert_eq!(
        config.http.origins,
        ["https://a.example", "https://b.example:8443"]
    );
    assert_eq!(config.strangers.grid, GridKind::H3);
    assert_eq!(config.auth.issuer, "17");
}

#[test]
fn every_fault_is_told_at_once_with_its_place_and_what_would_be_right() {
    let text = "[broker]\nflush_ms = 70000\nttl = 5\nmarks = \"many\"\n\
                [brocker]\n[friends]\nradius_m = 5\nmoves_per_s = 3\n";
    let set = [
        ("NEARCAST_STRANGERS_PRECISION", "13"),
        ("NEARCAST_LIMITS_FREINDS", "7"),
        ("NEARCAST_BROKR_TTL_S", "7"),
        ("NEARCAST_HTTP_TRUSTED_PROXIES", "10.0.0.0/8,10.0.0.0/99"),
        ("NEARCAST_SERVER_WORKERS", "-1"),
    ];
    let expected = [
        "all.toml: there is no section \"brocker\"; the nearest is \"broker\"",
        "all.toml: there is no key broker.ttl; the nearest is broker.ttl_s",
        "all.toml: broker.marks is \"many\"; it must be a whole number, not negative and not that large",
        "all.toml: there is no key friends.moves_per_s; the nearest is limits.moves_per_s",
        "NEARCAST_LIMITS_FREINDS: there is no key limits.freinds; the nearest is limits.friends",
        "NEARCAST_BROKR_TTL_S: there is no section \"brokr\"; the nearest is \"broker\"",
        "NEARCAST_SERVER_WORKERS: server.workers is -1; it must be a whole number, not negative and not that large",
        "all.toml: broker.flush_ms is 70000; it must be 0 to 60000",
        "all.toml: friends.radius_m is 5; it must be 100 to 50000",
        "NEARCAST_STRANGERS_PRECISION: strangers.precision is 13; it must be 1 to 12",
        "NEARCAST_HTTP_TRUSTED_PROXIES: http.trusted_proxies is \"10.0.0.0/99\"; \
         it must be networks, like \"10.0.0.0/8\", or addresses",
    ];
    let mut told = load("all", text, &set).expect_err("it is wrong");
    for line in &mut told {
        let (_, rest) = line.split_once('-').unwrap_or(("", line));
        if rest.starts_with("all.toml") {
            *line = rest.to_owned();
        }
    }
    let told: BTreeSet<_> = told.iter().map(String::as_str).collect();
    assert_eq!(told, BTreeSet::from(expected));
}

#[test]
fn a_secret_is_never_repeated() {
    let secret = "hunter2-hunter2";
    let texts = [
        format!("[auth]\nhmac_secret = \"{secret}\"\nserver_key = [\"hunter2\"]"),
        format!("[auth]\nhmac_secret = {secret}\n"),
        format!("[auth]\nserver_key = \"{secret}\"\n"),
        format!("[auth]\nhmac_secret = [\"{secret}\"]\n"),
    ];
    for text in texts {
        let told = load("secret", &text, &[]).expect_err("it is wrong");
        assert!(!told.concat().contains("hunter2"), "{told:?}");
    }
    let mut config = Config::default();
    config.auth.hmac_secret = secret.to_owned();
    config.auth.server_key = vec![secret.to_owned()];
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn every_line_that_is_not_toml_is_named() {
    let told = load(
        "syntax",
        "[broker]\nttl_s = = 5\n[friends]\nradius_m = 1 2\n",
        &[],
    );
    let told = told.expect_err("it is wrong").join("\n");
    assert!(told.contains("line 2 is not TOML"), "{told}");
    assert!(told.contains("line 4 is not TOML"), "{told}");
    for number in ["99999999999999999999", "0xffffffffffffffff", "0x"] {
        let text = format!("[broker]\nttl_s = {number}\n");
        let told = load("number", &text, &[]).expect_err("no such number");
        assert!(told[0].contains("line 2 is not TOML"), "{told:?}");
    }
    let told = load("section", "broker = 5\n", &[]).expect_err("it is wrong");
    assert!(told[0].contains("broker must be a section"), "{told:?}");
}

#[test]
fn a_file_that_is_not_there_is_a_fault_among_others() {
    let set = [("NEARCAST_BROKER_TTL_S".into(), "x".into())];
    let faults = Config::load(Some(Path::new("/nowhere.toml")), set, &Flags::default());
    let told = faults.expect_err("there is no such file").to_string();
    assert!(told.starts_with("/nowhere.toml: read the file: "), "{told}");
    assert!(told.contains("\nNEARCAST_BROKER_TTL_S: broker.ttl_s is \"x\"; it must be a whole"));
}

#[test]
fn a_certificate_must_be_readable_and_fit_its_key() {
    let made = || rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a name");
    let (one, other) = (made(), made());
    let (cert, key) = (scratch("cert"), scratch("key"));
    std::fs::write(&cert, one.cert.pem()).expect("it can be written");
    let with_key = |pem: &str| {
        std::fs::write(&key, pem).expect("it can be written");
        let (cert, key) = (cert.to_str(), key.to_str());
        variables(&[
            ("NEARCAST_SERVER_TLS_CERT", cert.expect("UTF-8")),
            ("NEARCAST_SERVER_TLS_KEY", key.expect("UTF-8")),
        ])
    };
    let right = with_key(&one.signing_key.serialize_pem());
    assert!(right.is_ok(), "{right:?}");
    for wrong in [
        other.signing_key.serialize_pem(),
        one.cert.pem(),
        String::new(),
    ] {
        let told = with_key(&wrong).expect_err("it does not fit").concat();
        assert!(told.contains("server.tls_cert"), "{told}");
        assert!(!told.contains("BEGIN"), "{told}");
    }
    std::fs::write(&cert, "").expect("it can be written");
    let told = with_key(&one.signing_key.serialize_pem())
        .expect_err("none")
        .concat();
    assert!(told.contains("there is none in it"), "{told}");
    for path in [cert, key] {
        std::fs::remove_file(path).expect("it was written");
    }
}

#[test]
fn a_reload_takes_keys_certificates_and_limits_and_names_the_rest() {
    let old = Config::default();
    let mut new = Config::default();
    new.auth.server_key = vec!["a new server key".to_owned()];
    new.server.tls_cert = PathBuf::from("/new.pem");
    new.limits.moves_per_s = 5.0;
    new.limits.friends = 7;
    new.broker.ttl_s = 60;
    let (merged, waiting) = old.reloadable_from(&new);
    assert_eq!(waiting, ["broker.ttl_s", "limits.friends"]);
    let mut expected = new.clone();
    expected.broker.ttl_s = old.broker.ttl_s;
    expected.limits.friends = old.limits.friends;
    assert_eq!(merged, expected);
    assert_eq!(old.reloadable_from(&old), (Config::default(), Vec::new()));
}

#[test]
fn the_default_is_what_the_protocol_says_and_the_broker_takes_it() {
    let config = Config::default();
    let broker = config.broker([1; 32], 0);
    assert_eq!((broker.ttl_ms, broker.resume_window_ms), (600_000, 60_000));
    assert_eq!((broker.friends, broker.sessions_per_user), (5000, 10));
    let strangers = &broker.strangers;
    assert_eq!(
        (strangers.epoch_ms, strangers.alias_ms),
        (15_000, 3_600_000)
    );
    assert_eq!((strangers.view_max, strangers.min_people), (50, 1));
    assert_eq!(strangers.cells_per_hour, 30);
    assert_eq!(config.store_rules().friends, 5000);
    let users = 1000;
    crate::broker::Broker::new(crate::broker::Config { users, ..broker }, 1);
}
