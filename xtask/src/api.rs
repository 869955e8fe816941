//! What `/openapi.json` says, against what a server does: schemathesis makes requests of every
//! route from it, good and bad, alone and one after the other, and checks every answer.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::checkout::Checkout;
use crate::packages;
use crate::run::{last_said, obey};
use crate::server::{self, Server};

const TOOL: &str = "schemathesis";
const VERSION: &str = "4.32.5";
const SERVER_KEY: &str = "a-server-key-for-schemathesis-32";
const SECRET: &str = "a-development-key-for-schemathesis";

/// Draining ends the run for everybody; lines of an import are no bodies that the tool can make.
const LEFT_OUT: [&str; 2] = ["/v1/admin/drain", "/v1/import"];
/// A valid request may be refused for what its fields mean together, and who is erased comes
/// anew with the next PUT.
const CHECKS_LEFT_OUT: &str = "positive_data_acceptance,use_after_free";
/// The line of its summary that counts.
const COUNTED: &str = " generated, ";

/// Runs it; `examples` is what it tries of each route and kind. The figure is its own count.
pub(crate) fn conform(checkout: &Checkout, examples: u64) -> Result<String, String> {
    let tool = install(checkout)?;
    let folder = checkout.target().join(TOOL);
    let data = folder.join("data");
    if data.exists() {
        std::fs::remove_dir_all(&data)
            .map_err(|error| format!("remove {}: {error}", data.display()))?;
    }
    let program = server::program(checkout)?;
    let mut serve = checkout.command(&program, "serve --listen 127.0.0.1:0 --data");
    serve
        .arg(&data)
        .env("NEARCAST_AUTH_SERVER_KEY", SERVER_KEY)
        .env("NEARCAST_AUTH_HMAC_SECRET", SECRET);
    let server = Server::start(serve)?;

    let mut run = checkout.command(&tool, "run --no-color --seed 1 --warnings off");
    run.arg(format!("http://{}/openapi.json", server.address))
        .arg(format!("--header=Authorization: Bearer {SERVER_KEY}"))
        .arg(format!("--max-examples={examples}"))
        .arg(format!("--exclude-checks={CHECKS_LEFT_OUT}"))
        .args(LEFT_OUT.map(|path| format!("--exclude-path={path}")))
        // It keeps what it found in the current folder.
        .current_dir(&folder);
    count(&mut run)
}

/// The program, in an environment of its own: the machine's Python keeps nothing.
fn install(checkout: &Checkout) -> Result<PathBuf, String> {
    let home = checkout.target().join(format!("tools/{TOOL}-{VERSION}"));
    let program = home.join("bin").join(TOOL);
    if !program.exists() {
        packages::ensure("python3", "python3")?;
        packages::ensure_that(can_make_environments, "Python's ensurepip", "python3-venv")?;
        let mut make = checkout.command(Path::new("python3"), "-m venv");
        obey(make.arg(&home))?;
        let words = "install --quiet --disable-pip-version-check";
        let mut pip = checkout.command(&home.join("bin/pip"), words);
        obey(pip.arg(format!("{TOOL}=={VERSION}")))?;
    }
    Ok(program)
}

fn can_make_environments() -> bool {
    let mut python = Command::new("python3");
    python
        .args(["-c", "import ensurepip"])
        .stderr(Stdio::null());
    python.status().is_ok_and(|status| status.success())
}

/// Runs it, shows what it says, and reads how much it tried.
fn count(command: &mut Command) -> Result<String, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let counted = last_said(
        command.stdout(Stdio::piped()),
        |child| child.stdout.take(),
        "",
        |line| line.contains(COUNTED).then(|| line.trim().to_owned()),
    )?;
    counted.ok_or_else(|| format!("{program} did not say what it tried"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(script: &str) -> Result<String, String> {
        count(Command::new("sh").args(["-c", script]))
    }

    #[test]
    fn what_it_tried_is_read_from_its_summary() {
        let summary = "printf 'Test cases:\\n  7 generated, 7 passed\\n'";
        assert_eq!(says(summary).as_deref(), Ok("7 generated, 7 passed"));
    }

    #[test]
    fn a_run_that_failed_or_counted_nothing_is_no_success() {
        assert!(says("echo 7 generated, 1 failed; exit 1").is_err());
        assert!(says("true").is_err());
    }
}
