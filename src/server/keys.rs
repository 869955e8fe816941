//! Keys of this server that nobody else needs: random ones, and the one that aliases and cursors
//! are made with, which is kept so that those of before a restart are understood after it.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::auth;

pub(super) fn random<const N: usize>() -> Result<[u8; N], String> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| format!("draw a random key: {error}"))?;
    Ok(bytes)
}

/// What tells this data directory from every other: a word drawn at the first start, and where the
/// file with it lies, which of a copy is elsewhere, unless the whole machine is one.
pub(super) fn directory(data: &Path) -> Result<String, String> {
    let path = data.join("instance");
    let word = auth::kept(&path)?;
    let file = path
        .metadata()
        .map_err(|error| format!("read {}: {error}", path.display()))?;
    Ok(format!("{word}/{}.{}", file.dev(), file.ino()))
}

/// The key in the data directory, made at the first start.
pub(super) fn kept(data: &Path) -> Result<[u8; 32], String> {
    let path = data.join("world-key");
    let key = URL_SAFE_NO_PAD.decode(auth::kept(&path)?).ok();
    key.and_then(|key| key.try_into().ok()).ok_or_else(|| {
        format!(
            "{} holds no 32 bytes in base64: delete it to get a new key",
            path.display()
        )
    })
}

/// The next half of what was drawn.
pub(super) fn half(random: &mut [u8; 32]) -> [u8; 16] {
    let half = random[..16].try_into().expect("half of 32 bytes");
    random.rotate_left(16);
    half
}
