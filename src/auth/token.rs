//! A token taken apart; nothing in it is believed yet.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde::Deserialize;
use serde_json::Value;

use crate::wire::MAX_MESSAGE;

/// Header, payload and signature, as they came.
pub(super) struct Token<'a> {
    pub(super) header: Header,
    /// What is signed: header and payload, encoded.
    message: &'a str,
    payload: &'a str,
    signature: &'a str,
}

/// The header as far as it matters. `alg` only chooses among keys; each has an algorithm of its
/// own.
#[derive(Deserialize)]
pub(super) struct Header {
    pub(super) alg: Algorithm,
    pub(super) kid: Option<String>,
    /// Extensions that must be understood; none is.
    #[serde(default)]
    crit: Value,
}

impl<'a> Token<'a> {
    pub(super) fn parse(token: &'a str) -> Option<Self> {
        if token.len() > MAX_MESSAGE {
            return None;
        }
        let (message, signature) = token.rsplit_once('.')?;
        let (header, payload) = message.split_once('.')?;
        let header: Header = serde_json::from_slice(&decoded(header)?).ok()?;
        header.crit.is_null().then_some(Self {
            header,
            message,
            payload,
            signature,
        })
    }

    pub(super) fn is_signed_by(&self, key: &DecodingKey, algorithm: Algorithm) -> bool {
        algorithm == self.header.alg
            && crypto::verify(self.signature, self.message.as_bytes(), key, algorithm)
                .unwrap_or(false)
    }

    pub(super) fn payload(&self) -> Option<Vec<u8>> {
        decoded(self.payload)
    }
}

fn decoded(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}
