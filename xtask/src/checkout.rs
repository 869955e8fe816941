//! The checkout that xtask belongs to, and the commands that run in it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub(crate) struct Checkout {
    root: PathBuf,
    target: PathBuf,
}

impl Checkout {
    /// Finds the root and makes it the current folder, wherever xtask was called from.
    pub(crate) fn enter() -> Result<Self, String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .ok_or("xtask has no parent folder")?
            .to_path_buf();
        env::set_current_dir(&root)
            .map_err(|error| format!("enter {}: {error}", root.display()))?;
        let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
        let target = root.join(target);
        Ok(Self { root, target })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// The cargo that runs xtask, given these space-separated words.
    pub(crate) fn cargo(&self, words: &str) -> Command {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        self.command(Path::new(&cargo), words)
    }

    /// The tests of every package but xtask, and of them what these words choose.
    pub(crate) fn tests(&self, words: &str) -> Command {
        self.of_all("test", words)
    }

    /// What these words choose, built as the tests build it.
    pub(crate) fn build_as_tests(&self, words: &str) -> Command {
        self.of_all("build", words)
    }

    /// Of one package alone everything would be compiled anew, since it has other features then.
    fn of_all(&self, act: &str, words: &str) -> Command {
        let all = "--profile checked --workspace --exclude xtask --locked";
        self.cargo(&format!("{act} {all} {words}"))
    }

    /// A program in the root folder. Nothing that runs here may wait for a keyboard.
    pub(crate) fn command(&self, program: &Path, words: &str) -> Command {
        let mut command = Command::new(program);
        command
            .args(words.split_whitespace())
            .current_dir(&self.root)
            .stdin(Stdio::null());
        command
    }

    /// The commit, marked when files differ from it: a figure without it cannot be repeated.
    pub(crate) fn commit(&self) -> String {
        let git = |words| {
            let output = self.command(Path::new("git"), words).output().ok()?;
            let text = String::from_utf8(output.stdout).ok()?;
            output.status.success().then(|| text.trim().to_owned())
        };
        let Some(commit) = git("rev-parse --short=12 HEAD") else {
            return "unknown".to_owned();
        };
        match git("status --porcelain") {
            Some(changes) if changes.is_empty() => commit,
            _ => format!("{commit} + local changes"),
        }
    }
}
