//! What values are refused, and which just pass.

use toml::Value;

use super::{Config, table, variables};

#[test]
fn every_number_has_a_least_and_a_most() {
    // Any seed will do.
    let free = ["demo.seed"];
    for (section, keys) in table(&Config::default()) {
        for (key, default) in keys.as_table().expect("a section") {
            let path = format!("{section}.{key}");
            let wrong = match default {
                Value::Integer(_) => ["9223372036854775807", "-1"],
                Value::Float(_) => ["1e300", "nan"],
                _ => continue,
            };
            let name = format!("NEARCAST_{section}_{key}").to_uppercase();
            for text in wrong {
                let told = variables(&[(&name, text)]);
                let named = told.is_err_and(|told| told.iter().any(|line| line.contains(&path)));
                assert!(named || free.contains(&path.as_str()), "{path} = {text}");
            }
        }
    }
}

#[test]
fn each_of_these_is_refused_and_named() {
    let cases: &[(&[(&str, &str)], &str)] = &[
        (
            &[("STRANGERS_REACH_PRECISION", "6")],
            "strangers.reach_precision",
        ),
        (
            &[("STRANGERS_GRID", "h3"), ("STRANGERS_PRECISION", "16")],
            "0 to 15",
        ),
        (&[("STRANGERS_GRID", "s2")], "\"geohash\" or \"h3\""),
        (&[("STRANGERS_ALIAS_S", "5")], "strangers.alias_s"),
        (&[("SOCKET_MAX_MESSAGE", "16385")], "1024 to 16384"),
        (&[("SOCKET_MAX_MESSAGE", "1023")], "1024 to 16384"),
        (&[("SERVER_WORKERS", "65")], "0 to 63"),
        (
            &[("SERVER_TLS_CERT", "/cert.pem")],
            "server.tls_key is not set",
        ),
        (
            &[("SERVER_TLS_KEY", "/key.pem")],
            "server.tls_cert is not set",
        ),
        (
            &[("SERVER_LISTEN", "localhost")],
            "an address in numbers and a port",
        ),
        (
            &[("SERVER_LISTEN", "0.0.0.0:80")],
            "unless auth.hmac_secret",
        ),
        (&[("SERVER_LISTEN", "[::]:80")], "server.tls_elsewhere"),
        (&[("SERVER_DATA", "")], "a directory"),
        (
            &[("SERVER_PUBLIC_URL", "https://example.com")],
            "server.public_url",
        ),
        (
            &[("AUTH_HMAC_SECRET", "short")],
            "auth.hmac_secret: 5 bytes are too few",
        ),
        (
            &[("AUTH_SERVER_KEY", "a key")],
            "auth.server_key: each must be",
        ),
        (&[("AUTH_JWKS", "/nowhere/keys.json")], "auth.jwks"),
        (&[("AUTH_JWKS", "http://example.com/keys")], "auth.jwks"),
        (&[("AUTH_JWKS", "https://")], "auth.jwks"),
        (
            &[("ACCOUNTS_AVATAR_HOSTS", "https://a.example")],
            "accounts.avatar_hosts",
        ),
        (
            &[("ACCOUNTS_DEFAULT_SHARING", "all")],
            "accounts.default_sharing",
        ),
        (&[("HTTP_ORIGINS", "https://a.example/")], "http.origins"),
        (&[("HTTP_ORIGINS", "a.example")], "http.origins"),
        (&[("HTTP_ORIGINS", "https://a.example:x")], "http.origins"),
        (&[("HTTP_ORIGINS", "*")], "http.origins"),
        (&[("HTTP_TRUSTED_PROXIES", "proxy")], "http.trusted_proxies"),
        (
            &[("ADMIN_LISTEN", "127.0.0.1:8080")],
            "another than server.listen",
        ),
        (
            &[("ADMIN_LISTEN", "0.0.0.0:8080")],
            "another than server.listen",
        ),
        (&[("ADMIN_LISTEN", "8081")], "admin.listen"),
        (
            &[("LIMITS_SESSIONS_PER_USER", "0")],
            "limits.sessions_per_user",
        ),
        (&[("LIMITS_BYTES_PER_S", "100")], "limits.bytes_per_s"),
        (&[("BROKER_TTL_S", "0")], "broker.ttl_s"),
        (&[("STRANGERS_EPOCH_S", "0")], "strangers.epoch_s"),
        (&[("DRAIN_URL", "elsewhere")], "drain.url"),
        (&[("DRAIN_URL", "wss://b.example:70000")], "drain.url"),
        (&[("FRIENDS_RADIUS_M", "99.9")], "100 to 50000"),
    ];
    for (set, expected) in cases {
        let set: Vec<_> = set
            .iter()
            .map(|(k, v)| (format!("NEARCAST_{k}"), *v))
            .collect();
        let set: Vec<_> = set.iter().map(|(k, v)| (k.as_str(), *v)).collect();
        let told = variables(&set).expect_err(expected);
        assert!(
            told.iter().any(|line| line.contains(expected)),
            "{expected}: {told:?}"
        );
    }
}

#[test]
fn these_borders_are_right() {
    let cases: &[&[(&str, &str)]] = &[
        &[("BROKER_FLUSH_MS", "0")],
        &[("FRIENDS_RADIUS_M", "100"), ("SERVER_LISTEN", "[::1]:0")],
        &[
            ("FRIENDS_RADIUS_M", "50000"),
            ("ADMIN_LISTEN", "127.0.0.1:8081"),
        ],
        &[
            ("SERVER_LISTEN", "127.0.0.1:0"),
            ("ADMIN_LISTEN", "127.0.0.1:0"),
        ],
        &[
            ("SERVER_LISTEN", "127.9.9.9:80"),
            ("HTTP_TRUSTED_PROXIES", "::1,10.0.0.0/8"),
        ],
        &[
            ("STRANGERS_PRECISION", "12"),
            ("STRANGERS_REACH_PRECISION", "1"),
        ],
        &[
            ("STRANGERS_GRID", "h3"),
            ("STRANGERS_PRECISION", "15"),
            ("STRANGERS_REACH_PRECISION", "0"),
        ],
        &[
            ("SERVER_LISTEN", "0.0.0.0:80"),
            ("SERVER_TLS_ELSEWHERE", "true"),
            ("AUTH_HMAC_SECRET", "0123456789abcdef0123456789abcdef"),
        ],
        &[
            ("SERVER_PUBLIC_URL", "wss://example.com/v1/ws"),
            ("DRAIN_URL", "ws://b.example:8443"),
        ],
        &[
            ("HTTP_ORIGINS", "http://localhost:3000"),
            ("SOCKET_MAX_MESSAGE", "1024"),
        ],
        &[("AUTH_JWKS", "https://example.com/.well-known/jwks.json")],
    ];
    for set in cases {
        let set: Vec<_> = set
            .iter()
            .map(|(k, v)| (format!("NEARCAST_{k}"), *v))
            .collect();
        let set: Vec<_> = set.iter().map(|(k, v)| (k.as_str(), *v)).collect();
        assert!(variables(&set).is_ok(), "{set:?}: {:?}", variables(&set));
    }
}
