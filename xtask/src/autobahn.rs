//! The conformance cases of Autobahn against the echo server, which speaks the production codec.
//!
//! The suite is written for Python 2.7 and nothing else. Where that is missing the step is skipped
//! and says so: it must never install a Python.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::checkout::Checkout;
use crate::run::obey;
use crate::server::Server;

const SUITE: &str = "autobahntestsuite";
const VERSION: &str = "25.10.1";

/// All cases of this version but those of compression, which is never negotiated.
const CASES: usize = 301;
const LEFT_OUT: [&str; 2] = ["12.*", "13.*"];

/// What a case may end with; the second is for what the RFC leaves open.
const GOOD: [&str; 2] = ["OK", "INFORMATIONAL"];

const AGENT: &str = "nearcast";

/// Runs every case; the figure counts them by outcome.
pub(crate) fn conform(checkout: &Checkout) -> Result<String, String> {
    let Some(python) = python() else {
        return Ok("skipped: there is no Python 2.7 on the path or in pyenv".to_owned());
    };
    let suite = install(checkout, &python)?;
    obey(&mut checkout.build_as_tests("--example echo"))?;
    let program = checkout.target().join("checked/examples/echo");
    let server = Server::start(checkout.command(&program, "--listen 127.0.0.1:0"))?;
    let url = format!("ws://{}", server.address);

    let folder = checkout.target().join("autobahn");
    let report = folder.join("report");
    if report.exists() {
        fs::remove_dir_all(&report)
            .map_err(|error| format!("remove {}: {error}", report.display()))?;
    }
    let spec = folder.join("spec.json");
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(&spec, specification(&url, &report)))
        .map_err(|error| format!("write {}: {error}", spec.display()))?;
    let mut run = suite_command(checkout, &python, &suite);
    run.args([
        "-m",
        "autobahntestsuite.wstest",
        "-m",
        "fuzzingclient",
        "-s",
    ])
    .arg(&spec);
    obey(&mut run)?;

    let index = report.join("index.json");
    let index =
        fs::read_to_string(&index).map_err(|error| format!("read {}: {error}", index.display()))?;
    verdict(&index)
}

/// A Python 2.7 of the path or of pyenv.
fn python() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).map(|folder| folder.join("python2.7"));
    let home = || Some(PathBuf::from(env::var_os("HOME")?).join(".pyenv"));
    let pyenv = env::var_os("PYENV_ROOT").map(PathBuf::from).or_else(home);
    let versions = pyenv.and_then(|root| fs::read_dir(root.join("versions")).ok());
    let of_pyenv = versions
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin/python2.7"));
    // A shim of pyenv is there for versions that are not chosen, and then does not run.
    on_path.chain(of_pyenv).find(|python| runs(python))
}

fn runs(python: &Path) -> bool {
    let mut command = Command::new(python);
    command.arg("--version").stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// The folder of the suite, installed first where this version is not there yet. It is Python's
/// folder for a user's own packages, moved to the tools: the machine's Python keeps nothing.
fn install(checkout: &Checkout, python: &Path) -> Result<PathBuf, String> {
    let tools = checkout.target().join("tools");
    let suite = tools.join(format!("{SUITE}-{VERSION}"));
    if !suite.join("bin/wstest").exists() {
        let mut pip = suite_command(checkout, python, &suite);
        pip.args("-m pip install --user --quiet --no-warn-script-location".split(' '))
            .arg("--disable-pip-version-check")
            .arg(format!("{SUITE}=={VERSION}"));
        obey(&mut pip)?;
    }
    Ok(suite)
}

fn suite_command(checkout: &Checkout, python: &Path, suite: &Path) -> Command {
    let mut command = checkout.command(python, "");
    command.env("PYTHONUSERBASE", suite);
    command
}

fn specification(url: &str, report: &Path) -> String {
    json!({
        "outdir": report,
        "servers": [{ "agent": AGENT, "url": url }],
        "cases": ["*"],
        "exclude-cases": LEFT_OUT,
        "exclude-agent-cases": {},
    })
    .to_string()
}

/// Counts the outcomes in the suite's `index.json`; names the cases that did not end well.
fn verdict(index: &str) -> Result<String, String> {
    let index: Value =
        serde_json::from_str(index).map_err(|error| format!("read index.json: {error}"))?;
    let cases = index[AGENT]
        .as_object()
        .ok_or_else(|| format!("index.json has no cases of {AGENT}"))?;
    let mut counts = BTreeMap::<&str, usize>::new();
    let mut bad = Vec::new();
    for (case, outcome) in cases {
        let [behavior, close] = ["behavior", "behaviorClose"]
            .map(|field| outcome[field].as_str().unwrap_or("nothing said"));
        *counts.entry(behavior).or_default() += 1;
        if ![behavior, close].iter().all(|word| GOOD.contains(word)) {
            bad.push(format!("{case}: {behavior}, close {close}"));
        }
    }
    if !bad.is_empty() {
        return Err(format!("not conforming: {}", bad.join("; ")));
    }
    if cases.len() != CASES {
        return Err(format!("{} of {CASES} cases were run", cases.len()));
    }
    let counts: Vec<String> = counts
        .iter()
        .map(|(word, count)| format!("{count} {word}"))
        .collect();
    Ok(format!("{} cases: {}", cases.len(), counts.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(outcome: &[&str; 2], cases: usize) -> String {
        let case = json!({ "behavior": outcome[0], "behaviorClose": outcome[1] });
        let good = json!({ "behavior": "OK", "behaviorClose": "OK" });
        let mut all: serde_json::Map<String, Value> = (1..cases)
            .map(|number| (format!("1.{number}"), good.clone()))
            .collect();
        all.insert("7.1.6".to_owned(), case);
        json!({ AGENT: all }).to_string()
    }

    #[test]
    fn a_run_without_a_bad_case_is_counted() {
        let said = verdict(&index(&["INFORMATIONAL", "INFORMATIONAL"], CASES));
        assert_eq!(said.as_deref(), Ok("301 cases: 1 INFORMATIONAL, 300 OK"));
    }

    #[test]
    fn one_bad_case_fails_the_run_and_is_named() {
        for outcome in [["FAILED", "OK"], ["NON-STRICT", "OK"], ["OK", "WRONG CODE"]] {
            let why = verdict(&index(&outcome, CASES)).unwrap_err();
            let [behavior, close] = outcome;
            assert_eq!(
                why,
                format!("not conforming: 7.1.6: {behavior}, close {close}")
            );
        }
    }

    #[test]
    fn a_run_that_stopped_early_has_failed() {
        let why = verdict(&index(&["OK", "OK"], 40)).unwrap_err();
        assert_eq!(why, "40 of 301 cases were run");
    }
}
