//! The token of who watches: given, or signed with the keys of the server on this machine.

use std::path::Path;
use std::time::Duration;

use nearcast::auth::{Development, Grant, sign};
use nearcast::config::{Auth, Config, Flags};
use nearcast::wire::UserId;

/// Long enough for one connection; each has its own.
const TTL: Duration = Duration::from_secs(12 * 3600);

pub(super) enum Tokens {
    Given(String),
    Signed {
        auth: Box<Auth>,
        user: UserId,
        strangers: bool,
    },
}

impl Tokens {
    pub(super) fn new(
        user: &UserId,
        given: Option<String>,
        strangers: bool,
        file: Option<&Path>,
        data: Option<&str>,
    ) -> Result<Self, String> {
        if let Some(token) = given {
            return Ok(Self::Given(token));
        }
        let flags = Flags {
            data: data.map(str::to_owned),
            ..Flags::default()
        };
        let config = Config::load(file, std::env::vars_os(), &flags)
            .map_err(|faults| format!("read the configuration: {faults}"))?;
        let mut auth = config.auth;
        if auth.hmac_secret.is_empty() {
            if !auth.jwks.is_empty() {
                return Err(
                    "tokens here are signed by somebody else (auth.jwks): give one with --token"
                        .to_owned(),
                );
            }
            Development::find_secret(&mut auth, &config.server.data)?;
        }
        Ok(Self::Signed {
            auth: Box::new(auth),
            user: user.clone(),
            strangers,
        })
    }

    pub(super) fn token(&self, now_ms: u64) -> String {
        match self {
            Self::Given(token) => token.clone(),
            Self::Signed {
                auth,
                user,
                strangers,
            } => {
                let grant = Grant {
                    user,
                    ttl: TTL,
                    strangers: *strangers,
                    pool: "",
                };
                sign(auth, &grant, now_ms)
            }
        }
    }

    pub(super) fn can_renew(&self) -> bool {
        matches!(self, Self::Signed { .. })
    }
}
