//! Keys for development, generated into the data directory where the configuration has none.
//!
//! They are readable by their owner only, never change once they are there, and are never logged.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::MIN_SECRET;
use crate::config::Auth;

const SECRET: &str = "dev-secret";
const SERVER_KEY: &str = "dev-server-key";

/// Most bytes of a key's file.
const MAX_FILE: u64 = 4096;

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

/// The key in a file; when several make it at once, all get that of the first.
fn kept(path: &Path) -> Result<String, String> {
    match File::open(path) {
        Ok(file) => return read(path, file),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(format!("open {}: {error}", path.display())),
    }
    create(path).map_err(|error| format!("create {}: {error}", path.display()))?;
    let file = File::open(path).map_err(|error| format!("open {}: {error}", path.display()))?;
    read(path, file)
}

fn read(path: &Path, file: File) -> Result<String, String> {
    let failed = |error| format!("read {}: {error}", path.display());
    let mode = file.metadata().map_err(failed)?.mode();
    if mode & 0o077 != 0 {
        return Err(format!(
            "{} holds a key and others can read it (mode {:04o}): make it 0600, or delete it to \
             get a new one",
            path.display(),
            mode & 0o7777
        ));
    }
    let mut key = String::new();
    file.take(MAX_FILE)
        .read_to_string(&mut key)
        .map_err(failed)?;
    let key = key.trim();
    if key.len() < MIN_SECRET || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(format!(
            "{} holds no key of at least {MIN_SECRET} bytes: delete it to get a new one",
            path.display()
        ));
    }
    Ok(key.to_owned())
}

/// Written whole beside it first: whoever finds the file finds a key in it.
fn create(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    if !folder.as_os_str().is_empty() {
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700).create(folder)?;
    }
    let beside = path.with_extension(random::<8>()?);
    let written = write(&beside).and_then(|()| std::fs::hard_link(&beside, path));
    let removed = std::fs::remove_file(&beside);
    match written {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
        Ok(()) => removed,
    }
}

fn write(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    writeln!(file, "{}", random::<32>()?)?;
    file.sync_all()
}

fn random<const BYTES: usize>() -> std::io::Result<String> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
