//! What a server on this machine uses: processor time and memory, as the kernel counts them.

use std::fs;

use rustix::param::clock_ticks_per_second;

use crate::tally::Usage;

/// Reads a process once a second.
#[derive(Debug)]
pub(crate) struct Meter {
    process: u32,
    cpu_before: f64,
}

impl Meter {
    /// # Errors
    /// A sentence, when there is no such process to be read.
    pub(crate) fn new(process: u32) -> Result<Self, String> {
        let cpu_before = cpu_s(process)
            .ok_or_else(|| format!("read what process {process} uses: there is none"))?;
        Ok(Self {
            process,
            cpu_before,
        })
    }

    /// Since it was last read; none: the process is gone.
    pub(crate) fn read(&mut self) -> Option<Usage> {
        let cpu = cpu_s(self.process)?;
        let cpu_s = cpu - self.cpu_before;
        self.cpu_before = cpu;
        Some(Usage {
            cpu_s,
            memory: resident(self.process)?,
            cores: cores(self.process)?,
        })
    }
}

/// User and system time of all threads so far.
fn cpu_s(process: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    Some(ticks(&stat)? as f64 / clock_ticks_per_second() as f64)
}

/// The name in parentheses may hold anything; after it come the state and the numbers.
fn ticks(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ').skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

/// Those it may run on.
fn cores(process: u32) -> Option<u32> {
    let id = rustix::process::Pid::from_raw(i32::try_from(process).ok()?);
    Some(rustix::thread::sched_getaffinity(id).ok()?.count())
}

fn resident(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_behind_any_name() {
        let stat = "7 (a ) b) S 1 2 3 4 5 6 7 8 9 10 120 30 0 0 20";
        assert_eq!(ticks(stat), Some(150));
        assert_eq!(ticks("7 (a) S 1"), None);
    }

    #[test]
    fn this_process_is_read_and_one_that_is_not_there_is_said() {
        let usage = Meter::new(std::process::id()).unwrap().read().unwrap();
        assert!(usage.memory > 1 << 20 && usage.cpu_s >= 0.0);
        assert!(Meter::new(u32::MAX).unwrap_err().contains("there is none"));
    }
}
