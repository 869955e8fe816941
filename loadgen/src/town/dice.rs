//! Chance that is the same for the same seed, on every machine.

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// SplitMix64: eight bytes for each of twenty thousand people.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    /// `stream` keeps people apart. It is scrambled, as the next seed of SplitMix64 gives the same
    /// numbers one later.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        Self(scramble(scramble(seed.wrapping_add(STEP)) ^ stream))
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        scramble(self.0)
    }

    /// 0 up to but not 1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(super) fn between(&mut self, from: f64, to: f64) -> f64 {
        from + self.unit() * (to - from)
    }

    /// From half to half as much again.
    pub(super) fn about(&mut self, mean: f64) -> f64 {
        self.between(0.5, 1.5) * mean
    }

    pub(super) fn below(&mut self, count: usize) -> usize {
        (self.unit() * count as f64) as usize
    }

    /// Whether she is among this share of people.
    pub(super) fn falls(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

fn scramble(state: u64) -> u64 {
    let mut z = state;
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_streams_have_nothing_in_common() {
        let throw = |stream| {
            let mut dice = Dice::new(7, stream);
            std::array::from_fn::<u64, 50, _>(|_| dice.next())
        };
        let (one, next) = (throw(1), throw(2));
        assert_eq!(one, throw(1));
        assert!(one.iter().all(|number| !next.contains(number)));
    }

    #[test]
    fn a_shuffle_keeps_everything() {
        let mut items: Vec<u32> = (0..100).collect();
        Dice::new(1, 1).shuffle(&mut items);
        assert!(!items.is_sorted());
        items.sort_unstable();
        assert!(items.into_iter().eq(0..100));
    }
}
