//! How much of everything that is long by count: a tenth in the full test, all of it in the soak.

/// The counts of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Random worlds of the model test, read by it from `NEARCAST_WORLDS`.
    pub(crate) worlds: u64,
    /// The same over real sockets, from `NEARCAST_SOCKET_WORLDS`; 0: only those of the tests.
    pub(crate) socket_worlds: u64,
    /// Lives over a real Redis, read by their test from `NEARCAST_REDIS_WORLDS`; 0: only those of
    /// the tests.
    pub(crate) redis_worlds: u64,
    /// Times two friends walk past each other in the stress test, from `NEARCAST_PASSES`.
    pub(crate) passes: u64,
    /// Times the account store is killed while it writes, from `NEARCAST_KILLS`.
    pub(crate) kills: u64,
    /// Requests of each kind that schemathesis makes of a route.
    pub(crate) api_examples: u64,
    /// How deep loom looks for interleavings, from `LOOM_MAX_PREEMPTIONS`.
    pub(crate) preemptions: u64,
    /// Fuzz executions, shared evenly between the targets.
    pub(crate) fuzz_runs: u64,
    /// A target that is slower than expected ends here, and its executions say so.
    pub(crate) fuzz_seconds_per_target: u64,
}

pub(crate) const QUICK: Counts = Counts {
    worlds: 1_000,
    socket_worlds: 0,
    redis_worlds: 0,
    passes: 100_000,
    kills: 3,
    api_examples: 0,
    preemptions: 2,
    fuzz_runs: 0,
    fuzz_seconds_per_target: 0,
};

pub(crate) const FULL: Counts = Counts {
    worlds: 10_000,
    socket_worlds: 200,
    redis_worlds: 20,
    passes: 1_000_000,
    kills: 10,
    api_examples: 50,
    preemptions: 3,
    fuzz_runs: 10_000_000,
    fuzz_seconds_per_target: 240,
};

pub(crate) const SOAK: Counts = Counts {
    worlds: 100_000,
    socket_worlds: 2_000,
    redis_worlds: 200,
    passes: 10_000_000,
    kills: 100,
    api_examples: 500,
    preemptions: 3,
    fuzz_runs: 100_000_000,
    fuzz_seconds_per_target: 7_200,
};

impl Counts {
    /// The soak's counts with what the flags change.
    pub(crate) fn soak(flags: &[&str]) -> Result<Self, String> {
        let mut counts = SOAK;
        for pair in flags.chunks(2) {
            let &[flag, value] = pair else {
                return Err(format!("{}: a number must follow", pair[0]));
            };
            let count = match flag {
                "--worlds" => &mut counts.worlds,
                "--socket-worlds" => &mut counts.socket_worlds,
                "--redis-worlds" => &mut counts.redis_worlds,
                "--passes" => &mut counts.passes,
                "--kills" => &mut counts.kills,
                "--fuzz-runs" => &mut counts.fuzz_runs,
                _ => return Err(format!("{flag}: no such flag of soak")),
            };
            *count = value
                .replace('_', "")
                .parse()
                .map_err(|_| format!("{flag} {value}: not a whole number"))?;
        }
        Ok(counts)
    }
}

/// `1234567` as `1,234,567`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn soak_flags_change_only_what_they_name() {
        let counts =
            Counts::soak(&["--worlds", "7", "--kills", "20", "--fuzz-runs", "1_000"]).unwrap();
        assert_eq!(
            counts,
            Counts {
                worlds: 7,
                kills: 20,
                fuzz_runs: 1_000,
                ..SOAK
            }
        );
    }

    #[test]
    fn a_wrong_flag_is_named() {
        let refused = |flags: &[&str]| Counts::soak(flags).unwrap_err();
        assert_eq!(refused(&["--worlds"]), "--worlds: a number must follow",);
        assert_eq!(
            refused(&["--worlds", "many"]),
            "--worlds many: not a whole number",
        );
        assert_eq!(refused(&["--speed", "9"]), "--speed: no such flag of soak");
    }

    #[test]
    fn long_numbers_are_grouped() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (100_000_000, "100,000,000"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }
}
