//! What the kernel says about this process. Where there is no /proc, nothing is told.

use std::fs;

/// Names as every Prometheus client library has them, with help and value.
pub(super) fn figures() -> Vec<(&'static str, &'static str, u64)> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    // Reading the directory opens one.
    let open = fs::read_dir("/proc/self/fd").map(|fds| fds.count() as u64 - 1);
    let figures = [
        (
            "process_resident_memory_bytes",
            "Memory in use",
            number(&status, "VmRSS:").map(|kilobytes| kilobytes * 1024),
        ),
        (
            "process_virtual_memory_bytes",
            "Address space in use, tables of zeros included",
            number(&status, "VmSize:").map(|kilobytes| kilobytes * 1024),
        ),
        ("process_threads", "Threads", number(&status, "Threads:")),
        ("process_open_fds", "Open file descriptors", open.ok()),
        (
            "process_max_fds",
            "File descriptors that may be open",
            number(&limits, "Max open files"),
        ),
    ];
    let told = figures.into_iter();
    told.filter_map(|(name, help, value)| Some((name, help, value?)))
        .collect()
}

/// The first number of the line that begins so.
fn number(text: &str, line: &str) -> Option<u64> {
    let rest = text.lines().find_map(|found| found.strip_prefix(line))?;
    rest.split_whitespace().next()?.parse().ok()
}
