//! What may change while the server runs, and what would have to wait for its next start.

use toml::{Table, Value};

use super::Config;
use super::draft::table;

/// Sections and keys that are exchanged in place.
const LIVE: [&str; 4] = ["auth", "server.tls_cert", "server.tls_key", "limits"];
/// Those that tables were sized by, or that hubs, the broker and the store were told once.
const FIXED: [&str; 8] = [
    "auth.leeway_s",
    "limits.changes",
    "limits.friends",
    "limits.blocks",
    "limits.requests_waiting",
    "limits.sessions_per_user",
    "limits.addresses",
    "limits.rates",
];

impl Config {
    /// This configuration with what may change taken from `new`; and the keys that differ but
    /// need a restart.
    #[must_use]
    pub fn reloadable_from(&self, new: &Self) -> (Self, Vec<String>) {
        let (mut merged, new) = (table(self), table(new));
        let mut waiting = Vec::new();
        for (section, keys) in &mut merged {
            let Value::Table(keys) = keys else { continue };
            for (key, value) in keys {
                let wanted = &new[section.as_str()][key.as_str()];
                if value == wanted {
                    continue;
                }
                let path = format!("{section}.{key}");
                if is_live(section, &path) {
                    *value = wanted.clone();
                } else {
                    waiting.push(path);
                }
            }
        }
        (read(merged), waiting)
    }
}

fn read(merged: Table) -> Config {
    merged
        .try_into()
        .expect("it is made of values of two configurations")
}

fn is_live(section: &str, path: &str) -> bool {
    (LIVE.contains(&section) || LIVE.contains(&path)) && !FIXED.contains(&path)
}
