//! The public keys of a JWKS that verify tokens: RS256, ES256 and EdDSA.
//!
//! Each key has one algorithm, its own or that of its type and curve. Keys of other kinds are
//! passed over, symmetric ones above all: who can read a JWKS could sign with them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

/// Most keys of a JWKS: a token without `kid` is tried with each of its algorithm.
const MAX_KEYS: usize = 32;

/// Bytes of an RSA modulus: 2048 to 8192 bits.
const RSA_MODULUS: std::ops::RangeInclusive<usize> = 256..=1024;

#[derive(Default)]
pub(super) struct PublicKeys(Vec<PublicKey>);

pub(super) struct PublicKey {
    kid: Option<String>,
    pub(super) algorithm: Algorithm,
    pub(super) key: DecodingKey,
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl PublicKeys {
    /// The usable keys of a JWKS; it is an error when there are none.
    pub(super) fn parse(json: &[u8]) -> Result<Self, String> {
        let jwks: Jwks =
            serde_json::from_slice(json).map_err(|error| format!("it is no JWKS: {error}"))?;
        if jwks.keys.len() > MAX_KEYS {
            return Err(format!("it has more than {MAX_KEYS} keys"));
        }
        let keys: Vec<_> = jwks.keys.into_iter().filter_map(usable).collect();
        if keys.is_empty() {
            return Err("it has no key for RS256, ES256 or EdDSA".to_owned());
        }
        Ok(Self(keys))
    }

    /// The keys that may have signed a token with this `kid`.
    pub(super) fn named<'a>(&'a self, kid: Option<&'a str>) -> impl Iterator<Item = &'a PublicKey> {
        self.0.iter().filter(move |key| match (&key.kid, kid) {
            (Some(key), Some(token)) => key == token,
            _ => true,
        })
    }

    pub(super) fn knows(&self, kid: &str) -> bool {
        self.0.iter().any(|key| key.kid.as_deref() == Some(kid))
    }
}

fn usable(jwk: Value) -> Option<PublicKey> {
    let jwk: Jwk = serde_json::from_value(jwk).ok()?;
    let verifies = jwk
        .purpose
        .as_deref()
        .is_none_or(|purpose| purpose == "sig")
        && jwk
            .key_ops
            .as_ref()
            .is_none_or(|operations| operations.iter().any(|operation| operation == "verify"));
    let (algorithm, name, key) = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
        ("RSA", _) => (Algorithm::RS256, "RS256", rsa(&jwk)?),
        ("EC", Some("P-256")) => (Algorithm::ES256, "ES256", p256(&jwk)?),
        ("OKP", Some("Ed25519")) => (Algorithm::EdDSA, "EdDSA", ed25519(&jwk)?),
        _ => return None,
    };
    let agrees = jwk.alg.as_deref().is_none_or(|alg| alg == name);
    (verifies && agrees).then_some(PublicKey {
        kid: jwk.kid,
        algorithm,
        key,
    })
}

fn rsa(jwk: &Jwk) -> Option<DecodingKey> {
    let (n, e) = (bytes(jwk.n.as_ref())?, bytes(jwk.e.as_ref())?);
    let leading = n.iter().take_while(|byte| **byte == 0).count();
    let fits = RSA_MODULUS.contains(&(n.len() - leading)) && !e.is_empty();
    fits.then(|| DecodingKey::from_rsa_raw_components(&n[leading..], &e))
}

fn p256(jwk: &Jwk) -> Option<DecodingKey> {
    let (x, y) = (bytes(jwk.x.as_ref())?, bytes(jwk.y.as_ref())?);
    let point = [&[4], x.as_slice(), y.as_slice()].concat();
    (x.len() == 32 && y.len() == 32).then(|| DecodingKey::from_ec_der(&point))
}

fn ed25519(jwk: &Jwk) -> Option<DecodingKey> {
    let x = bytes(jwk.x.as_ref())?;
    (x.len() == 32).then(|| DecodingKey::from_ed_der(&x))
}

fn bytes(member: Option<&String>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(member?).ok()
}
