//! Where public keys come from: a file, or a URL.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::fetch::Endpoint;
use super::public_keys::PublicKeys;

/// Most bytes of a JWKS.
pub(super) const MAX_BYTES: usize = 1 << 20;

/// How often a file is looked at.
const FILE_EVERY: Duration = Duration::from_secs(2);

pub(super) enum Source {
    File(PathBuf),
    Url(Box<Endpoint>),
}

impl Source {
    pub(super) fn parse(jwks: &str) -> Result<Self, String> {
        if jwks.contains("://") {
            return Endpoint::parse(jwks).map(|endpoint| Self::Url(Box::new(endpoint)));
        }
        Ok(Self::File(PathBuf::from(jwks)))
    }

    /// The keys that can be had without waiting for anybody: those of a file.
    pub(super) fn at_once(&self) -> Result<PublicKeys, String> {
        match self {
            Self::File(path) => PublicKeys::parse(&read(path)?)
                .map_err(|fault| format!("{}: {fault}", path.display())),
            Self::Url(_) => Ok(PublicKeys::default()),
        }
    }

    pub(super) async fn keys(&self) -> Result<PublicKeys, String> {
        match self {
            Self::File(path) => {
                let file = Self::File(path.clone());
                tokio::task::spawn_blocking(move || file.at_once())
                    .await
                    .map_err(|error| error.to_string())?
            }
            Self::Url(endpoint) => {
                let json = endpoint.get(MAX_BYTES).await;
                json.and_then(|json| PublicKeys::parse(&json))
                    .map_err(|fault| format!("{endpoint}: {fault}"))
            }
        }
    }

    pub(super) fn is_url(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Url(one), Self::Url(other)) if one.is(other))
    }

    /// How long to wait before it is asked again.
    pub(super) fn every(&self, configured: Duration) -> Duration {
        match self {
            Self::File(_) => configured.min(FILE_EVERY),
            Self::Url(_) => configured,
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let failed = |error| format!("read {}: {error}", path.display());
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes))
        .map_err(failed)?;
    if bytes.len() > MAX_BYTES {
        return Err(format!(
            "{} has more than {MAX_BYTES} bytes",
            path.display()
        ));
    }
    Ok(bytes)
}
