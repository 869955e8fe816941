//! Where a command finds the configuration: a file, variables, flags.

use std::path::PathBuf;

use nearcast::config::{Config, Flags};

use super::{USAGE, complain};

/// Reads and checks the configuration; where it is wrong, says everything that is, and returns
/// the exit status.
pub(crate) fn load(file: Option<&PathBuf>, flags: &Flags) -> Result<Config, u8> {
    let loaded = Config::load(file.map(PathBuf::as_path), std::env::vars_os(), flags);
    loaded.map_err(|faults| {
        for fault in faults.iter() {
            complain(&fault.to_string());
        }
        USAGE
    })
}
