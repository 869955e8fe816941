//! Debian packages that a check or a bench needs, installed only where the program is missing.
//!
//! It must never start a service: only the programs are wanted, each user starts its own.

use std::env;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::run::obey;

/// Debian asks this program before a package may start its service; 101 means no.
const POLICY: &str = "/usr/sbin/policy-rc.d";

/// Makes sure that `program` is on the path, from Debian's `package` when it is not.
pub(crate) fn ensure(program: &str, package: &str) -> Result<String, String> {
    ensure_that(|| on_path(program), program, package)
}

/// The same for what is found in another way than by a program of its name.
pub(crate) fn ensure_that(
    is_there: impl Fn() -> bool,
    what: &str,
    package: &str,
) -> Result<String, String> {
    if is_there() {
        return Ok(format!("{what} is there"));
    }
    if !on_path("apt-get") {
        return Err(format!(
            "{what} is missing and there is no apt-get here: install it by your system's means (Debian: {package})"
        ));
    }
    if !is_root() {
        return Err(format!(
            "{what} is missing and only root may install it: run `apt-get install {package}` as root"
        ));
    }
    eprintln!("   {what} is missing: installing Debian's {package}");
    let _policy = NoServices::enforce(Path::new(POLICY))?;
    apt("update")?;
    apt(&format!("install -y --no-install-recommends {package}"))?;
    if is_there() {
        Ok(format!("{package} installed"))
    } else {
        Err(format!("{package} is installed, but brought no {what}"))
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
    /// The policy that was written for it, and goes with it.
    ours: Option<PathBuf>,
}

impl NoServices {
    fn enforce(policy: &Path) -> Result<Self, String> {
        if policy.exists() {
            return Ok(Self { ours: None });
        }
        let ours = Some(policy.to_path_buf());
        let guard = Self { ours };
        fs::write(policy, "#!/bin/sh\nexit 101\n")
            .and_then(|()| fs::set_permissions(policy, Permissions::from_mode(0o755)))
            .map_err(|error| {
                let policy = policy.display();
                format!("forbid services to start: write {policy}: {error}")
            })?;
        Ok(guard)
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        if let Some(policy) = &self.ours
            && let Err(error) = fs::remove_file(policy)
        {
            let policy = policy.display();
            eprintln!("xtask: remove {policy}, which forbids services to start: {error}");
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

    #[test]
    fn the_policy_against_services_goes_when_the_installation_ends() {
        let name = format!("nearcast-policy-{}", std::process::id());
        let policy = env::temp_dir().join(name);
        let guard = NoServices::enforce(&policy).unwrap();
        let verdict = Command::new("sh").arg(&policy).status().unwrap();
        assert_eq!(verdict.code(), Some(101));

        drop(NoServices::enforce(&policy).unwrap());
        assert!(policy.exists(), "it is not the second one's to remove");
        drop(guard);
        assert!(!policy.exists());
    }
}
