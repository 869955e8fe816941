//! What is shown of a second, in words.

use crate::report::numbers::{bytes, cores, count, ms, number, seconds};
use crate::tally::{Fault, Faults, Percentiles, Second, Tally};

pub(super) fn server(second: &Second) -> Option<String> {
    let usage = second.server?;
    let (busy, memory) = (cores(usage.cpu_s), bytes(usage.memory as f64));
    Some(format!("server {busy}, {memory}"))
}

pub(super) fn latency(second: &Second) -> String {
    second.latency.percentiles().map_or_else(
        || "nothing arrived".to_owned(),
        |Percentiles {
             p50_ms,
             p99_ms,
             max_ms,
             ..
         }| {
            format!(
                "p50 {}  p99 {}  slowest {}",
                ms(p50_ms),
                ms(p99_ms),
                ms(max_ms)
            )
        },
    )
}

/// Of those who were welcomed in it, if anybody was.
pub(super) fn connecting(second: &Second) -> Option<String> {
    let Percentiles { p50_ms, p99_ms, .. } = second.connecting.percentiles()?;
    let (p50, p99) = (ms(p50_ms), ms(p99_ms));
    Some(format!("welcomed within p50 {p50}  p99 {p99}"))
}

/// "no faults", or each kind that was found.
pub(super) fn faults(faults: &Faults) -> String {
    let found = Fault::ALL
        .into_iter()
        .filter(|&fault| faults.count(fault) > 0);
    let found: Vec<_> = found
        .map(|fault| format!("{} {}", count(faults.count(fault)), fault.name()))
        .collect();
    if found.is_empty() {
        return "no faults".to_owned();
    }
    format!("faults: {}", found.join(", "))
}

/// A whole second in a line, for logs.
pub(super) fn line(second: &Second, so_far: &Tally) -> String {
    let mut parts = vec![
        seconds(f64::from(second.at_s) + 1.0),
        format!("{} connected", count(second.connected.into())),
        format!("{} moves/s", number(second.moves as f64)),
        format!("{} deliveries/s", number(second.deliveries as f64)),
        latency(second),
        format!("{} errors", count(so_far.errors)),
        faults(&so_far.faults),
    ];
    parts.extend(connecting(second));
    parts.extend(server(second));
    parts.join("  ")
}
