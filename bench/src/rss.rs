//! The memory of a process as the kernel counts it. A GB here is 1e9 bytes.

use std::fs;

/// Resident memory in GB.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rss {
    pub(crate) now_gb: f64,
    pub(crate) peak_gb: f64,
}

impl Rss {
    pub(crate) fn of(process: u32) -> Result<Self, String> {
        let path = format!("/proc/{process}/status");
        let status = fs::read_to_string(&path).map_err(|error| format!("read {path}: {error}"))?;
        parse(&status).ok_or_else(|| format!("{path} has no VmRSS or no VmHWM"))
    }
}

fn parse(status: &str) -> Option<Rss> {
    Some(Rss {
        now_gb: gigabytes(status, "VmRSS:")?,
        peak_gb: gigabytes(status, "VmHWM:")?,
    })
}

fn gigabytes(status: &str, name: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1_024.0 / 1e9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_kilobytes_are_kibibytes() {
        let status = "Name:\tbench\nVmHWM:\t 2000000 kB\nVmRSS:\t 1000000 kB\n";
        let rss = Rss {
            now_gb: 1.024,
            peak_gb: 2.048,
        };
        assert_eq!(parse(status), Some(rss));
    }

    #[test]
    fn this_process_has_memory() {
        let rss = Rss::of(std::process::id()).unwrap();
        assert!(rss.now_gb > 0.0 && rss.peak_gb >= rss.now_gb, "{rss:?}");
    }
}
