//! What another process has used: processor time, memory, open files, turns of its threads.

use std::fs;
use std::time::Duration;

use rustix::param::clock_ticks_per_second;

/// User and system time of all threads of a process so far, ended ones included.
pub(crate) fn cpu(process: u32) -> Result<Duration, String> {
    let path = format!("/proc/{process}/stat");
    let ticks = cpu_ticks(&read(&path)?).ok_or_else(|| format!("{path} has no times"))?;
    Ok(Duration::from_secs_f64(
        ticks as f64 / clock_ticks_per_second() as f64,
    ))
}

/// The name in parentheses may hold anything; after it come the state and the numbers.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ').skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

/// Memory of a process in bytes, counted page by page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Memory {
    pub(crate) resident: u64,
    /// What is not a file that the kernel has at hand, and may drop. Pages that are mapped several
    /// times count once.
    pub(crate) anonymous: u64,
}

impl Memory {
    pub(crate) fn of(process: u32) -> Result<Self, String> {
        let path = format!("/proc/{process}/smaps_rollup");
        memory(&read(&path)?).ok_or_else(|| format!("{path} has no Rss or no Pss_Anon"))
    }
}

fn memory(rollup: &str) -> Option<Memory> {
    let bytes = |name| {
        let line = rollup.lines().find_map(|line| line.strip_prefix(name))?;
        let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kibibytes * 1024)
    };
    Some(Memory {
        resident: bytes("Rss:")?,
        anonymous: bytes("Pss_Anon:")?,
    })
}

pub(crate) fn open_files(process: u32) -> Result<usize, String> {
    let path = format!("/proc/{process}/fd");
    let files = fs::read_dir(&path).map_err(|error| format!("read {path}: {error}"))?;
    Ok(files.count())
}

/// How often threads whose name begins so were given a processor. A thread that is asked nothing
/// is given none.
pub(crate) fn turns(process: u32, name: &str) -> Result<Turns, String> {
    let path = format!("/proc/{process}/task");
    let tasks = fs::read_dir(&path).map_err(|error| format!("read {path}: {error}"))?;
    let mut found = Turns::default();
    for task in tasks.flatten() {
        let task = task.path();
        // A thread may end meanwhile.
        let comm = fs::read_to_string(task.join("comm")).unwrap_or_default();
        if comm.starts_with(name) {
            let schedstat = fs::read_to_string(task.join("schedstat")).unwrap_or_default();
            let count = schedstat.trim().rsplit(' ').next();
            found.threads += 1;
            found.turns += count.and_then(|count| count.parse().ok()).unwrap_or(0);
        }
    }
    Ok(found)
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Turns {
    pub(crate) threads: usize,
    pub(crate) turns: u64,
}

fn read(path: &str) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("read {path}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_behind_any_name() {
        let stat = "7 (a ) b) S 1 2 3 4 5 6 7 8 9 10 120 30 0 0 20";
        assert_eq!(cpu_ticks(stat), Some(150));
        assert_eq!(cpu_ticks("7 (a) S 1"), None);
    }

    #[test]
    fn memory_is_resident_and_of_its_own() {
        let rollup =
            "55-7f ---p 0 0 0 [rollup]\nRss:   2000 kB\nPss:   1800 kB\nPss_Anon: 1500 kB\n";
        let expected = Memory {
            resident: 2_048_000,
            anonymous: 1_536_000,
        };
        assert_eq!(memory(rollup), Some(expected));
    }

    #[test]
    fn this_process_has_all_of_it() {
        let me = std::process::id();
        assert!(Memory::of(me).unwrap().resident > 0);
        assert!(open_files(me).unwrap() > 2);
        assert!(turns(me, "").unwrap().turns > 0);
        assert_eq!(turns(me, "no such thread").unwrap(), Turns::default());
        cpu(me).unwrap();
    }
}
