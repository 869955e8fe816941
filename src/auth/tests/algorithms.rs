//! The key decides how a token is verified, whatever its header says.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::json;

use super::pair::token;
use super::*;

/// A verifier that knows these keys from a file, and perhaps the secret too.
fn knowing(keys: &Value, secret: &str) -> Result<Arc<Verifier>, Vec<String>> {
    let folder = Folder::new();
    let bytes = serde_json::to_vec(&json!({ "keys": keys })).unwrap();
    Verifier::new(&Auth {
        jwks: folder.put("jwks.json", &bytes),
        hmac_secret: secret.to_owned(),
        ..Auth::default()
    })
}

fn pairs() -> [Pair; 3] {
    [Pair::rsa(), Pair::p256(), Pair::ed25519()]
}

#[test]
fn every_kind_of_public_key_verifies_its_own_tokens() {
    let pairs = pairs();
    let keys: Vec<_> = pairs.iter().map(Pair::jwk).collect();
    let verifier = knowing(&json!(keys), SECRET).unwrap();
    for pair in pairs.iter().chain([&Pair::secret(SECRET)]) {
        assert_eq!(
            verifier.token(&pair.sign(&hour()), NOW_MS),
            Ok(ann()),
            "{:?}",
            pair.algorithm
        );
    }
    for stranger in [Pair::p256(), Pair::ed25519()] {
        assert_eq!(
            verifier.token(&stranger.sign(&hour()), NOW_MS),
            Err(Rejected::Invalid)
        );
    }
}

#[test]
fn a_public_key_is_no_secret() {
    for pair in pairs() {
        let jwk = pair.jwk();
        let pem = format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            STANDARD.encode(&pair.public)
        );
        for secret in ["", SECRET] {
            let verifier = knowing(&json!([jwk]), secret).unwrap();
            let readable = [
                pair.public.clone(),
                pem.clone().into(),
                jwk.to_string().into(),
            ];
            for bytes in readable {
                let forged = jsonwebtoken::encode(
                    &jsonwebtoken::Header::default(),
                    &hour(),
                    &EncodingKey::from_secret(&bytes),
                );
                assert_eq!(
                    verifier.token(&forged.unwrap(), NOW_MS),
                    Err(Rejected::Invalid)
                );
            }
        }
    }
}

#[test]
fn none_is_no_algorithm() {
    let pair = Pair::p256();
    let verifier = knowing(&json!([pair.jwk()]), SECRET).unwrap();
    for alg in ["none", "None", "NONE", ""] {
        let bare = token(&json!({"alg": alg, "typ": "JWT"}), &hour(), b"");
        assert_eq!(verifier.token(&bare, NOW_MS), Err(Rejected::Invalid));
    }
    for alg in ["HS256", "ES256"] {
        let unsigned = token(&json!({"alg": alg}), &hour(), b"");
        assert_eq!(verifier.token(&unsigned, NOW_MS), Err(Rejected::Invalid));
    }
}

#[test]
fn other_algorithms_of_the_same_family_are_refused() {
    let pair = Pair::rsa();
    let verifier = knowing(&json!([pair.jwk()]), SECRET).unwrap();
    for other in [Algorithm::RS384, Algorithm::RS512, Algorithm::PS256] {
        let signed = pair.sign_as(other, &hour());
        assert_eq!(verifier.token(&signed, NOW_MS), Err(Rejected::Invalid));
    }
    for other in [Algorithm::HS384, Algorithm::HS512] {
        let signed = Pair::secret(SECRET).sign_as(other, &hour());
        assert_eq!(verifier.token(&signed, NOW_MS), Err(Rejected::Invalid));
    }
}

#[test]
fn symmetric_keys_in_a_jwks_are_passed_over() {
    let pair = Pair::p256();
    let oct = json!({"kty": "oct", "k": URL_SAFE_NO_PAD.encode(SECRET), "alg": "HS256"});
    let verifier = knowing(&json!([oct, pair.jwk()]), "").unwrap();
    assert_eq!(
        verifier.token(&Pair::secret(SECRET).sign(&hour()), NOW_MS),
        Err(Rejected::Invalid)
    );
    assert!(verifier.token(&pair.sign(&hour()), NOW_MS).is_ok());
    let faults = knowing(&json!([oct]), "").err().unwrap();
    assert!(faults[0].ends_with("it has no key for RS256, ES256 or EdDSA"));
}

#[test]
fn keys_for_something_else_are_passed_over() {
    let pair = Pair::p256();
    for (member, value) in [
        ("alg", json!("HS256")),
        ("alg", json!("ES384")),
        ("use", json!("enc")),
        ("key_ops", json!(["sign"])),
        ("crv", json!("P-384")),
        ("x", json!("AQAB")),
        ("kty", json!("RSA")),
    ] {
        let mut jwk = pair.jwk();
        jwk[member] = value;
        assert!(knowing(&json!([jwk]), "").is_err(), "{jwk}");
    }
    for (member, value) in [
        ("alg", json!("ES256")),
        ("use", json!("sig")),
        ("key_ops", json!(["verify"])),
    ] {
        let mut jwk = pair.jwk();
        jwk[member] = value;
        let verifier = knowing(&json!([jwk]), "").unwrap();
        assert!(verifier.token(&pair.sign(&hour()), NOW_MS).is_ok());
    }
}

#[test]
fn a_weak_rsa_key_is_passed_over() {
    let weak = json!({"kty": "RSA", "n": URL_SAFE_NO_PAD.encode([0xff; 128]), "e": "AQAB"});
    assert!(knowing(&json!([weak]), "").is_err());
}

#[test]
fn a_token_is_verified_with_the_key_that_it_names() {
    let (old, new) = (Pair::p256().named("old"), Pair::p256().named("new"));
    let verifier = knowing(&json!([old.jwk(), new.jwk()]), "").unwrap();
    for pair in [old, new] {
        assert!(verifier.token(&pair.sign(&hour()), NOW_MS).is_ok());
        let misnamed = pair.named("other");
        assert_eq!(
            verifier.token(&misnamed.sign(&hour()), NOW_MS),
            Err(Rejected::Invalid)
        );
    }
}

#[test]
fn an_extension_that_must_be_understood_is_not() {
    let header = json!({"alg": "HS256", "crit": ["b64"], "b64": true});
    let unsigned = token(&header, &hour(), b"");
    let message = unsigned.trim_end_matches('.');
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let signature = crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
    assert_eq!(
        verifier(&secret()).token(&format!("{message}.{signature}"), NOW_MS),
        Err(Rejected::Invalid)
    );
}

#[test]
fn what_is_no_token_is_invalid() {
    let verifier = verifier(&secret());
    let good = Pair::secret(SECRET).sign(&hour());
    let long = format!("{good}{}", "A".repeat(crate::wire::MAX_MESSAGE));
    for text in [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        &good[1..],
        &format!("{good}."),
        &long,
    ] {
        assert_eq!(verifier.token(text, NOW_MS), Err(Rejected::Invalid));
    }
    let mut cut = good.clone();
    cut.pop();
    assert_eq!(verifier.token(&cut, NOW_MS), Err(Rejected::Invalid));
}
