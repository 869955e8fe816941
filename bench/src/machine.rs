//! What a figure was measured on: processor, cores, commit.

use std::fs;
use std::process::Command;
use std::time::SystemTime;

use crate::kept::beside;

pub(crate) struct Machine {
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) commit: String,
}

impl Machine {
    pub(crate) fn read() -> Self {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        Self {
            cpu: model(&cpuinfo).unwrap_or("unknown").to_owned(),
            cores: processors(&cpuinfo),
            commit: commit().unwrap_or_else(|| "unknown".to_owned()),
        }
    }
}

/// The name of the first processor.
fn model(cpuinfo: &str) -> Option<&str> {
    let mut lines = cpuinfo.lines();
    let line = lines.find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim())
}

/// All of the machine's, also when this process is held to one.
fn processors(cpuinfo: &str) -> usize {
    let lines = cpuinfo.lines();
    let count = lines.filter(|line| line.starts_with("processor")).count();
    count.max(1)
}

/// The commit of the sources, marked when files differ from it or a program is of before it.
fn commit() -> Option<String> {
    let commit = git(&["rev-parse", "--short=12", "HEAD"])?;
    let clean = git(&["status", "--porcelain"])?.is_empty();
    let since_s: u64 = git(&["log", "-1", "--format=%ct"])?.parse().ok()?;
    let is_older = ["nearcast-bench", "nearcast"]
        .iter()
        .any(|program| built_at_s(program).is_some_and(|built_s| built_s < since_s));
    let mark = match (clean, is_older) {
        (false, _) => " + local changes",
        (true, true) => ", built before it",
        (true, false) => "",
    };
    Some(commit + mark)
}

/// Seconds since 1970.
fn built_at_s(program: &str) -> Option<u64> {
    let built = fs::metadata(beside(program).ok()?).ok()?.modified().ok()?;
    let since_1970 = built.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(since_1970.as_secs())
}

fn git(words: &[&str]) -> Option<String> {
    let sources = env!("CARGO_MANIFEST_DIR");
    let mut git = Command::new("git");
    let output = git.args(["-C", sources]).args(words).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_processor_names_the_machine() {
        let cpuinfo = "processor\t: 0\nmodel name\t: A Chip 9000\nmodel name\t: Another\n";
        assert_eq!(model(cpuinfo), Some("A Chip 9000"));
        assert_eq!(model("Features : fp asimd"), None);
        assert_eq!((processors(cpuinfo), processors("")), (1, 1));
    }
}
