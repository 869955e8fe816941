//! What is there for as long as the bench wants it or lives, however that ends: a program, a
//! folder. What is measured need not stop in order.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::placement::{Cores, pin};

/// Keeps a program for as long as its standard input is open.
const KEEPER: &str = r#"
trap '' INT TERM HUP
log=$1; shift
sh -c 'echo $$; exec "$@"' sh "$@" </dev/null 2>>"$log" &
exec >/dev/null
cat >/dev/null
kill -9 $! 2>/dev/null
wait
"#;

/// A file beside this program, where others are built too.
pub(crate) fn beside(name: &str) -> Result<PathBuf, String> {
    let me = std::env::current_exe().map_err(|error| format!("find this program: {error}"))?;
    Ok(me.with_file_name(name))
}

/// What is to be kept; the caller adds arguments and variables.
pub(crate) struct Keep {
    command: Command,
    program: PathBuf,
    log: PathBuf,
}

impl Keep {
    /// What it logs is added to `log`.
    pub(crate) fn new(program: &Path, log: &Path) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", KEEPER, "sh"]).arg(log).arg(program);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        Self {
            command,
            program: program.to_owned(),
            log: log.to_owned(),
        }
    }

    pub(crate) fn args(&mut self, words: impl IntoIterator<Item = impl AsRef<OsStr>>) -> &mut Self {
        self.command.args(words);
        self
    }

    pub(crate) fn command(&mut self) -> &mut Command {
        &mut self.command
    }

    /// Starts it on the server's core and waits for its first line.
    pub(crate) fn start(mut self, cores: Cores) -> Result<Kept, String> {
        pin(cores.server_core)?;
        let spawned = self.command.spawn();
        pin(cores.load_core)?;
        let program = self.program.display();
        let mut keeper = spawned.map_err(|error| format!("start {program}: {error}"))?;
        let stdin = keeper.stdin.take();
        let (mut process, mut said) = (String::new(), String::new());
        if let Some(stdout) = keeper.stdout.take() {
            let mut stdout = BufReader::new(stdout);
            // Either is empty when the program is not there, and that is told by `fault`.
            let _ = stdout.read_line(&mut process);
            let _ = stdout.read_line(&mut said);
        }
        Ok(Kept {
            keeper,
            stdin,
            process: process.trim().parse().unwrap_or(0),
            said,
            log: self.log,
        })
    }
}

pub(crate) struct Kept {
    keeper: Child,
    stdin: Option<ChildStdin>,
    process: u32,
    said: String,
    log: PathBuf,
}

impl Kept {
    pub(crate) fn process(&self) -> u32 {
        self.process
    }

    /// Its first line.
    pub(crate) fn said(&self) -> &str {
        &self.said
    }

    /// When the first line was not what it should be: both ends of what there is to read.
    pub(crate) fn fault(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let last = log.lines().last().unwrap_or("it said nothing");
        format!("its first line is {:?}, its last log {last:?}", self.said)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        drop(self.stdin.take());
        // Fails only when it is gone already.
        let _ = self.keeper.wait();
    }
}

/// Removes a folder when its standard input is closed. Who still writes into it ends in the same
/// moment.
const SWEEPER: &str = r#"
trap '' INT TERM HUP
cat >/dev/null
for try in 1 2 3 4 5; do
    rm -rf "$1" && exit
    sleep 0.2
done 2>/dev/null
"#;

/// A folder that goes with the bench, however that ends.
pub(crate) struct Swept(Child);

impl Swept {
    pub(crate) fn new(folder: &Path) -> Result<Self, String> {
        let failed = |error| format!("make the folder {}: {error}", folder.display());
        fs::create_dir_all(folder).map_err(failed)?;
        let mut command = Command::new("sh");
        command.args(["-c", SWEEPER, "sh"]).arg(folder);
        command.stdin(Stdio::piped()).stdout(Stdio::null());
        command.spawn().map(Self).map_err(failed)
    }
}

impl Drop for Swept {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // Fails only when it is gone already.
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_goes_when_it_is_let_go() {
        let cores = Cores {
            server_core: 0,
            load_core: 0,
        };
        let mut keep = Keep::new(Path::new("sh"), Path::new("/dev/null"));
        keep.args(["-c", "echo here; exec sleep 600"]);
        let kept = keep.start(cores).unwrap();
        let process = kept.process();
        assert_eq!(kept.said(), "here\n");
        assert!(crate::process::cpu(process).is_ok());
        drop(kept);
        assert!(crate::process::cpu(process).is_err());
    }

    #[test]
    fn a_folder_goes_with_what_is_in_it() {
        let name = format!("nearcast-swept-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let swept = Swept::new(&folder).unwrap();
        fs::write(folder.join("file"), "text").unwrap();
        drop(swept);
        assert!(!folder.exists());
    }
}
