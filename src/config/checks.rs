//! What values must be, beyond their kind: ranges, and what must hold among them.

use std::fmt::Display;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::Path;

use http::Uri;
use nearcast_grid::{Precision, Resolution};

use super::draft::Origins;
use super::rules::network;
use super::{Config, Fault, GridKind, certified_key};
use crate::port;
use crate::wire::{MAX_MESSAGE, RADIUS_M};

/// The numbers that a slot of the world can have.
const USERS: RangeInclusive<usize> = 1..=(1 << 27) - 1;
const RATE: RangeInclusive<u32> = 1..=1_000_000;
const DAY_S: u64 = 24 * 3600;
/// Bytes of a server key that others than this machine may try.
pub const SERVER_KEY: usize = 16;

pub(super) struct Checks<'c> {
    config: &'c Config,
    origins: &'c Origins,
    faults: Vec<Fault>,
}

impl<'c> Checks<'c> {
    pub(super) fn of(config: &'c Config, origins: &'c Origins) -> Vec<Fault> {
        let mut checks = Self {
            config,
            origins,
            faults: Vec::new(),
        };
        checks.server();
        checks.exposure("server.listen", config.server.listen);
        checks.people();
        checks.world();
        checks.strangers();
        checks.edge();
        checks.limits();
        checks.snapshot();
        checks.rest();
        checks.faults
    }

    fn wrong(&mut self, key: &str, value: impl Display, right: impl Display) {
        let origin = self.origins.of(key);
        self.faults.push(Fault::value(origin, key, value, right));
    }

    /// A number within its range. NaN is in none.
    fn within<T: PartialOrd + Display>(&mut self, key: &str, value: T, range: RangeInclusive<T>) {
        if !range.contains(&value) {
            let right = format!("{} to {}", range.start(), range.end());
            self.wrong(key, value, right);
        }
    }

    fn server(&mut self) {
        let server = &self.config.server;
        self.within("server.workers", server.workers, 0..=63);
        if server.data.as_os_str().is_empty() {
            self.wrong("server.data", "\"\"", "a directory");
        }
        if server.node.len() > 64 || server.node.chars().any(char::is_control) {
            let right = "at most 64 bytes without control characters";
            self.wrong("server.node", format!("{:?}", server.node), right);
        }
        self.web_socket_url("server.public_url", &server.public_url);
        match (is_set(&server.tls_cert), is_set(&server.tls_key)) {
            (true, true) => {
                if let Err(error) = certified_key(&server.tls_cert, &server.tls_key) {
                    let right = format!("a certificate chain with its key: {error}");
                    self.wrong("server.tls_cert", server.tls_cert.display(), right);
                }
            }
            (true, false) => self.wrong("server.tls_key", "not set", "set with server.tls_cert"),
            (false, true) => self.wrong("server.tls_cert", "not set", "set with server.tls_key"),
            (false, false) => {}
        }
    }

    /// Whoever can be reached from elsewhere needs keys of its own, and TLS.
    fn exposure(&mut self, key: &str, listen: SocketAddr) {
        let (server, auth) = (&self.config.server, &self.config.auth);
        if listen.ip().to_canonical().is_loopback() {
            return;
        }
        if auth.hmac_secret.is_empty() && auth.jwks.is_empty() {
            let right = "a loopback address unless auth.hmac_secret or auth.jwks is set";
            self.wrong(key, listen, right);
        }
        if auth.server_key.iter().any(|key| key.len() < SERVER_KEY) {
            let right = "a loopback address unless each of auth.server_key has 16 bytes or more";
            self.wrong(key, listen, right);
        }
        if !is_set(&server.tls_cert) && !is_set(&server.tls_key) && !server.tls_elsewhere {
            let right = "a loopback address unless server.tls_cert and server.tls_key are set, \
                         or server.tls_elsewhere says that a proxy in front ends TLS";
            self.wrong(key, listen, right);
        }
    }

    fn people(&mut self) {
        let (auth, accounts) = (&self.config.auth, &self.config.accounts);
        for sentence in crate::auth::faults(auth) {
            let key = sentence.split(':').next().unwrap_or_default();
            let origin = self.origins.of(key);
            let fault = Fault::sentence(format!("{origin}: {sentence}"));
            self.faults.push(fault);
        }
        self.within("auth.jwks_refresh_s", auth.jwks_refresh_s, 0..=DAY_S);
        self.within("auth.leeway_s", auth.leeway_s, 0..=300);
        for host in &accounts.avatar_hosts {
            if !is_host(host) {
                let right = "names of hosts, like \"images.example.com\"";
                self.wrong("accounts.avatar_hosts", format!("{host:?}"), right);
            }
        }
    }

    fn world(&mut self) {
        let (broker, friends) = (&self.config.broker, &self.config.friends);
        self.within("broker.ttl_s", broker.ttl_s, 1..=DAY_S);
        self.within("broker.flush_ms", broker.flush_ms, 0..=60_000);
        self.within("broker.users", broker.users, USERS);
        self.within("broker.edges", broker.edges, 1024..=4_000_000_000);
        self.within("broker.marks", broker.marks, 16..=1 << 27);
        self.within("friends.radius_m", friends.radius_m, RADIUS_M);
        self.within("friends.move_every_s", friends.move_every_s, 1..=3600);
        self.within("friends.move_min_m", friends.move_min_m, 0.0..=1000.0);
        self.within("friends.refresh_s", friends.refresh_s, 1..=3600);
    }

    fn strangers(&mut self) {
        let strangers = &self.config.strangers;
        let (fine, coarse) = (strangers.precision, strangers.reach_precision);
        let range = match strangers.grid {
            GridKind::Geohash => 1..=Precision::MOST,
            GridKind::H3 => 0..=Resolution::MOST,
        };
        self.within("strangers.precision", fine, range.clone());
        self.within("strangers.reach_precision", coarse, range);
        if coarse >= fine {
            let right = format!("coarser, so less, than strangers.precision, which is {fine}");
            self.wrong("strangers.reach_precision", coarse, right);
        }
        self.within("strangers.epoch_s", strangers.epoch_s, 1..=3600);
        self.within("strangers.alias_s", strangers.alias_s, 1..=7 * DAY_S);
        if strangers.alias_s < strangers.epoch_s {
            let right = format!("strangers.epoch_s, {}, or more", strangers.epoch_s);
            self.wrong("strangers.alias_s", strangers.alias_s, right);
        }
        self.within("strangers.view_max", strangers.view_max, 1..=1000);
        self.within("strangers.min_people", strangers.min_people, 1..=10_000);
        let cells_per_hour = strangers.cells_per_hour;
        self.within("strangers.cells_per_hour", cells_per_hour, 1..=100_000);
        let speed = strangers.speed_max_mps;
        self.within("strangers.speed_max_mps", speed, 1.0..=100_000.0);
    }

    fn edge(&mut self) {
        let (socket, http) = (&self.config.socket, &self.config.http);
        self.within("socket.resume_window_s", socket.resume_window_s, 0..=3600);
        self.within("socket.max_message", socket.max_message, 1024..=MAX_MESSAGE);
        self.within("socket.hello_s", socket.hello_s, 1..=60);
        self.within("socket.unfinished_s", socket.unfinished_s, 1..=600);
        self.within("socket.ping_every_s", socket.ping_every_s, 1..=3600);
        self.within("socket.pong_s", socket.pong_s, 1..=600);
        self.within("socket.notsent_lowat", socket.notsent_lowat, 1024..=1 << 20);
        self.within("socket.waiting_max", socket.waiting_max, 16_384..=1 << 24);
        self.within("http.head_s", http.head_s, 1..=300);
        self.within("http.request_s", http.request_s, 1..=3600);
        self.within("http.idle_s", http.idle_s, 1..=3600);
        self.within("http.max_body", http.max_body, 1024..=1 << 24);
        self.within("http.import_batch", http.import_batch, 1..=100_000);
        for origin in http.origins.iter().filter(|origin| !is_origin(origin)) {
            let right = "origins: scheme, host and perhaps port, like \"https://example.com\"";
            self.wrong("http.origins", format!("{origin:?}"), right);
        }
        for text in http.trusted_proxies.iter() {
            if network(text).is_none() {
                let right = "networks, like \"10.0.0.0/8\", or addresses";
                self.wrong("http.trusted_proxies", format!("{text:?}"), right);
            }
        }
    }

    fn limits(&mut self) {
        let limits = &self.config.limits;
        let counts = [
            ("connections", limits.connections),
            ("connections_per_address", limits.connections_per_address),
            ("addresses", limits.addresses),
            ("changes", limits.changes),
            ("requests_waiting", limits.requests_waiting),
        ];
        for (key, value) in counts {
            self.within(&format!("limits.{key}"), value, 1..=10_000_000);
        }
        let sessions = limits.sessions_per_user;
        self.within("limits.sessions_per_user", sessions, 1..=1000);
        self.within("limits.rates", limits.rates, 1024..=USERS.end() * 4);
        self.within("limits.moves_per_s", limits.moves_per_s, 0.01..=1000.0);
        let rates = [
            (
                "handshakes_per_address_per_s",
                limits.handshakes_per_address_per_s,
            ),
            (
                "requests_per_address_per_s",
                limits.requests_per_address_per_s,
            ),
            ("moves_burst", limits.moves_burst),
            ("messages_per_s", limits.messages_per_s),
            ("messages_burst", limits.messages_burst),
            ("friends", limits.friends),
            ("blocks", limits.blocks),
            ("denied_per_minute", limits.denied_per_minute),
            ("requests_per_hour", limits.requests_per_hour),
            ("waves_per_hour", limits.waves_per_hour),
            ("reports_per_hour", limits.reports_per_hour),
            ("blocks_per_hour", limits.blocks_per_hour),
        ];
        for (key, value) in rates {
            self.within(&format!("limits.{key}"), value, RATE);
        }
        // A message of full length must be possible.
        let bytes = MAX_MESSAGE as u32..=1 << 30;
        self.within("limits.bytes_per_s", limits.bytes_per_s, bytes);
    }

    fn snapshot(&mut self) {
        let snapshot = &self.config.snapshot;
        self.within("snapshot.every_ms", snapshot.every_ms, 100..=300_000);
        let wait = snapshot.restore_wait_ms;
        self.within("snapshot.restore_wait_ms", wait, 0..=600_000);
        let wait = snapshot.erase_wait_ms;
        self.within("snapshot.erase_wait_ms", wait, 0..=20_000);
        self.within("snapshot.lease_ms", snapshot.lease_ms, 500..=60_000);
        let precision = snapshot.shared_precision;
        self.within("snapshot.shared_precision", precision, 1..=Precision::MOST);
        let least = self.config.strangers.min_people;
        if snapshot.shared_index && least > 1 {
            let right = format!("false while strangers.min_people is {least}: it knows no crowds");
            self.wrong("snapshot.shared_index", true, right);
        }
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        let app = snapshot.app.as_str();
        if !(1..=64).contains(&app.len()) || !app.bytes().all(is_plain) {
            let right = "1 to 64 letters, digits, \"-\", \"_\" or \".\"";
            self.wrong("snapshot.app", format!("{app:?}"), right);
        }
        if let Err(sentence) = crate::snapshot::check(snapshot) {
            let key = sentence.split(':').next().unwrap_or_default();
            let origin = self.origins.of(key);
            self.faults
                .push(Fault::sentence(format!("{origin}: {sentence}")));
        }
    }

    fn rest(&mut self) {
        let (drain, demo) = (&self.config.drain, &self.config.demo);
        self.within("drain.spread_ms", drain.spread_ms, 0..=3_600_000);
        self.within("drain.grace_s", drain.grace_s, 0..=3600);
        self.web_socket_url("drain.url", &drain.url);
        self.within("demo.lat", demo.lat, -90.0..=90.0);
        self.within("demo.lon", demo.lon, -180.0..=180.0);
        self.within("demo.people", demo.people, 0..=100_000);
        let admin = self.config.admin.listen.as_str();
        match admin.parse::<SocketAddr>() {
            _ if admin.is_empty() => {}
            Err(_) => {
                let right = "an address in numbers and a port, like \"127.0.0.1:8081\", or empty";
                self.wrong("admin.listen", format!("{admin:?}"), right);
            }
            Ok(admin) if is_taken(admin, self.config.server.listen) => {
                self.wrong("admin.listen", admin, "another than server.listen");
            }
            Ok(admin) => self.exposure("admin.listen", admin),
        }
    }

    fn web_socket_url(&mut self, key: &str, url: &str) {
        let right = "empty or a URL for WebSockets, like \"wss://example.com/v1/ws\"";
        let fits = scheme_and_host(url).is_some_and(|(scheme, _)| matches!(scheme, "ws" | "wss"));
        if !url.is_empty() && !fits {
            self.wrong(key, format!("{url:?}"), right);
        }
    }
}

fn is_set(path: &Path) -> bool {
    !path.as_os_str().is_empty()
}

/// Whether a port cannot be listened to on one address while it is on the other.
fn is_taken(one: SocketAddr, other: SocketAddr) -> bool {
    let any = one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() != 0 && one.port() == other.port() && (any || one.ip() == other.ip())
}

fn scheme_and_host(url: &str) -> Option<(&str, &str)> {
    let uri: Uri = url.parse().ok()?;
    port::named(&uri).ok()?;
    let authority = uri.authority()?;
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.get(..authority.as_str().len())?;
    (!host.contains('@') && !authority.host().is_empty()).then_some((scheme, host))
}

/// As a browser writes it: lower case, no path, no slash at the end.
fn is_origin(text: &str) -> bool {
    let Some((scheme, host)) = scheme_and_host(text) else {
        return false;
    };
    let whole = scheme.len() + "://".len() + host.len() == text.len();
    let lower = !text.bytes().any(|b| b.is_ascii_uppercase());
    whole && lower && matches!(scheme, "http" | "https")
}

fn is_host(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-');
    !text.is_empty() && text.bytes().all(allowed)
}
