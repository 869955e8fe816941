//! What the peers need of the system, installed only where it is missing, and said.
//!
//! It must never start a service: each peer is started by the bench, on a port of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::flags::say;
use crate::kept::beside;

/// Says why where it fails. Checks install with it too.
const INSTALL: &str = include_str!("../../../xtask/src/install.sh");

/// Makes sure that a command succeeds, with Debian's packages when it does not.
pub(super) fn debian(try_it: &[&str], packages: &str) -> Result<(), String> {
    if succeeds(try_it) {
        return Ok(());
    }
    let program = try_it.join(" ");
    say("peers", &format!("installing Debian's {packages}"));
    let mut command = Command::new("sh");
    command.args(["-c", INSTALL, "install.sh"]);
    command.args(packages.split_whitespace());
    obey(
        &mut command,
        &format!("`{program}` fails; install {packages}"),
    )?;
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
