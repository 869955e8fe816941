//! The node itself: where it listens, how it ends, who runs it, what the demo shows.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    pub listen: SocketAddr,
    /// Accounts, and the development secret.
    pub data: PathBuf,
    /// Threads that hold sessions; 0: one per core.
    pub workers: usize,
    /// The name of this node in `welcome`; empty: the host's.
    pub node: String,
    /// Certificate chain and key, PEM; both or none. Read again when the files change.
    pub tls_cert: PathBuf,
    pub tls_key: PathBuf,
    /// A proxy in front ends TLS, so another address than loopback may be listened to without.
    pub tls_elsewhere: bool,
    /// What `/v1/gateway` answers as `url`; empty: made from the request's host.
    pub public_url: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Drain {
    /// Over how long clients are asked to come back.
    pub spread_ms: u64,
    /// How long closing waits for them and for requests.
    pub grace_s: u64,
    /// Where they are sent; empty: to the same address.
    pub url: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Admin {
    /// Operations answer here only, when it is set; empty: with everything else.
    pub listen: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Demo {
    pub lat: f64,
    pub lon: f64,
    pub people: usize,
    pub seed: u64,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            data: PathBuf::from("nearcast-data"),
            workers: 0,
            node: String::new(),
            tls_cert: PathBuf::new(),
            tls_key: PathBuf::new(),
            tls_elsewhere: false,
            public_url: String::new(),
        }
    }
}

impl Default for Drain {
    fn default() -> Self {
        Self {
            spread_ms: 10_000,
            grace_s: 30,
            url: String::new(),
        }
    }
}

impl Default for Demo {
    fn default() -> Self {
        Self {
            lat: 37.5665,
            lon: 126.978,
            people: 300,
            seed: 1,
        }
    }
}
