//! Keys for development, kept in the data directory where the configuration has none.

use std::path::{Path, PathBuf};

use super::kept::kept;
use crate::config::Auth;

const SECRET: &str = "dev-secret";
const SERVER_KEY: &str = "dev-server-key";

/// Which keys are for development only, and where they are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Development {
    pub secret: Option<PathBuf>,
    pub server_key: Option<PathBuf>,
}

impl Development {
    /// Gives a configuration without a key for tokens a secret, and one without server keys a
    /// server key: those in the data directory, made first where there are none.
    ///
    /// # Errors
    /// A sentence, when a file cannot be made or read, or others can read it.
    pub fn complete(auth: &mut Auth, data: &Path) -> Result<Self, String> {
        let mut development = Self::default();
        if auth.hmac_secret.is_empty() && auth.jwks.is_empty() {
            let path = data.join(SECRET);
            auth.hmac_secret = kept(&path)?;
            development.secret = Some(path);
        }
        if auth.server_key.is_empty() {
            let path = data.join(SERVER_KEY);
            auth.server_key = vec![kept(&path)?];
            development.server_key = Some(path);
        }
        Ok(development)
    }
}
