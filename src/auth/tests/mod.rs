//! Claims about credentials, with real keys, files and servers.

mod algorithms;
mod claims;
mod configuration;
mod development;
mod fetching;
mod pair;
mod rotation;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use super::{Claims, Rejected, Verifier};
use crate::config::Auth;
use crate::wire::UserId;
use pair::Pair;

const SECRET: &str = "a secret of more than thirty-two bytes";

/// Some day in 2026.
const NOW_S: u64 = 1_795_000_000;
const NOW_MS: u64 = NOW_S * 1000;

fn secret() -> Auth {
    Auth {
        hmac_secret: SECRET.to_owned(),
        ..Auth::default()
    }
}

fn published(jwks: &str) -> Auth {
    Auth {
        jwks: jwks.to_owned(),
        ..Auth::default()
    }
}

fn verifier(auth: &Auth) -> Arc<Verifier> {
    Verifier::new(auth).unwrap()
}

/// Ann's claims for an hour from now.
fn hour() -> Value {
    json!({"sub": "ann", "exp": NOW_S + 3600})
}

fn ann() -> Claims {
    Claims {
        user: UserId::new("ann").unwrap(),
        expires_ms: NOW_MS + 3_600_000,
        strangers: false,
        pool: String::new(),
    }
}

/// Claims changed by others; `null` takes one away.
fn with(changes: Value) -> Value {
    let mut claims = hour();
    for (claim, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => claims.as_object_mut().unwrap().remove(claim),
            value => claims
                .as_object_mut()
                .unwrap()
                .insert(claim.clone(), value.clone()),
        };
    }
    claims
}

/// What a verifier with these settings says to claims signed with its secret.
fn said(auth: &Auth, claims: Value) -> Result<Claims, Rejected> {
    verifier(auth).token(&Pair::secret(SECRET).sign(&claims), NOW_MS)
}

fn jwks(keys: &[&Pair]) -> Vec<u8> {
    let keys: Vec<_> = keys.iter().map(|pair| pair.jwk()).collect();
    serde_json::to_vec(&json!({ "keys": keys })).unwrap()
}

/// A folder of its own, gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("nearcast-auth-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Exchanges a file in one step.
    fn put(&self, name: &str, bytes: &[u8]) -> String {
        std::fs::write(self.at("new"), bytes).unwrap();
        std::fs::rename(self.at("new"), self.at(name)).unwrap();
        self.at(name).to_str().unwrap().to_owned()
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
