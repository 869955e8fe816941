//! How long somebody waits before she comes back: up to 1, 2, 4, 8 and then 16 s, with full jitter,
//! so that those who were sent away together do not come back together.

use std::time::Duration;

use crate::town::Dice;

const FIRST: Duration = Duration::from_secs(1);
const MOST: Duration = Duration::from_secs(16);
/// Keeps this chance apart from the town's.
const WAITS: u64 = 1 << 33;

pub(super) struct BackOff {
    dice: Dice,
    up_to: Duration,
}

impl BackOff {
    /// Hers alone: a name is of one run and one person.
    pub(super) fn of(name: &str) -> Self {
        let seed = name.bytes().fold(0_u64, |seed, byte| {
            seed.wrapping_mul(31).wrapping_add(byte.into())
        });
        Self {
            dice: Dice::new(seed, WAITS),
            up_to: FIRST,
        }
    }

    pub(super) fn wait(&mut self) -> Duration {
        let wait = self.up_to.mul_f64(self.dice.unit());
        self.up_to = (2 * self.up_to).min(MOST);
        wait
    }

    /// She was welcomed.
    pub(super) fn begins_anew(&mut self) {
        self.up_to = FIRST;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_refused_again_waits_up_to_twice_as_long_and_at_most_16_s() {
        for (step, most_s) in [1, 2, 4, 8, 16, 16].into_iter().enumerate() {
            let waits = (0..500).map(|person| {
                let mut back_off = BackOff::of(&format!("l1-p{person}"));
                for _ in 0..step {
                    back_off.wait();
                }
                back_off.wait().as_secs_f64() / f64::from(most_s)
            });
            let mut shares: Vec<f64> = waits.collect();
            shares.sort_unstable_by(f64::total_cmp);
            // Anything from nothing to all of it, and as often one as the other.
            assert!(shares[0] < 0.05 && shares[499] > 0.95 && shares[499] <= 1.0);
            assert!((0.4..0.6).contains(&shares[250]), "{}", shares[250]);
        }
    }

    #[test]
    fn who_was_welcomed_begins_with_a_second_again() {
        let mut back_off = BackOff::of("l1-p1");
        for _ in 0..5 {
            back_off.wait();
        }
        back_off.begins_anew();
        assert!(back_off.wait() <= FIRST);
    }
}
