//! The tool as it is typed, what it says while it runs, and what its report says.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::server::{server_program, words};

/// A folder that goes with it.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("nearcast-loadgen-test-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn loadgen() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nearcast-loadgen"));
    command.env_remove("NEARCAST_AUTH_HMAC_SECRET");
    command.env_remove("NEARCAST_AUTH_SERVER_KEY");
    command
}

/// Two dozen people who are all near each other, all friends of a few, moving every second, in
/// JSON.
pub(crate) const HAMLET: &str = r#"
title = "A hamlet"
people = 24
district = 24
[friends]
kind = "fixed"
mean = 6
[place]
radius_m = 800
[movement]
walk = 0.0
bus = 0.0
car = 1.0
still = 0.0
move_every_s = 1
stops_every_s = 86400
[sessions]
arrive_over_s = 1
json = 1.0
"#;

/// The same with more people. The kernel counts processor time in hundredths of a second: below
/// some 200 a server may have used none.
pub(crate) fn hamlet_of(people: u32) -> String {
    HAMLET.replace("people = 24", &format!("people = {people}"))
}

/// What a run is asked when nothing else is: a machine may be slow for seconds, and neither the
/// tool nor the server is to be blamed for it.
const PATIENT: [[&str; 2]; 2] = [["--lateness", "10s"], ["--freshness", "8s"]];

/// A process that does not outlive its test.
struct Running(Option<Child>);

impl Running {
    fn child(&self) -> &Child {
        self.0.as_ref().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A run that goes on.
pub(crate) struct Playing {
    running: Running,
    said: BufReader<ChildStderr>,
    folder: Folder,
}

impl Playing {
    pub(crate) fn with(scenario: &str, more: &[&str]) -> Self {
        let folder = Folder::new();
        let file = folder.write("scenario.toml", scenario);
        Self::typed(folder, &["run", &file], more)
    }

    pub(crate) fn against(address: &str, scenario: &str, more: &[&str]) -> Self {
        let words = words(address);
        let words = words.each_ref().map(String::as_str);
        Self::with(scenario, &[&words[..], more].concat())
    }

    /// What is typed, with a report and patience where `more` says nothing about it.
    pub(crate) fn typed(folder: Folder, words: &[&str], more: &[&str]) -> Self {
        let unasked = PATIENT.iter().filter(|[name, _]| !more.contains(name));
        let mut child = loadgen()
            .args(words)
            .arg("--report")
            .arg(folder.0.join("out"))
            .args(unasked.flatten())
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stderr.take().unwrap());
        Self {
            running: Running(Some(child)),
            said,
            folder,
        }
    }

    /// Waits until so many seconds of the run are over, and everybody is there. A line is said for
    /// each.
    pub(crate) fn second(&mut self, second: u32, people: u32) {
        let there = format!("  {people} connected  ");
        let mut said = String::new();
        loop {
            let before = said.len();
            self.said.read_line(&mut said).unwrap();
            let line = &said[before..];
            assert!(!line.is_empty(), "it has ended: {said}");
            let at = line.split(" s  ").next().and_then(|at| at.parse().ok());
            if at.is_some_and(|at: u32| at >= second) && line.contains(&there) {
                return;
            }
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(self.running.child()), signal).unwrap();
    }

    pub(crate) fn goes_on(&mut self) -> bool {
        let child = self.running.0.as_mut().unwrap();
        child.try_wait().unwrap().is_none()
    }

    /// Processes that it has started.
    pub(crate) fn children(&self) -> Vec<Pid> {
        let id = self.running.child().id();
        let tasks = std::fs::read_dir(format!("/proc/{id}/task")).unwrap();
        let of_task =
            tasks.map(|task| std::fs::read_to_string(task.unwrap().path().join("children")));
        let all: Vec<String> = of_task.map(Result::unwrap).collect();
        let ids = all.iter().flat_map(|of_one| of_one.split_whitespace());
        ids.filter_map(|id| Pid::from_raw(id.parse().unwrap()))
            .collect()
    }

    pub(crate) fn ended(mut self) -> Ran {
        // Read to its end, or the tool would wait for who listens.
        let mut said = String::new();
        while self.said.read_line(&mut said).unwrap() > 0 {}
        let child = self.running.0.take().unwrap();
        let output = child.wait_with_output().unwrap();
        let report = std::fs::read_to_string(self.folder.0.join("out/report.json"));
        let report = report.unwrap_or_else(|error| panic!("{error}: {said}"));
        Ran {
            report: serde_json::from_str(&report).unwrap(),
            output,
            folder: self.folder,
        }
    }
}

/// A run of which nothing is asked but that it comes to a report.
pub(crate) struct Ran {
    pub(crate) output: Output,
    pub(crate) report: Value,
    pub(crate) folder: Folder,
}

impl Ran {
    pub(crate) fn against(address: &str, scenario: &str, more: &[&str]) -> Self {
        Playing::against(address, scenario, more).ended()
    }

    /// With a server that the tool starts.
    pub(crate) fn with_server(scenario: &str, more: &[&str]) -> Self {
        let program = server_program();
        let server = ["--start-server", "--server", program.to_str().unwrap()];
        Playing::with(scenario, &[&server[..], more].concat()).ended()
    }

    pub(crate) fn said(&self) -> String {
        String::from_utf8(self.output.stdout.clone()).unwrap()
    }

    pub(crate) fn status(&self) -> Option<i32> {
        self.output.status.code()
    }

    pub(crate) fn faults(&self, kind: &str) -> u64 {
        self.report["faults"][kind]["count"].as_u64().unwrap_or(0)
    }

    /// Nothing was wrong, and the run says so.
    pub(crate) fn is_right(&self) {
        assert_eq!(
            self.report["faults"],
            serde_json::json!({}),
            "{}",
            self.said()
        );
        assert_eq!(self.status(), Some(0), "{}", self.said());
    }

    pub(crate) fn number(&self, pointer: &str) -> f64 {
        let found = self.report.pointer(pointer).and_then(Value::as_f64);
        found.unwrap_or_else(|| panic!("no {pointer} in {}", self.report["totals"]))
    }
}
