//! Everything that decides about a credential at one moment; never changed, only exchanged.

use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey};

use super::claims::Rules;
use super::flaw::Flaw;
use super::public_keys::PublicKeys;
use super::server_keys::ServerKeys;
use super::source::Source;
use super::token::Token;
use super::{Claims, MIN_SECRET};
use crate::config::Auth;

#[derive(Clone)]
pub(super) struct Keys {
    secret: Option<DecodingKey>,
    pub(super) public: Arc<PublicKeys>,
    rules: Rules,
    pub(super) server: Arc<ServerKeys>,
    pub(super) source: Option<Arc<Source>>,
    pub(super) refresh_every: Duration,
}

/// Every fault of the section `auth`, a sentence each. Reads a JWKS file, asks no URL.
#[must_use]
pub fn faults(auth: &Auth) -> Vec<String> {
    Keys::new(auth).err().unwrap_or_default()
}

impl Keys {
    /// With the public keys of a file; those of a URL are not there yet.
    pub(super) fn new(auth: &Auth) -> Result<Self, Vec<String>> {
        let mut faults = in_values(auth);
        let (source, public) = match sourced(&auth.jwks) {
            Ok(read) => read,
            Err(fault) => {
                faults.push(format!("auth.jwks: {fault}"));
                (None, PublicKeys::default())
            }
        };
        if !faults.is_empty() {
            return Err(faults);
        }
        let secret = auth.hmac_secret.as_bytes();
        Ok(Self {
            secret: (!secret.is_empty()).then(|| DecodingKey::from_secret(secret)),
            public: Arc::new(public),
            rules: Rules {
                audience: auth.audience.clone(),
                issuer: auth.issuer.clone(),
                leeway_ms: auth.leeway_s.saturating_mul(1000),
            },
            server: Arc::new(ServerKeys::new(&auth.server_key)),
            source: source.map(Arc::new),
            refresh_every: Duration::from_secs(auth.jwks_refresh_s),
        })
    }

    pub(super) fn with(&self, public: Arc<PublicKeys>) -> Self {
        Self {
            public,
            ..self.clone()
        }
    }

    pub(super) fn token(&self, token: &Token<'_>, now_ms: u64) -> Result<Claims, Flaw> {
        if !self.signed(token) {
            return Err(Flaw::Signature);
        }
        let payload = token.payload().ok_or(Flaw::Form)?;
        self.rules.claims(&payload, now_ms)
    }

    /// Whether a token names a key that its source may have got since it was asked.
    pub(super) fn misses(&self, token: &Token<'_>) -> bool {
        self.source.is_some()
            && token.header.alg != Algorithm::HS256
            && matches!(&token.header.kid, Some(kid) if !self.public.knows(kid))
    }

    /// The secret verifies HS256 and nothing else, a public key its own algorithm.
    fn signed(&self, token: &Token<'_>) -> bool {
        if token.header.alg == Algorithm::HS256 {
            let secret = self.secret.as_ref();
            return secret.is_some_and(|secret| token.is_signed_by(secret, Algorithm::HS256));
        }
        self.public
            .named(token.header.kid.as_deref())
            .any(|public| token.is_signed_by(&public.key, public.algorithm))
    }
}

/// Where public keys come from, with those that are there at once.
fn sourced(jwks: &str) -> Result<(Option<Source>, PublicKeys), String> {
    if jwks.is_empty() {
        return Ok((None, PublicKeys::default()));
    }
    let source = Source::parse(jwks)?;
    let public = source.at_once()?;
    Ok((Some(source), public))
}

fn in_values(auth: &Auth) -> Vec<String> {
    let mut faults = Vec::new();
    let bytes = auth.hmac_secret.len();
    if bytes > 0 && bytes < MIN_SECRET {
        faults.push(format!(
            "auth.hmac_secret: {bytes} bytes are too few, it needs at least {MIN_SECRET}"
        ));
    }
    if auth.jwks_refresh_s == 0 {
        faults.push("auth.jwks_refresh_s: must be at least 1".to_owned());
    }
    if auth.audience.iter().any(String::is_empty) {
        faults.push("auth.audience: has an empty text".to_owned());
    }
    let sendable =
        |key: &String| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic());
    if !auth.server_key.iter().all(sendable) {
        faults.push(
            "auth.server_key: each must be visible ASCII without spaces, to fit a header"
                .to_owned(),
        );
    }
    faults
}
