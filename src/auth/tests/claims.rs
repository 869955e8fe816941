//! What a well-signed token must say.

use serde_json::json;

use super::*;
use crate::auth::claims::Rules;
use crate::auth::flaw::Flaw;

const LEEWAY_MS: u64 = 30_000;

/// Ann's token that expires in this very moment, looked at some time later.
fn later(ms: u64) -> Result<Claims, Rejected> {
    let token = Pair::secret(SECRET).sign(&with(json!({"exp": NOW_S})));
    verifier(&secret()).token(&token, NOW_MS + ms)
}

#[test]
fn a_signed_token_says_who_and_until_when() {
    assert_eq!(said(&secret(), hour()), Ok(ann()));
}

#[test]
fn own_claims_are_told() {
    let told = said(&secret(), with(json!({"strangers": true, "pool": "teens"})));
    let wanted = Claims {
        strangers: true,
        pool: "teens".to_owned(),
        ..ann()
    };
    assert_eq!(told, Ok(wanted));
}

#[test]
fn a_token_expires_when_the_leeway_is_over() {
    assert!(later(LEEWAY_MS - 1).is_ok());
    assert_eq!(later(LEEWAY_MS), Err(Rejected::Expired));
}

#[test]
fn leeway_is_not_in_the_expiry() {
    assert_eq!(later(1).unwrap().expires_ms, NOW_MS);
}

#[test]
fn the_leeway_is_as_configured() {
    let strict = Auth {
        leeway_s: 0,
        ..secret()
    };
    let expired = with(json!({"exp": NOW_S}));
    assert_eq!(said(&strict, expired), Err(Rejected::Expired));
    let endless = Auth {
        leeway_s: u64::MAX,
        ..secret()
    };
    assert!(said(&endless, with(json!({"exp": 0, "nbf": 1e300}))).is_ok());
}

#[test]
fn expiry_may_have_a_fraction() {
    let told = said(&secret(), with(json!({"exp": NOW_S as f64 + 0.5})));
    assert_eq!(told.unwrap().expires_ms, NOW_MS + 500);
}

#[test]
fn no_date_is_too_far_away() {
    for exp in [json!(u64::MAX), json!(1e300), json!(i64::MAX)] {
        assert_eq!(
            said(&secret(), with(json!({"exp": exp})))
                .unwrap()
                .expires_ms,
            u64::MAX
        );
    }
    for exp in [json!(-1), json!(i64::MIN), json!(-1e300), json!(0)] {
        assert_eq!(
            said(&secret(), with(json!({"exp": exp}))),
            Err(Rejected::Expired)
        );
    }
}

#[test]
fn a_token_begins_when_the_leeway_allows() {
    let begun = |nbf_s| said(&secret(), with(json!({"nbf": nbf_s})));
    assert!(begun(NOW_S + 30).is_ok());
    assert_eq!(begun(NOW_S + 31), Err(Rejected::Invalid));
}

#[test]
fn sub_and_exp_are_required() {
    for missing in ["sub", "exp"] {
        let claims = with(json!({ missing: null }));
        assert_eq!(said(&secret(), claims), Err(Rejected::Invalid), "{missing}");
    }
}

#[test]
fn a_claim_of_the_wrong_type_is_refused() {
    for wrong in [
        json!({"sub": 7}),
        json!({"exp": "soon"}),
        json!({"exp": [1]}),
        json!({"nbf": "then"}),
        json!({"strangers": "true"}),
        json!({"strangers": 1}),
        json!({"pool": 3}),
        json!({"pool": ["teens"]}),
    ] {
        assert_eq!(
            said(&secret(), with(wrong.clone())),
            Err(Rejected::Invalid),
            "{wrong}"
        );
    }
}

#[test]
fn null_is_a_wrong_type() {
    for claim in ["sub", "exp", "nbf", "strangers", "pool"] {
        let mut claims = hour();
        claims[claim] = Value::Null;
        assert_eq!(said(&secret(), claims), Err(Rejected::Invalid), "{claim}");
    }
}

#[test]
fn sub_must_be_a_user_id() {
    for sub in ["", "a\nb", "ann\u{0}", "a\u{7f}", &"x".repeat(65)] {
        let claims = with(json!({"sub": sub}));
        assert_eq!(said(&secret(), claims), Err(Rejected::Invalid), "{sub:?}");
    }
    assert!(said(&secret(), with(json!({"sub": "민준 / ?"}))).is_ok());
}

#[test]
fn a_pool_has_64_bytes_at_most() {
    assert!(said(&secret(), with(json!({"pool": "x".repeat(64)}))).is_ok());
    assert_eq!(
        said(&secret(), with(json!({"pool": "é".repeat(33)}))),
        Err(Rejected::Invalid)
    );
}

#[test]
fn a_configured_audience_must_be_named() {
    let ours = Auth {
        audience: vec!["app".to_owned(), "web".to_owned()],
        ..secret()
    };
    for good in [json!("app"), json!("web"), json!(["other", "web"])] {
        assert!(said(&ours, with(json!({"aud": good}))).is_ok(), "{good}");
    }
    let bad = [
        json!("other"),
        json!(null),
        json!([]),
        json!(["other"]),
        json!(["app", 7]),
        json!({"app": true}),
    ];
    for bad in bad {
        let claims = with(json!({"aud": bad}));
        assert_eq!(said(&ours, claims), Err(Rejected::Invalid), "{bad}");
    }
    assert!(said(&secret(), with(json!({"aud": "other"}))).is_ok());
}

#[test]
fn a_configured_issuer_must_be_the_one() {
    let ours = Auth {
        issuer: "https://id.example".to_owned(),
        ..secret()
    };
    assert!(said(&ours, with(json!({"iss": "https://id.example"}))).is_ok());
    for bad in [
        json!("https://id.example/"),
        json!(null),
        json!(["https://id.example"]),
    ] {
        let claims = with(json!({"iss": bad}));
        assert_eq!(said(&ours, claims), Err(Rejected::Invalid), "{bad}");
    }
    assert!(said(&secret(), with(json!({"iss": 7}))).is_ok());
}

#[test]
fn only_an_otherwise_valid_token_is_expired() {
    let ours = Auth {
        audience: vec!["app".to_owned()],
        issuer: "us".to_owned(),
        ..secret()
    };
    let expired = json!({"sub": "ann", "exp": 1, "aud": "app", "iss": "us"});
    assert_eq!(said(&ours, expired.clone()), Err(Rejected::Expired));
    for (claim, value) in [
        ("aud", json!("other")),
        ("iss", json!("them")),
        ("sub", json!("a\nb")),
        ("pool", json!(1)),
        ("nbf", json!(NOW_S + 60)),
    ] {
        let mut claims = expired.clone();
        claims[claim] = value;
        assert_eq!(said(&ours, claims), Err(Rejected::Invalid), "{claim}");
    }
    let forged = Pair::secret("another secret of thirty-two bytes").sign(&expired);
    assert_eq!(
        verifier(&ours).token(&forged, NOW_MS),
        Err(Rejected::Invalid)
    );
}

#[test]
fn a_claim_said_twice_is_refused() {
    let claims: Value = hour();
    let twice = claims.to_string().replacen('{', r#"{"sub":"bob","#, 1);
    let rules = Rules {
        audience: Vec::new(),
        issuer: String::new(),
        leeway_ms: 0,
    };
    assert_eq!(rules.claims(twice.as_bytes(), NOW_MS), Err(Flaw::Claims));
}

#[test]
fn the_log_tells_every_flaw_from_the_others() {
    let rules = Rules {
        audience: vec!["us".to_owned()],
        issuer: "them".to_owned(),
        leeway_ms: 0,
    };
    let good = with(json!({"aud": "us", "iss": "them"}));
    let flaws = [
        (json!({"exp": "soon"}), Flaw::Claims),
        (json!({"sub": ""}), Flaw::Sub),
        (json!({"nbf": NOW_S + 1}), Flaw::Nbf),
        (json!({"pool": "p".repeat(65)}), Flaw::Pool),
        (json!({"aud": "others"}), Flaw::Aud),
        (json!({"iss": "us"}), Flaw::Iss),
        (json!({"exp": NOW_S}), Flaw::Expired),
    ];
    for (change, flaw) in flaws {
        let mut claims = good.clone();
        let change = change.as_object().unwrap().clone();
        claims.as_object_mut().unwrap().extend(change);
        let judged = rules.claims(claims.to_string().as_bytes(), NOW_MS);
        assert_eq!(judged, Err(flaw));
    }
}
