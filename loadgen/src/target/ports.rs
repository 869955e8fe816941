//! Which port a connection comes from.
//!
//! Left to itself the kernel tries port after port, half of them first: with more connections to
//! one server than that half, looking takes longer than everything else.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Of IPv6 as well.
const RANGE: &str = "/proc/sys/net/ipv4/ip_local_port_range";
/// Where that cannot be read.
const USUAL: (u16, u16) = (32_768, 60_999);
/// Ports in a row that others have before it is said that none is free.
const TRIES: usize = 4096;

#[derive(Clone)]
pub(crate) struct Ports {
    first: u16,
    count: u32,
    /// Another beginning in each process, so that they do not try the same ones.
    next: Arc<AtomicU32>,
}

impl Ports {
    pub(crate) fn of_this_machine() -> Self {
        let text = std::fs::read_to_string(RANGE).unwrap_or_default();
        let (first, last) = range(&text).unwrap_or(USUAL);
        let begin = RandomState::new().hash_one(RANGE) as u32;
        Self {
            first,
            count: u32::from(last - first) + 1,
            next: Arc::new(AtomicU32::new(begin)),
        }
    }

    /// Those to try for one connection.
    pub(crate) fn to_try(&self) -> impl Iterator<Item = u16> {
        let tries = TRIES.min(self.count as usize);
        std::iter::repeat_with(|| {
            let step = self.next.fetch_add(1, Ordering::Relaxed);
            self.first + (step % self.count) as u16
        })
        .take(tries)
    }
}

fn range(text: &str) -> Option<(u16, u16)> {
    let mut words = text.split_whitespace().map(str::parse);
    let (first, last) = (words.next()?.ok()?, words.next()?.ok()?);
    (0 < first && first <= last).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_two_ports_in_order() {
        assert_eq!(range("32768\t60999\n"), Some((32_768, 60_999)));
        assert_eq!(range("9 9"), Some((9, 9)));
        for text in ["", "1024", "60999 32768", "0 9", "1 70000"] {
            assert_eq!(range(text), None, "{text}");
        }
    }

    #[test]
    fn each_port_has_its_turn() {
        let ports = Ports {
            first: 65_533,
            count: 3,
            next: Arc::new(AtomicU32::new(7)),
        };
        assert_eq!(ports.to_try().collect::<Vec<_>>(), [65_534, 65_535, 65_533]);
        assert_eq!(ports.to_try().next(), Some(65_534));
    }
}
