//! Who may come in, and what is kept of them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::wire::Sharing;

#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Auth {
    /// Signs and verifies HS256 tokens; at least 32 bytes.
    pub hmac_secret: String,
    /// A file or an https URL with public keys for RS256, ES256 and EdDSA.
    pub jwks: String,
    pub jwks_refresh_s: u64,
    /// Accepted in `aud`; empty: it is not looked at.
    pub audience: Vec<String>,
    /// Required in `iss`; empty: it is not looked at.
    pub issuer: String,
    pub leeway_s: u64,
    /// Keys of the app's backend, several while they are rotated.
    pub server_key: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Accounts {
    /// Of users who are made without saying how they share.
    pub default_sharing: Sharing,
    /// Hosts that `avatar_url` may name; empty: none.
    pub avatar_hosts: Vec<String>,
}

/// Secrets do not get into a log with the rest.
impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth")
            .field("hmac_secret", &!self.hmac_secret.is_empty())
            .field("jwks", &self.jwks)
            .field("jwks_refresh_s", &self.jwks_refresh_s)
            .field("audience", &self.audience)
            .field("issuer", &self.issuer)
            .field("leeway_s", &self.leeway_s)
            .field("server_key", &self.server_key.len())
            .finish()
    }
}

impl Default for Auth {
    fn default() -> Self {
        Self {
            hmac_secret: String::new(),
            jwks: String::new(),
            jwks_refresh_s: 300,
            audience: Vec::new(),
            issuer: String::new(),
            leeway_s: 30,
            server_key: Vec::new(),
        }
    }
}

impl Default for Accounts {
    fn default() -> Self {
        Self {
            default_sharing: Sharing::Exact,
            avatar_hosts: Vec::new(),
        }
    }
}
