//! Who runs where: what is measured on one core, everything else on another. And how many files a
//! process may have open.

use clap::Args;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

#[derive(Debug, Clone, Copy, PartialEq, Args)]
pub(crate) struct Cores {
    /// The core of what is measured
    #[arg(long, default_value_t = 0, value_name = "CORE")]
    pub(crate) server_core: usize,
    /// The core of the clients
    #[arg(long, default_value_t = 1, value_name = "CORE")]
    pub(crate) load_core: usize,
}

/// Open files that a process needs beside its connections.
const OTHER_FILES: u64 = 200;

impl Cores {
    /// Both must be there, and be two.
    pub(crate) fn check(self) -> Result<(), String> {
        let Self {
            server_core,
            load_core,
        } = self;
        if server_core == load_core {
            return Err(format!(
                "--server-core and --load-core are both {server_core}: the clients would take the server's time"
            ));
        }
        let allowed = sched_getaffinity(None)
            .map_err(|error| format!("read which cores this process may use: {error}"))?;
        let here = |core| core < CpuSet::MAX_CPU && allowed.is_set(core);
        match [server_core, load_core]
            .into_iter()
            .find(|&core| !here(core))
        {
            Some(core) => Err(format!(
                "core {core} is not there for this process: two cores are needed, named by --server-core and --load-core"
            )),
            None => Ok(()),
        }
    }
}

/// Holds this thread, and the processes that it starts from now on, to one core.
pub(crate) fn pin(core: usize) -> Result<(), String> {
    let mut cores = CpuSet::new();
    cores.set(core);
    sched_setaffinity(None, &cores).map_err(|error| format!("run on core {core}: {error}"))
}

/// Allows this process, and those that it starts, so many connections.
pub(crate) fn allow_connections(count: u32) -> Result<(), String> {
    let needed = u64::from(count) + OTHER_FILES;
    let limit = getrlimit(Resource::Nofile);
    let current = limit.current.unwrap_or(u64::MAX);
    if current >= needed {
        return Ok(());
    }
    let maximum = limit.maximum.unwrap_or(u64::MAX);
    let raised = Rlimit {
        current: Some(needed.min(maximum)),
        maximum: limit.maximum,
    };
    if maximum >= needed && setrlimit(Resource::Nofile, raised).is_ok() {
        return Ok(());
    }
    Err(format!(
        "{count} connections need {needed} open files in one process, and {maximum} are allowed here: give fewer --clients, or raise the limit (`ulimit -Hn`)"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_different_cores_are_asked_for() {
        let cores = |server_core, load_core| Cores {
            server_core,
            load_core,
        };
        assert!(cores(1, 1).check().unwrap_err().contains("both 1"));
        assert!(cores(0, 100_000).check().unwrap_err().contains("100000"));
    }

    #[test]
    fn more_files_than_allowed_are_refused_with_the_numbers() {
        allow_connections(10).unwrap();
        let maximum = getrlimit(Resource::Nofile).maximum;
        if maximum.is_some_and(|maximum| maximum < u64::from(u32::MAX)) {
            let refused = allow_connections(u32::MAX).unwrap_err();
            assert!(refused.contains("ulimit"), "{refused}");
        }
    }
}
