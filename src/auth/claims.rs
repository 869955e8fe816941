//! What a token with a good signature must say to be believed.

use serde::{Deserialize, Deserializer};
use serde_json::{Number, Value};

use super::flaw::Flaw;
use super::{Claims, MAX_POOL};
use crate::wire::UserId;

/// What the configuration asks of every token.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    /// One of them must be in `aud`; empty: it is not looked at.
    pub(super) audience: Vec<String>,
    /// Must be `iss`; empty: it is not looked at.
    pub(super) issuer: String,
    pub(super) leeway_ms: u64,
}

/// A claim that is `null` is there and of the wrong type; only one that is missing is absent.
#[derive(Deserialize)]
struct Payload {
    sub: String,
    exp: Number,
    #[serde(default, deserialize_with = "present")]
    nbf: Option<Number>,
    #[serde(default)]
    aud: Value,
    #[serde(default)]
    iss: Value,
    #[serde(default)]
    strangers: bool,
    #[serde(default)]
    pool: String,
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Number>, D::Error> {
    Number::deserialize(deserializer).map(Some)
}

impl Rules {
    /// The claims of a token whose signature was found good.
    pub(super) fn claims(&self, payload: &[u8], now_ms: u64) -> Result<Claims, Flaw> {
        let payload: Payload = serde_json::from_slice(payload).map_err(|_| Flaw::Claims)?;
        let user = UserId::new(&payload.sub).map_err(|_| Flaw::Sub)?;
        let begun = payload
            .nbf
            .is_none_or(|nbf| milliseconds(&nbf) <= now_ms.saturating_add(self.leeway_ms));
        if !begun {
            return Err(Flaw::Nbf);
        }
        if payload.pool.len() > MAX_POOL {
            return Err(Flaw::Pool);
        }
        if !self.is_for_us(&payload.aud) {
            return Err(Flaw::Aud);
        }
        if !self.issuer.is_empty() && payload.iss.as_str() != Some(&self.issuer) {
            return Err(Flaw::Iss);
        }
        let expires_ms = milliseconds(&payload.exp);
        if now_ms >= expires_ms.saturating_add(self.leeway_ms) {
            return Err(Flaw::Expired);
        }
        Ok(Claims {
            user,
            expires_ms,
            strangers: payload.strangers,
            pool: payload.pool,
        })
    }

    /// `aud` is a text or a list of texts.
    fn is_for_us(&self, aud: &Value) -> bool {
        let ours = |text: &Value| {
            text.as_str()
                .is_some_and(|text| self.audience.iter().any(|ours| ours == text))
        };
        self.audience.is_empty()
            || match aud {
                Value::Array(texts) => texts.iter().all(Value::is_string) && texts.iter().any(ours),
                text => ours(text),
            }
    }
}

/// A date in seconds, whole or not: times before 1970 are 1970, times too far away the last one.
fn milliseconds(date: &Number) -> u64 {
    date.as_u64().map_or_else(
        || (date.as_f64().unwrap_or(0.0) * 1000.0) as u64,
        |seconds| seconds.saturating_mul(1000),
    )
}
