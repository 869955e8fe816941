//! The data directory is one server's.

use std::fs::{File, TryLockError};
use std::path::Path;

use crate::folder;

/// Two servers on one directory would each show what was withdrawn at the other. It is locked for
/// as long as the file lives.
pub(super) fn lock(data: &Path) -> Result<File, String> {
    let path = data.join("lock");
    let failed = |error: std::io::Error| format!("lock {}: {error}", path.display());
    folder::make(data)
        .map_err(|error| format!("make the data directory {}: {error}", data.display()))?;
    let file = File::create(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(format!(
            "another nearcast runs on the data directory {}",
            data.display()
        )),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}
