use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::*;
use crate::wire::{Close, Encoding, ErrorCode};

/// Lines of the text by name and labels; panics on a line that Prometheus would not read.
fn parse(text: &str) -> BTreeMap<String, f64> {
    let mut samples = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (series, value) = line.rsplit_once(' ').expect("a series and a value");
        let name = series.split('{').next().expect("a name");
        let is_word = |b: u8| b.is_ascii_lowercase() || b == b'_';
        assert!(name.bytes().all(is_word), "{line}");
        if let Some((_, labels)) = series.split_once('{') {
            let labels = labels.strip_suffix("\"}").expect("labels end");
            for pair in labels.split("\",") {
                let (key, value) = pair.split_once("=\"").expect("a key and a value");
                assert!(key.bytes().all(is_word), "{line}");
                assert!(!value.contains('"') && !value.contains('\\'), "{line}");
            }
        }
        let value = value.parse().expect("a number");
        assert!(
            samples.insert(series.to_owned(), value).is_none(),
            "twice: {line}"
        );
    }
    samples
}

/// Names and their kinds, as the text declares them.
fn declared(text: &str) -> BTreeMap<&str, &str> {
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    types.filter_map(|line| line.split_once(' ')).collect()
}

#[test]
fn what_is_counted_by_all_workers_is_told_as_one() {
    let metrics = Metrics::new(2);
    let (one, other) = (metrics.tally(0), metrics.tally(1));
    one.received.one(Method::Move);
    other.received.add(Method::Move, 4);
    other.sent.one(Said::Changes);
    one.errors.one(ErrorCode::TooManyRequests);
    one.closes.one(Close::SessionLimit);
    one.connects.one(Encoding::Protobuf);
    one.frames.add((), 30);
    other.frames.add((), 3);
    metrics.limits.one(Limit::SessionsPerUser);
    metrics.request(&http::Method::GET, "/v1/users/{id}", 404);
    metrics.request(&http::Method::GET, "/v1/users/{id}", 404);
    let levels = Levels {
        clients: 7,
        marks_dropped: 9,
        orders_lost: 2,
        ..Levels::default()
    };
    let samples = parse(&metrics.text(&levels));
    let expected = [
        ("nearcast_node_num_clients", 7.0),
        ("nearcast_broker_marks_dropped_count", 9.0),
        ("nearcast_node_orders_lost_count", 2.0),
        ("nearcast_node_messages_received_count{type=\"move\"}", 5.0),
        ("nearcast_node_messages_received_count{type=\"hello\"}", 0.0),
        ("nearcast_node_messages_sent_count{type=\"changes\"}", 1.0),
        ("nearcast_client_num_reply_errors{code=\"111\"}", 1.0),
        ("nearcast_client_num_server_disconnects{code=\"3504\"}", 1.0),
        (
            "nearcast_transport_connect_count{transport=\"websocket\",encoding=\"protobuf\"}",
            1.0,
        ),
        ("nearcast_broker_frames_sent_count", 33.0),
        (
            "nearcast_limit_reached_count{limit=\"sessions_per_user\"}",
            1.0,
        ),
        (
            "nearcast_http_requests_count{route=\"/v1/users/{id}\",method=\"GET\",status=\"404\"}",
            2.0,
        ),
    ];
    for (series, value) in expected {
        assert_eq!(samples.get(series), Some(&value), "{series}");
    }
}

#[test]
fn a_time_is_in_its_bucket_and_all_above() {
    let metrics = Metrics::new(2);
    let times = [
        Duration::from_micros(3),
        Duration::from_millis(1),
        Duration::from_secs(60),
    ];
    for (worker, time) in times.into_iter().enumerate() {
        metrics.tally(worker % 2).commands.took(Method::Move, time);
    }
    let samples = parse(&metrics.text(&Levels::default()));
    let name = "nearcast_client_command_duration_seconds";
    let bucket = |le: &str| {
        let labels = [
            format!("le=\"{le}\",method=\"move\""),
            format!("method=\"move\",le=\"{le}\""),
        ];
        let mut series = labels
            .iter()
            .map(|labels| format!("{name}_bucket{{{labels}}}"));
        series.find_map(|series| samples.get(&series).copied())
    };
    assert_eq!(bucket("5.0"), Some(2.0));
    assert_eq!(bucket("0.001"), Some(2.0), "a bound belongs to its bucket");
    assert_eq!(bucket("0.0005"), Some(1.0));
    assert_eq!(bucket("+Inf"), Some(3.0));
    assert_eq!(samples[&format!("{name}_count{{method=\"move\"}}")], 3.0);
    let sum = samples[&format!("{name}_sum{{method=\"move\"}}")];
    assert!((sum - 60.001_003).abs() < 1e-9, "{sum}");
}

#[test]
fn every_name_is_documented_and_every_documented_name_is_told() {
    let metrics = Metrics::new(1);
    metrics.request(&http::Method::GET, "/healthz", 200);
    let text = metrics.text(&Levels::default());
    let told: BTreeSet<_> = declared(&text).into_keys().collect();
    let rows = include_str!("names.md").lines().skip(2);
    let documented: BTreeSet<_> = rows.filter_map(|row| row.split('`').nth(1)).collect();
    assert_eq!(told, documented);
    let kinds: BTreeSet<_> = declared(&text).into_values().collect();
    assert_eq!(kinds, BTreeSet::from(["counter", "gauge", "histogram"]));
}

#[test]
fn every_label_is_documented() {
    let metrics = Metrics::new(1);
    metrics.request(&http::Method::GET, "/healthz", 200);
    for series in parse(&metrics.text(&Levels::default())).into_keys() {
        let Some((name, labels)) = series.split_once('{') else {
            continue;
        };
        let keys = labels.split("\",").filter_map(|pair| pair.split_once('='));
        let name = ["_bucket", "_sum", "_count"]
            .iter()
            .filter(|_| name.contains("_seconds"))
            .find_map(|end| name.strip_suffix(end))
            .unwrap_or(name);
        let mut rows = include_str!("names.md").lines();
        let row = rows
            .find(|row| row.contains(&format!("`{name}`")))
            .expect(name);
        for (key, _) in keys.filter(|(key, _)| *key != "le") {
            assert!(row.contains(&format!("`{key}`")), "{name} {key}");
        }
    }
}

#[test]
fn what_a_client_makes_up_becomes_no_label() {
    let metrics = Metrics::new(1);
    let made_up = http::Method::from_bytes(b"ANN-IS-AT-37.5").expect("a token");
    metrics.request(&made_up, "/healthz", 405);
    for n in 0..1000 {
        metrics.request(&http::Method::GET, &format!("/made/up/{n}"), 404);
    }
    let text = metrics.text(&Levels::default());
    assert!(!text.contains("ANN"));
    let routes = text
        .lines()
        .filter(|line| line.starts_with("nearcast_http_requests_count{"));
    assert!(routes.count() < 300);
    assert!(
        text.contains("route=\"other\",method=\"GET\",status=\"404\"} 745"),
        "{text}"
    );
}

#[test]
fn every_limit_of_the_configuration_is_counted_by_its_key() {
    let told: BTreeSet<_> = Limit::ALL
        .iter()
        .map(|limit| limit.pairs()[0].1.clone())
        .collect();
    let file: toml::Table = crate::config::FILE.parse().expect("TOML");
    for key in file["limits"].as_table().expect("a section").keys() {
        // What is part of another limit, or of how one is counted.
        let part = ["loopback", "moves_burst", "messages_burst", "rates"];
        assert!(told.contains(key) || part.contains(&key.as_str()), "{key}");
    }
}
