//! What the peers need of the system, installed only where it is missing, and said.
//!
//! It must never start a service: each peer is started by the bench, on a port of its own.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::flags::say;
use crate::kept::beside;

/// Debian asks this program before a package may start its service; 101 means no.
const POLICY: &str = "/usr/sbin/policy-rc.d";

/// Makes sure that a command succeeds, with Debian's packages when it does not.
pub(super) fn debian(try_it: &[&str], packages: &str) -> Result<(), String> {
    if succeeds(try_it) {
        return Ok(());
    }
    let program = try_it.join(" ");
    if !succeeds(&["apt-get", "--version"]) {
        return Err(format!(
            "`{program}` fails and there is no apt-get here: install it by your system's means (Debian: {packages})"
        ));
    }
    say("peers", &format!("installing Debian's {packages}"));
    let _policy = NoServices::enforce()?;
    apt("update")?;
    apt(&format!("install -y --no-install-recommends {packages}"))?;
    match succeeds(try_it) {
        true => Ok(()),
        false => Err(format!("{packages} are installed, and `{program}` fails")),
    }
}

/// Whether a command is there and ends well.
fn succeeds(words: &[&str]) -> bool {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]);
    // Erlang would leave a file behind when something is missing.
    command.env("ERL_CRASH_DUMP", "/dev/null");
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn apt(words: &str) -> Result<(), String> {
    let mut command = Command::new("apt-get");
    command.arg("-qq").args(words.split_whitespace());
    command.env("DEBIAN_FRONTEND", "noninteractive");
    obey(&mut command, &format!("apt-get {words}"))
}

/// Node's packages of a folder, as its lock file has them, without their own scripts.
pub(super) fn npm(folder: &Path) -> Result<(), String> {
    debian(&["npm", "--version"], "nodejs npm")?;
    let lock = folder.join("package-lock.json");
    // Taken once it is complete.
    let done = folder.join("installed.json");
    let wanted = fs::read(&lock).map_err(|error| format!("read {}: {error}", lock.display()))?;
    if fs::read(&done).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    say("peers", &format!("npm ci in {}", folder.display()));
    let mut command = Command::new("npm");
    command.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    command.current_dir(folder);
    obey(&mut command, "npm ci")?;
    fs::write(&done, wanted).map_err(|error| format!("write {}: {error}", done.display()))
}

/// Runs a command and keeps what it says for when it fails.
pub(super) fn obey(command: &mut Command, name: &str) -> Result<(), String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{name}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned()
        + &String::from_utf8_lossy(&output.stdout);
    Err(format!("{name}: {}", telling(&said)))
}

/// The line that says what is wrong.
fn telling(said: &str) -> &str {
    let lines = || said.lines().map(str::trim).filter(|line| !line.is_empty());
    let error = lines().find(|line| line.to_lowercase().contains("error"));
    error
        .or_else(|| lines().next_back())
        .unwrap_or("it said nothing")
}

/// A folder beside this program, where a peer's files are kept from run to run.
pub(super) fn folder(name: &str) -> Result<PathBuf, String> {
    let folder = beside("peers")?.join(name);
    fs::create_dir_all(&folder)
        .map_err(|error| format!("make the folder {}: {error}", folder.display()))?;
    Ok(folder)
}

/// Writes a peer's files.
pub(super) fn write(folder: &Path, files: &[(&str, &str)]) -> Result<(), String> {
    for (name, text) in files {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| format!("write {}: {error}", path.display()))?;
    }
    Ok(())
}

/// While it lives, installing a package starts nothing. A policy that is already there stays.
struct NoServices {
    is_ours: bool,
}

impl NoServices {
    fn enforce() -> Result<Self, String> {
        let policy = Path::new(POLICY);
        if policy.exists() {
            return Ok(Self { is_ours: false });
        }
        let guard = Self { is_ours: true };
        fs::write(policy, "#!/bin/sh\nexit 101\n")
            .and_then(|()| fs::set_permissions(policy, Permissions::from_mode(0o755)))
            .map_err(|error| {
                format!("install as root: forbid services to start: write {POLICY}: {error}")
            })?;
        Ok(guard)
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        if self.is_ours
            && let Err(error) = fs::remove_file(POLICY)
        {
            eprintln!("peers: remove {POLICY}, which forbids services to start: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_not_installed() {
        debian(&["sh", "-c", "exit 0"], "no-such-package").unwrap();
    }

    #[test]
    fn a_failure_is_told_with_its_reason() {
        let mut command = Command::new("sh");
        command.args([
            "-c",
            "echo working; echo 'Error: no such thing' >&2; exit 1",
        ]);
        let failed = obey(&mut command, "make it").unwrap_err();
        assert_eq!(failed, "make it: Error: no such thing");
        assert_eq!(telling("one\ntwo\n\n"), "two");
        assert_eq!(telling(""), "it said nothing");
        assert!(!succeeds(&["nearcast-no-such-program"]));
    }
}
