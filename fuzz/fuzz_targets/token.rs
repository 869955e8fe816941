//! Any text as a credential, or as the payload of a token with a good signature: no panic, nobody
//! is the server, and who is believed is a user whose time is not over.
//!
//! The first byte says as which.

#![no_main]

use std::sync::{Arc, LazyLock};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use libfuzzer_sys::fuzz_target;
use nearcast::auth::{Caller, Claims, MAX_POOL, Verifier};
use nearcast::config::Auth;
use nearcast::wire::UserId;

const SECRET: &str = "a secret of more than thirty-two bytes";
const SERVER_KEY: &str = "a-server-key-that-no-input-has";
const NOW_MS: u64 = 1_795_000_000_000;
const LEEWAY_MS: u64 = 30_000;

static VERIFIER: LazyLock<Arc<Verifier>> = LazyLock::new(|| {
    let auth = Auth {
        hmac_secret: SECRET.to_owned(),
        server_key: vec![SERVER_KEY.to_owned()],
        ..Auth::default()
    };
    Verifier::new(&auth).expect("a configuration without fault")
});

fuzz_target!(|bytes: &[u8]| {
    let Some((&which, bytes)) = bytes.split_first() else {
        return;
    };
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if which % 2 == 0 {
        match VERIFIER.bearer(text, NOW_MS) {
            Ok(Caller::User(claims)) => check(&claims),
            Ok(Caller::Server) => panic!("{text:?} is the server"),
            Err(_) => {}
        }
    } else if let Ok(claims) = VERIFIER.token(&signed(text), NOW_MS) {
        check(&claims);
    }
});

fn signed(payload: &str) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let message = format!("{}.{}", part(r#"{"alg":"HS256"}"#), part(payload));
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let signature = crypto::sign(message.as_bytes(), &key, Algorithm::HS256);
    format!("{message}.{}", signature.expect("a secret signs anything"))
}

fn check(claims: &Claims) {
    assert_eq!(UserId::new(claims.user.as_str()).as_ref(), Ok(&claims.user));
    assert!(claims.pool.len() <= MAX_POOL);
    assert!(claims.expires_ms.saturating_add(LEEWAY_MS) > NOW_MS);
}
