//! Keys of this server that nobody else needs: random ones, and the one that aliases and cursors
//! are made with, which is kept so that they hold across a restart.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

pub(super) fn random<const N: usize>() -> Result<[u8; N], String> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| format!("draw a random key: {error}"))?;
    Ok(bytes)
}

/// The key in the data directory; made at the first start, for its owner's eyes only.
pub(super) fn kept(data: &Path) -> Result<[u8; 32], String> {
    let path = data.join("world-key");
    let failed = |error: std::io::Error| format!("keep the key {}: {error}", path.display());
    match std::fs::read(&path) {
        Ok(bytes) => {
            return bytes
                .try_into()
                .map_err(|_| format!("read the key {}: it has not 32 bytes", path.display()));
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    let key = random()?;
    // Written aside and renamed: a key is there whole or not at all.
    let draft = data.join("world-key.new");
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)
        .map_err(failed)?;
    file.write_all(&key)
        .and_then(|()| file.sync_all())
        .and_then(|()| std::fs::rename(&draft, &path))
        .map_err(failed)?;
    Ok(key)
}
