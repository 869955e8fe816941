//! Keys for development, kept in the data directory where the configuration has none.

use std::path::{Path, PathBuf};

use super::kept::{found, kept};
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
        if lacks_secret(auth) {
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

    /// The secret of the server that a configuration is of, for who signs tokens for it.
    ///
    /// # Errors
    /// A sentence, when that server has made none, or others can read it.
    pub fn find_secret(auth: &mut Auth, data: &Path) -> Result<(), String> {
        if lacks_secret(auth) {
            auth.hmac_secret = made(&data.join(SECRET))?;
        }
        Ok(())
    }

    /// The same with a server key, for who asks it something. Answers the file that it is from,
    /// if the configuration has none.
    ///
    /// # Errors
    /// A sentence, when that server has made none, or others can read it.
    pub fn find_server_key(auth: &mut Auth, data: &Path) -> Result<Option<PathBuf>, String> {
        if !auth.server_key.is_empty() {
            return Ok(None);
        }
        let path = data.join(SERVER_KEY);
        auth.server_key = vec![made(&path)?];
        Ok(Some(path))
    }
}

fn lacks_secret(auth: &Auth) -> bool {
    auth.hmac_secret.is_empty() && auth.jwks.is_empty()
}

fn made(path: &Path) -> Result<String, String> {
    found(path)?.ok_or_else(|| {
        let path = path.display();
        format!("no server has made {path}: name the --data or --config of the one you mean")
    })
}
