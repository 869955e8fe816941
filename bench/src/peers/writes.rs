//! How often a server wrote to its users: the kernel's count of data segments that left its
//! sockets, which on the loopback, without delay, is that of its writes. Read with `ss`, since
//! only the kernel sees it of every peer alike.

use std::process::Command;

/// None: there is no `ss`, or it says nothing of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segments(Option<u64>);

impl Segments {
    pub(super) fn until(self, later: &Self) -> Option<u64> {
        later.0?.checked_sub(self.0?)
    }
}

/// Of all connections to servers on these ports so far.
pub(super) fn segments(ports: &[u16]) -> Segments {
    if ports.is_empty() {
        return Segments(None);
    }
    let ports: Vec<String> = ports
        .iter()
        .map(|port| format!("sport = :{port}"))
        .collect();
    let output = Command::new("ss")
        .args(["-tinH", "state", "established"])
        .arg(format!("( {} )", ports.join(" or ")))
        .output();
    let listed = output.ok().filter(|output| output.status.success());
    Segments(listed.and_then(|output| sum(&String::from_utf8_lossy(&output.stdout))))
}

fn sum(listed: &str) -> Option<u64> {
    // A socket that has sent nothing yet has no count.
    let words = listed.split_ascii_whitespace();
    let counts = words.filter_map(|word| word.strip_prefix("data_segs_out:")?.parse::<u64>().ok());
    (!listed.is_empty()).then(|| counts.sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_added_up_over_connections() {
        let listed = "0 0 127.0.0.1:80 127.0.0.1:5\n\t cubic data_segs_out:7 data_segs_in:2\n\
                      0 0 127.0.0.1:80 127.0.0.1:6\n\t cubic segs_out:9 data_segs_out:5\n";
        assert_eq!(sum(listed), Some(12));
        assert_eq!(sum("0 0 127.0.0.1:80 127.0.0.1:5\n\t cubic\n"), Some(0));
        assert_eq!(sum(""), None);
    }

    #[test]
    fn what_was_written_meanwhile_is_the_difference() {
        let (before, after) = (Segments(Some(5)), Segments(Some(12)));
        assert_eq!(before.until(&after), Some(7));
        assert_eq!(Segments(None).until(&after), None);
    }
}
