//! Keys that sign, made for the test, and what a JWKS says of them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rcgen::{
    KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519, PKCS_RSA_SHA256, PublicKeyData, RsaKeySize,
};
use serde_json::{Value, json};

/// PKCS#8 before the RSA key that it wraps, for a key of 2048 bits.
const RSA_WRAPPING: usize = 26;

pub(super) struct Pair {
    pub(super) algorithm: Algorithm,
    kid: Option<String>,
    key: EncodingKey,
    /// The public key as raw bytes: a point, or DER for RSA.
    pub(super) public: Vec<u8>,
}

impl Pair {
    pub(super) fn secret(secret: &str) -> Self {
        Self {
            algorithm: Algorithm::HS256,
            kid: None,
            key: EncodingKey::from_secret(secret.as_bytes()),
            public: Vec::new(),
        }
    }

    pub(super) fn rsa() -> Self {
        let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
        let key = EncodingKey::from_rsa_der(&pair.serialized_der()[RSA_WRAPPING..]);
        Self::of(Algorithm::RS256, key, &pair)
    }

    pub(super) fn p256() -> Self {
        let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let key = EncodingKey::from_ec_der(pair.serialized_der());
        Self::of(Algorithm::ES256, key, &pair)
    }

    pub(super) fn ed25519() -> Self {
        let pair = KeyPair::generate_for(&PKCS_ED25519).unwrap();
        let key = EncodingKey::from_ed_der(pair.serialized_der());
        Self::of(Algorithm::EdDSA, key, &pair)
    }

    fn of(algorithm: Algorithm, key: EncodingKey, pair: &KeyPair) -> Self {
        Self {
            algorithm,
            kid: None,
            key,
            public: pair.der_bytes().to_vec(),
        }
    }

    pub(super) fn named(self, kid: &str) -> Self {
        Self {
            kid: Some(kid.to_owned()),
            ..self
        }
    }

    pub(super) fn sign(&self, claims: &Value) -> String {
        self.sign_as(self.algorithm, claims)
    }

    pub(super) fn sign_as(&self, algorithm: Algorithm, claims: &Value) -> String {
        let mut header = Header::new(algorithm);
        header.kid = self.kid.clone();
        jsonwebtoken::encode(&header, claims, &self.key).unwrap()
    }

    /// As a JWKS has it, without `alg`.
    pub(super) fn jwk(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let mut jwk = match self.algorithm {
            // SEQUENCE, INTEGER with a leading zero, INTEGER 65537.
            Algorithm::RS256 => {
                json!({"kty": "RSA", "n": text(&self.public[9..265]), "e": "AQAB"})
            }
            Algorithm::ES256 => json!({
                "kty": "EC", "crv": "P-256",
                "x": text(&self.public[1..33]), "y": text(&self.public[33..]),
            }),
            _ => json!({"kty": "OKP", "crv": "Ed25519", "x": text(&self.public)}),
        };
        if let Some(kid) = &self.kid {
            jwk["kid"] = kid.as_str().into();
        }
        jwk
    }
}

/// A token made of a header and claims as they are, with any signature.
pub(super) fn token(header: &Value, claims: &Value, signature: &[u8]) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(serde_json::to_vec(value).unwrap());
    let signature = URL_SAFE_NO_PAD.encode(signature);
    format!("{}.{}.{signature}", part(header), part(claims))
}
