//! Keys that are made once and kept in a file.
//!
//! They are readable by their owner only, never change once they are there, and are never logged.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::folder;

use super::MIN_SECRET;

/// Most bytes of a key's file.
const MAX_FILE: u64 = 4096;

/// The key in a file, as text: 32 random bytes in URL-safe base64 where nobody wrote another. When
/// several make it at once, all get that of the first.
///
/// # Errors
/// A sentence, when the file cannot be made or read, or others can read it.
pub fn kept(path: &Path) -> Result<String, String> {
    if let Some(key) = found(path)? {
        return Ok(key);
    }
    create(path).map_err(|error| format!("create {}: {error}", path.display()))?;
    found(path)?.ok_or_else(|| format!("{} has been removed", path.display()))
}

/// The key in a file, if there is one.
pub(super) fn found(path: &Path) -> Result<Option<String>, String> {
    match File::open(path) {
        Ok(file) => read(path, file).map(Some),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("open {}: {error}", path.display())),
    }
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
    let mut bytes = Vec::new();
    file.take(MAX_FILE)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    let key = str::from_utf8(&bytes).unwrap_or_default().trim();
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
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    folder::make(folder)?;
    let beside = path.with_extension(random::<8>()?);
    let written = write(&beside).and_then(|()| std::fs::hard_link(&beside, path));
    let removed = std::fs::remove_file(&beside);
    match written {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
        Ok(()) => removed.and_then(|()| File::open(folder)?.sync_all()),
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
