//! Who knows whom within a district.

use std::collections::HashSet;

use super::dice::Dice;
use crate::scenario::{Friends, Graph};

/// The exponent of the tail: how many know more than x falls with x to the power of this.
const TAIL: f64 = 1.5;
/// Exchanges tried for a pair that know each other already.
const TRIES: u32 = 200;

/// For each of so many people, her friends, sorted.
pub(super) fn friendships(friends: &Friends, people: u32, dice: &mut Dice) -> Vec<Vec<u32>> {
    let everybody = people.saturating_sub(1);
    let (mean, most) = (friends.mean.min(everybody), friends.most.min(everybody));
    let pairs = match friends.kind {
        Graph::PowerLaw if mean < most => power_law(people, mean, most, dice),
        _ => fixed(people, mean, dice),
    };
    let mut known = vec![Vec::new(); people as usize];
    for (one, other) in pairs {
        known[one as usize].push(other);
        known[other as usize].push(one);
    }
    for friends in &mut known {
        friends.sort_unstable();
        friends.shrink_to_fit();
    }
    known
}

/// Everybody stands in a ring and knows as many on either side; an odd one stands opposite.
fn fixed(people: u32, mean: u32, dice: &mut Dice) -> Vec<(u32, u32)> {
    let mut ring: Vec<u32> = (0..people).collect();
    dice.shuffle(&mut ring);
    let after = |place: u32, steps: u32| ring[((place + steps) % people) as usize];
    let mut pairs = Vec::with_capacity((people as usize * mean as usize).div_ceil(2));
    for place in 0..people {
        pairs.extend((1..=mean / 2).map(|steps| (ring[place as usize], after(place, steps))));
    }
    if mean % 2 == 1 {
        let half = people / 2;
        pairs.extend((0..half).map(|place| (ring[place as usize], after(place, half))));
    }
    pairs
}

/// Everybody holds out as many hands as she will have friends; hands are joined by chance.
fn power_law(people: u32, mean: u32, most: u32, dice: &mut Dice) -> Vec<(u32, u32)> {
    let mut order: Vec<u32> = (0..people).collect();
    dice.shuffle(&mut order);
    let degrees = degrees(people, f64::from(mean), f64::from(most));
    let mut hands: Vec<u32> = order
        .into_iter()
        .zip(degrees)
        .flat_map(|(person, degree)| std::iter::repeat_n(person, degree as usize))
        .collect();
    dice.shuffle(&mut hands);
    let mut pairs = Pairs::default();
    let refused: Vec<(u32, u32)> = hands
        .chunks_exact(2)
        .map(|hands| (hands[0], hands[1]))
        .filter(|&(one, other)| !pairs.join(one, other))
        .collect();
    for (one, other) in refused {
        pairs.exchange(one, other, dice);
    }
    pairs.list
}

/// Degrees of a power law that is cut at `most`, the same for every seed, so that their mean is
/// what was asked for.
fn degrees(people: u32, mean: f64, most: f64) -> impl Iterator<Item = u32> {
    let least = least(mean, most);
    let mut owed = 0.0;
    (0..people).map(move |rank| {
        let part = (f64::from(rank) + 0.5) / f64::from(people);
        owed += (least * part.powf(-1.0 / TAIL)).min(most);
        let degree = f64::round(owed).clamp(0.0, most);
        owed -= degree;
        degree as u32
    })
}

/// The degree that the law must begin with for this mean, by halving.
fn least(mean: f64, most: f64) -> f64 {
    let mean_of =
        |least: f64| (TAIL * least - least.powf(TAIL) * most.powf(1.0 - TAIL)) / (TAIL - 1.0);
    let (mut low, mut high) = (0.0, most);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        match mean_of(middle) < mean {
            true => low = middle,
            false => high = middle,
        }
    }
    high
}

#[derive(Default)]
struct Pairs {
    list: Vec<(u32, u32)>,
    known: HashSet<(u32, u32)>,
}

impl Pairs {
    fn may_join(&self, one: u32, other: u32) -> bool {
        one != other && !self.known.contains(&sorted(one, other))
    }

    fn join(&mut self, one: u32, other: u32) -> bool {
        let joins = self.may_join(one, other);
        if joins {
            self.known.insert(sorted(one, other));
            self.list.push((one, other));
        }
        joins
    }

    /// Two who cannot take each other's hand part another pair, and take one of them each. In a
    /// district so small that nobody can, both go without.
    fn exchange(&mut self, one: u32, other: u32, dice: &mut Dice) {
        if self.list.is_empty() {
            return;
        }
        for _ in 0..TRIES {
            let place = dice.below(self.list.len());
            let (left, right) = self.list[place];
            if self.may_join(one, left) && self.may_join(other, right) {
                self.known.remove(&sorted(left, right));
                self.list.swap_remove(place);
                self.join(one, left);
                self.join(other, right);
                return;
            }
        }
    }
}

fn sorted(one: u32, other: u32) -> (u32, u32) {
    (one.min(other), one.max(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(kind: Graph, mean: u32, most: u32, people: u32) -> Vec<Vec<u32>> {
        let friends = Friends {
            kind,
            mean,
            most,
            absent: 0,
        };
        friendships(&friends, people, &mut Dice::new(11, 0))
    }

    fn mean(known: &[Vec<u32>]) -> f64 {
        known.iter().map(Vec::len).sum::<usize>() as f64 / known.len() as f64
    }

    #[test]
    fn friends_know_each_other_once_and_nobody_herself() {
        for kind in [Graph::Fixed, Graph::PowerLaw] {
            for people in [1, 2, 3, 10, 301] {
                let known = known(kind, 7, 60, people);
                for (person, friends) in known.iter().enumerate() {
                    assert!(friends.is_sorted_by(|one, next| one < next), "{friends:?}");
                    for friend in friends {
                        assert_ne!(*friend as usize, person);
                        assert!(known[*friend as usize].contains(&(person as u32)));
                    }
                }
            }
        }
    }

    #[test]
    fn a_fixed_number_is_everybodys() {
        for (degree, people) in [(40, 1000), (7, 1000), (1, 2), (0, 9), (8, 9)] {
            let known = known(Graph::Fixed, degree, 5000, people);
            assert!(known.iter().all(|friends| friends.len() == degree as usize));
        }
        // An odd number of hands: one is left over.
        let odd = known(Graph::Fixed, 7, 5000, 301);
        assert_eq!(odd.iter().filter(|friends| friends.len() == 6).count(), 1);
        assert!(
            known(Graph::Fixed, 40, 40, 5)
                .iter()
                .all(|friends| friends.len() == 4)
        );
    }

    #[test]
    fn a_power_law_has_the_mean_that_was_asked_for_and_a_long_tail() {
        for (degree, most, people) in [(20, 200, 1000), (30, 300, 5000), (5, 1000, 2000)] {
            let known = known(Graph::PowerLaw, degree, most, people);
            let found = mean(&known);
            assert!((found / f64::from(degree) - 1.0).abs() < 0.05, "{found}");
            let mut degrees: Vec<usize> = known.iter().map(Vec::len).collect();
            degrees.sort_unstable();
            let (median, top) = (degrees[degrees.len() / 2], degrees[degrees.len() - 1]);
            assert!(median < degree as usize && top <= most as usize);
            assert!(top > 5 * degree as usize, "{top}");
        }
    }

    #[test]
    fn a_district_too_small_for_the_law_gets_what_it_can_hold() {
        let known = known(Graph::PowerLaw, 12, 200, 20);
        assert!((mean(&known) / 12.0 - 1.0).abs() < 0.05, "{}", mean(&known));
    }
}
