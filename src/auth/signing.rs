//! Tokens signed with the configured secret, for development and for tests.

use std::time::Duration;

use jsonwebtoken::{EncodingKey, Header};
use serde_json::json;

use crate::config::Auth;
use crate::wire::UserId;

/// What a token is to say.
#[derive(Clone, Debug)]
pub struct Grant<'a> {
    pub user: &'a UserId,
    pub ttl: Duration,
    pub strangers: bool,
    /// Empty: the claim is left out.
    pub pool: &'a str,
}

/// An HS256 token that a server with this configuration accepts: signed with its secret, from its
/// issuer, for its first audience.
#[must_use]
pub fn sign(auth: &Auth, grant: &Grant<'_>, now_ms: u64) -> String {
    let now_s = now_ms / 1000;
    let mut claims = json!({
        "sub": grant.user,
        "iat": now_s,
        "exp": now_s.saturating_add(grant.ttl.as_secs()),
    });
    if grant.strangers {
        claims["strangers"] = true.into();
    }
    let audience = auth.audience.first().map_or("", String::as_str);
    for (claim, text) in [
        ("pool", grant.pool),
        ("iss", &auth.issuer),
        ("aud", audience),
    ] {
        if !text.is_empty() {
            claims[claim] = text.into();
        }
    }
    let secret = EncodingKey::from_secret(auth.hmac_secret.as_bytes());
    jsonwebtoken::encode(&Header::default(), &claims, &secret)
        .expect("texts and numbers can be signed with any secret")
}
