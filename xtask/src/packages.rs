//! Debian packages that a check or a bench needs, installed only where the program is missing.
//!
//! It must never start a service: only the programs are wanted, each user starts its own.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::run::obey;

/// Debian asks this program before a package may start its service; 101 means no.
const POLICY: &str = "/usr/sbin/policy-rc.d";

/// Makes sure that `program` is on the path, from Debian's `package` when it is not.
pub(crate) fn ensure(program: &str, package: &str) -> Result<String, String> {
    if on_path(program) {
        return Ok(format!("{program} is there"));
    }
    if !on_path("apt-get") {
        return Err(format!(
            "{program} is missing and there is no apt-get here: install it by your system's means (Debian: {package})"
        ));
    }
    if !is_root() {
        return Err(format!(
            "{program} is missing and only root may install it: run `apt-get install {package}` as root"
        ));
    }
    eprintln!("   {program} is missing: installing Debian's {package}");
    let _policy = NoServices::enforce()?;
    apt("update")?;
    apt(&format!("install -y --no-install-recommends {package}"))?;
    if on_path(program) {
        Ok(format!("{package} installed"))
    } else {
        Err(format!("{package} is installed, but brought no {program}"))
    }
}

fn on_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn apt(words: &str) -> Result<(), String> {
    let mut command = Command::new("apt-get");
    command
        .arg("-qq")
        .args(words.split_whitespace())
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null());
    obey(&mut command)
}

/// While it lives, installing a package starts nothing. A policy that is already there stays.
struct NoServices {
    ours: bool,
}

impl NoServices {
    fn enforce() -> Result<Self, String> {
        let policy = Path::new(POLICY);
        if policy.exists() {
            return Ok(Self { ours: false });
        }
        let guard = Self { ours: true };
        fs::write(policy, "#!/bin/sh\nexit 101\n")
            .and_then(|()| fs::set_permissions(policy, fs::Permissions::from_mode(0o755)))
            .map_err(|error| format!("forbid services to start: write {POLICY}: {error}"))?;
        Ok(guard)
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        if self.ours
            && let Err(error) = fs::remove_file(POLICY)
        {
            eprintln!("xtask: remove {POLICY}, which forbids services to start: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_there_is_not_installed() {
        assert_eq!(ensure("sh", "no-such-package").unwrap(), "sh is there");
    }

    #[test]
    fn a_program_that_is_not_there_is_seen() {
        assert!(!on_path("nearcast-no-such-program"));
    }
}
