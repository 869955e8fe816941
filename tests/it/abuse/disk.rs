//! A disk that is full while the server runs.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use super::backend::Backend;
use super::pair::Pair;
use super::process::{Process, set};
use super::raw::{Raw, move_to};
use crate::server::fresh_dir;

/// Where one may mount, a small file system is filled. Elsewhere the server's files may not grow,
/// which looks the same from above.
struct Disk {
    dir: PathBuf,
    is_mounted: bool,
}

impl Disk {
    fn small() -> Self {
        let dir = fresh_dir();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=4m", "nearcast-test"])
            .arg(&dir)
            .output();
        let is_mounted = mount.is_ok_and(|output| output.status.success());
        Self { dir, is_mounted }
    }

    /// A file that may not grow is a signal to whoever does not ignore it, as systemd has it.
    fn start(&self) -> Process {
        let mut shell = Command::new("sh");
        shell.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]);
        shell.arg(env!("CARGO_BIN_EXE_nearcast"));
        shell.args(["serve", "--listen", "127.0.0.1:0", "--data"]);
        shell.arg(self.data());
        set(&mut shell, &[]);
        Process::run(&mut shell, &self.data())
    }

    fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    fn ballast(&self) -> PathBuf {
        self.dir.join("ballast")
    }

    fn fill(&self, process: &Process) {
        if !self.is_mounted {
            return limit(process, "--fsize=1:");
        }
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.ballast())
            .unwrap();
        for size in [65_536, 4_096, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
    }

    fn free(&self, process: &Process) {
        if self.is_mounted {
            fs::remove_file(self.ballast()).unwrap();
        } else {
            limit(process, "--fsize=unlimited:");
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.is_mounted {
            let _ = Command::new("umount").arg("-l").arg(&self.dir).status();
        }
        let _ = fs::remove_dir_all(&self.dir);
    }
}

fn limit(process: &Process, limit: &str) {
    let mut prlimit = Command::new("prlimit");
    prlimit.args(["--pid", &process.id().to_string(), limit]);
    assert!(prlimit.status().unwrap().success());
}

#[tokio::test]
async fn on_a_full_disk_writes_are_503_sessions_go_on_and_space_mends_it() {
    let disk = Disk::small();
    let process = disk.start();
    let mut backend = Backend::of(&process).await;
    let mut pair = Pair::meet(&process).await;
    let mut ann = Raw::live(&process, "ann").await;
    disk.fill(&process);

    let mut stored = Vec::new();
    let refused = loop {
        let path = format!("/v1/users/user-{}", stored.len());
        let answer = backend.ask("PUT", &path, r#"{"name":"somebody"}"#).await;
        if answer.status != 200 {
            break answer;
        }
        stored.push(path);
        assert!(stored.len() < 10_000, "the disk is not full");
    };
    assert_eq!(refused.status, 503, "{refused:?}");
    assert_ne!(refused.header("retry-after"), "");
    refused.problem();
    ann.say(&move_to(Some(1), 48.2, 16.3)).await;
    assert!(ann.until("ok").await.get("ok").is_some());
    pair.must_not_feel_it().await;
    let read = backend.ask("GET", "/v1/users/ann", "").await;
    assert_eq!(read.status, 200, "{read:?}");
    process.wait_for_log("the account store failed", 1);

    disk.free(&process);
    let last = format!("/v1/users/user-{}", stored.len());
    let mended = backend.ask("PUT", &last, r#"{"name":"somebody"}"#).await;
    assert_eq!(mended.status, 200, "{mended:?}");
    stored.push(last);
    must_be_there(&mut backend, &stored).await;
    Raw::live(&process, "who comes afterwards").await;

    let data = process.kill();
    let process = Process::at(&data, &[]);
    must_be_there(&mut Backend::of(&process).await, &stored).await;
}

async fn must_be_there(backend: &mut Backend, paths: &[String]) {
    for path in paths {
        assert_eq!(backend.ask("GET", path, "").await.status, 200, "{path}");
    }
}
