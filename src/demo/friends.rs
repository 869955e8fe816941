//! Who knows whom: mostly neighbours, and some across the town, so that everybody is a few
//! friends away from everybody.

use std::collections::BTreeSet;

use super::dice::Dice;
use super::ground::Point;

/// Friends that each person looks for; with those who look for her they are twice as many.
const NEAR: usize = 4;
const FAR: usize = 2;
/// Of so many nearest homes.
const NEIGHBOURS: usize = 20;
/// Of the newcomer.
const DOZEN: usize = 12;

/// Pairs by number, each once, the smaller first.
pub(super) fn friendships(homes: &[Point], dice: &mut Dice) -> BTreeSet<(usize, usize)> {
    let mut pairs = BTreeSet::new();
    for (person, home) in homes.iter().enumerate() {
        let near = nearest(homes, *home, NEIGHBOURS + 1);
        for look in 0..NEAR + FAR {
            let other = if look < NEAR {
                *dice.pick(&near)
            } else {
                dice.below(homes.len())
            };
            if other != person {
                pairs.insert((person.min(other), person.max(other)));
            }
        }
    }
    pairs
}

/// Whom the newcomer in the centre knows: two in three from around, the others from anywhere.
pub(super) fn newcomers(homes: &[Point], dice: &mut Dice) -> BTreeSet<usize> {
    let mut friends: BTreeSet<usize> = nearest(homes, Point::default(), DOZEN * 2 / 3)
        .into_iter()
        .collect();
    while friends.len() < DOZEN.min(homes.len()) {
        friends.insert(dice.below(homes.len()));
    }
    friends
}

fn nearest(homes: &[Point], centre: Point, count: usize) -> Vec<usize> {
    let away = |person: usize| homes[person].metres_to(centre);
    let mut people: Vec<usize> = (0..homes.len()).collect();
    if count < people.len() {
        people.select_nth_unstable_by(count, |a, b| away(*a).total_cmp(&away(*b)));
        people.truncate(count);
    }
    people
}
