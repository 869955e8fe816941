//! What is configured, and server keys.

use std::time::Duration;

use super::*;
use crate::auth::{Caller, Grant, faults, sign};

#[test]
fn every_fault_is_told_at_once() {
    let faults = faults(&Auth {
        hmac_secret: "short".to_owned(),
        jwks: "/nowhere/jwks.json".to_owned(),
        jwks_refresh_s: 0,
        audience: vec![String::new()],
        server_key: vec!["a key".to_owned()],
        ..Auth::default()
    });
    let keys = [
        "hmac_secret",
        "jwks_refresh_s",
        "audience",
        "server_key",
        "jwks",
    ];
    assert_eq!(faults.len(), keys.len(), "{faults:?}");
    for (fault, key) in faults.iter().zip(keys) {
        assert!(fault.starts_with(&format!("auth.{key}: ")), "{fault}");
    }
    assert!(!faults.iter().any(|fault| fault.contains("a key")));
}

#[test]
fn the_default_has_no_fault_and_believes_nobody() {
    let auth = Auth::default();
    assert_eq!(faults(&auth), [""; 0]);
    let verifier = verifier(&auth);
    for secret in ["", SECRET] {
        assert_eq!(
            verifier.token(&Pair::secret(secret).sign(&hour()), NOW_MS),
            Err(Rejected::Invalid)
        );
    }
    assert_eq!(verifier.bearer("", NOW_MS), Err(Rejected::Invalid));
}

#[test]
fn a_secret_needs_32_bytes() {
    for (bytes, faulty) in [(31, 1), (32, 0)] {
        let auth = Auth {
            hmac_secret: "x".repeat(bytes),
            ..Auth::default()
        };
        assert_eq!(faults(&auth).len(), faulty);
    }
}

#[test]
fn a_url_must_be_https_or_of_this_machine() {
    for good in [
        "https://id.example/jwks",
        "https://id.example:8443/jwks?tenant=1",
        "http://127.0.0.1:9/jwks",
        "http://[::1]:9/jwks",
        "http://localhost/jwks",
    ] {
        assert_eq!(faults(&published(good)), [""; 0], "{good}");
    }
    for bad in [
        "http://id.example/jwks",
        "http://127.0.0.1.id.example/jwks",
        "http://10.0.0.1/jwks",
        "ftp://id.example/jwks",
        "https://",
        "https://ann:password@id.example/jwks",
    ] {
        assert_eq!(faults(&published(bad)).len(), 1, "{bad}");
    }
}

#[test]
fn every_server_key_is_the_server() {
    let verifier = verifier(&Auth {
        server_key: vec!["first-key".to_owned(), "second-key".to_owned()],
        ..secret()
    });
    for key in ["first-key", "second-key"] {
        assert_eq!(verifier.bearer(key, NOW_MS), Ok(Caller::Server));
    }
    for other in [
        "",
        "first-key ",
        "first-ke",
        "third-key",
        "first-key,second-key",
    ] {
        assert_eq!(verifier.bearer(other, NOW_MS), Err(Rejected::Invalid));
    }
}

#[test]
fn a_bearer_may_be_a_user() {
    let token = Pair::secret(SECRET).sign(&hour());
    let verifier = verifier(&secret());
    assert_eq!(verifier.bearer(&token, NOW_MS), Ok(Caller::User(ann())));
    assert_eq!(
        verifier.bearer(&token, NOW_MS + 3_630_000),
        Err(Rejected::Expired)
    );
}

#[test]
fn a_server_key_is_no_token() {
    let auth = Auth {
        server_key: vec!["first-key".to_owned()],
        ..secret()
    };
    assert_eq!(
        verifier(&auth).token("first-key", NOW_MS),
        Err(Rejected::Invalid)
    );
}

#[test]
fn a_signed_grant_is_accepted_where_it_was_signed() {
    let auth = Auth {
        audience: vec!["app".to_owned(), "web".to_owned()],
        issuer: "us".to_owned(),
        ..secret()
    };
    let grant = Grant {
        user: &ann().user,
        ttl: Duration::from_secs(3600),
        strangers: true,
        pool: "teens",
    };
    let wanted = Claims {
        strangers: true,
        pool: "teens".to_owned(),
        ..ann()
    };
    let token = sign(&auth, &grant, NOW_MS);
    assert_eq!(verifier(&auth).token(&token, NOW_MS), Ok(wanted));

    let plain = Grant {
        strangers: false,
        pool: "",
        ttl: Duration::MAX,
        ..grant
    };
    let told = verifier(&auth).token(&sign(&auth, &plain, NOW_MS), NOW_MS);
    let wanted = Claims {
        expires_ms: u64::MAX,
        ..ann()
    };
    assert_eq!(told, Ok(wanted));
}

#[tokio::test]
async fn a_reload_changes_all_or_nothing() {
    let verifier = verifier(&secret());
    let token = Pair::secret(SECRET).sign(&hour());
    let faulty = Auth {
        hmac_secret: "short".to_owned(),
        ..Auth::default()
    };
    assert_eq!(verifier.reload(&faulty).await.unwrap_err().len(), 1);
    assert!(verifier.token(&token, NOW_MS).is_ok());

    let other = Auth {
        hmac_secret: "y".repeat(32),
        server_key: vec!["first-key".to_owned()],
        ..Auth::default()
    };
    verifier.reload(&other).await.unwrap();
    assert_eq!(verifier.token(&token, NOW_MS), Err(Rejected::Invalid));
    assert_eq!(verifier.bearer("first-key", NOW_MS), Ok(Caller::Server));
}
