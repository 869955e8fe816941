//! Where positions are kept outside the process.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Snapshot {
    /// Empty: nowhere. Several, with commas between, for Sentinel and Cluster.
    pub redis_url: String,
    pub deployment: Deployment,
    /// The name of the master that Sentinel looks after.
    pub sentinel_master: String,
    /// Of the sentinels themselves; that of the servers is in the URL.
    pub sentinel_password: String,
    /// PEM; empty: the system's roots.
    pub tls_ca: PathBuf,
    /// Part of every key's name: another for each product that shares a Redis.
    pub app: String,
    pub every_ms: u64,
    /// How long the start waits for a Redis that is away.
    pub restore_wait_ms: u64,
    /// How long an erasure waits before it is told to be pending.
    pub erase_wait_ms: u64,
    /// For how long who writes is the only one without a word.
    pub lease_ms: u64,
    /// A second index, coarse and by consent, for other services.
    pub shared_index: bool,
    pub shared_precision: u8,
}

/// How Redis is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Deployment {
    Single,
    Sentinel,
    Cluster,
}

/// Secrets do not get into a log with the rest.
impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("redis_url", &!self.redis_url.is_empty())
            .field("deployment", &self.deployment)
            .field("sentinel_master", &self.sentinel_master)
            .field("tls_ca", &self.tls_ca)
            .field("app", &self.app)
            .field("every_ms", &self.every_ms)
            .field("restore_wait_ms", &self.restore_wait_ms)
            .field("erase_wait_ms", &self.erase_wait_ms)
            .field("lease_ms", &self.lease_ms)
            .field("shared_index", &self.shared_index)
            .field("shared_precision", &self.shared_precision)
            .finish_non_exhaustive()
    }
}

impl Default for Snapshot {
    fn default() -> Self {
        Self {
            redis_url: String::new(),
            deployment: Deployment::Single,
            sentinel_master: "mymaster".to_owned(),
            sentinel_password: String::new(),
            tls_ca: PathBuf::new(),
            app: "main".to_owned(),
            every_ms: 5000,
            restore_wait_ms: 5000,
            erase_wait_ms: 2000,
            lease_ms: 3000,
            shared_index: false,
            shared_precision: 5,
        }
    }
}
