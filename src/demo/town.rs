//! The whole town: its streets, its people, and the time that passes for them.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use nearcast_grid::Position;

use super::dice::Dice;
use super::friends::{friendships, newcomers};
use super::ground::{Ground, Point};
use super::names::name;
use super::people::{Pace, Walker};
use super::streets::Streets;
use crate::wire::{Sharing, UserId};

/// More are a matter for the load tester.
const MOST_PEOPLE: usize = 5000;
/// Long enough that everybody has left home before anybody looks.
const WARM_UP_S: u32 = 300;

/// The same for the same ground, number of people and seed, after the same steps.
#[derive(Clone, Debug)]
pub struct Town {
    ground: Ground,
    streets: Streets,
    residents: Vec<Resident>,
    walkers: Vec<Walker>,
    friendships: BTreeSet<(usize, usize)>,
    newcomers: BTreeSet<usize>,
}

/// What a product would know about somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resident {
    pub id: UserId,
    pub name: String,
    pub sharing: Sharing,
    /// May be shown to strangers, under her first name.
    pub stranger_name: Option<String>,
}

/// Where somebody is, as her phone would say it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Whereabouts {
    pub position: Position,
    /// While she is on her way.
    pub heading_deg: Option<f32>,
    pub speed_mps: Option<f32>,
    pub pace: Pace,
}

/// So many people do not make a town.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadTown(pub usize);

impl fmt::Display for BadTown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(people) = self;
        write!(
            f,
            "{people} people do not make a town; it may have 2 to {MOST_PEOPLE}"
        )
    }
}

impl std::error::Error for BadTown {}

impl Town {
    /// # Errors
    /// When there are too few people for a town or too many for a demonstration.
    pub fn new(ground: Ground, people: usize, seed: u64) -> Result<Self, BadTown> {
        if !(2..=MOST_PEOPLE).contains(&people) {
            return Err(BadTown(people));
        }
        let streets = Streets::new(seed);
        let walkers: Vec<Walker> = (0..people)
            .map(|person| Walker::new(&streets, Dice::new(seed, 1000 + person as u64)))
            .collect();
        let homes: Vec<Point> = walkers
            .iter()
            .map(|walker| streets.point(walker.home))
            .collect();
        let mut town = Self {
            ground,
            residents: residents(people, &mut Dice::new(seed, 2)),
            friendships: friendships(&homes, &mut Dice::new(seed, 3)),
            newcomers: newcomers(&homes, &mut Dice::new(seed, 4)),
            streets,
            walkers,
        };
        for _ in 0..WARM_UP_S {
            town.step(1.0);
        }
        Ok(town)
    }

    /// Lets so many seconds pass for everybody.
    pub fn step(&mut self, seconds: f64) {
        for walker in &mut self.walkers {
            walker.step(&self.streets, seconds);
        }
    }

    #[must_use]
    pub fn residents(&self) -> &[Resident] {
        &self.residents
    }

    #[must_use]
    pub fn centre(&self) -> Position {
        self.ground.centre()
    }

    /// Everybody's friends, each pair once.
    pub fn friendships(&self) -> impl Iterator<Item = (&Resident, &Resident)> {
        self.friendships
            .iter()
            .map(|&(one, other)| (&self.residents[one], &self.residents[other]))
    }

    /// Whom somebody who has just come to town knows.
    pub fn friends_of_newcomer(&self) -> impl Iterator<Item = &Resident> {
        self.newcomers.iter().map(|&friend| &self.residents[friend])
    }

    /// # Panics
    /// When there is no such resident.
    #[must_use]
    pub fn whereabouts(&self, resident: usize) -> Whereabouts {
        let walker = &self.walkers[resident];
        let step = walker.now(&self.streets);
        Whereabouts {
            position: self.ground.position(step.point),
            heading_deg: step.going.map(|going| going.heading_deg),
            speed_mps: step.going.map(|going| going.speed_mps),
            pace: walker.pace,
        }
    }
}

/// An id is the first name; those who share it are numbered.
fn residents(people: usize, dice: &mut Dice) -> Vec<Resident> {
    let mut namesakes: HashMap<&str, usize> = HashMap::new();
    (0..people)
        .map(|_| {
            let (first, family) = name(dice);
            let count = namesakes.entry(first).or_default();
            *count += 1;
            let mut id = first.to_ascii_lowercase();
            if *count > 1 {
                id = format!("{id}.{count}");
            }
            Resident {
                id: UserId::new(&id).expect("a first name is a short word"),
                name: format!("{first} {family}"),
                sharing: match dice.one_in(10.0) {
                    true => Sharing::Approximate,
                    false => Sharing::Exact,
                },
                stranger_name: dice.one_in(4.0).then(|| first.to_owned()),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use nearcast_grid::distance_m;

    use super::super::people::MOST_HASTE;
    use super::*;

    const SEOUL: (f64, f64) = (37.5665, 126.978);

    fn town((lat, lon): (f64, f64), seed: u64) -> Town {
        Town::new(Ground::new(lat, lon).unwrap(), 120, seed).unwrap()
    }

    fn places(town: &Town) -> Vec<Whereabouts> {
        (0..town.residents().len())
            .map(|resident| town.whereabouts(resident))
            .collect()
    }

    #[test]
    fn the_same_seed_is_the_same_walk() {
        let (mut one, mut other) = (town(SEOUL, 5), town(SEOUL, 5));
        for _ in 0..200 {
            one.step(3.0);
            other.step(3.0);
            assert_eq!(places(&one), places(&other));
        }
        assert_ne!(places(&one), places(&town(SEOUL, 6)));
        assert_eq!(one.residents(), other.residents());
    }

    #[test]
    fn nobody_is_faster_than_her_legs_or_wheels() {
        for centre in [SEOUL, (84.9, 179.999), (-84.9, -179.999), (0.0, 180.0)] {
            let mut town = town(centre, 2);
            let mut before = places(&town);
            for seconds in [1.0, 0.0, 2.5, 10.0].into_iter().cycle().take(200) {
                town.step(seconds);
                let now = places(&town);
                for (before, now) in before.iter().zip(&now) {
                    let gone = distance_m(before.position, now.position);
                    // A hundredth for the plane that the town lies on.
                    let most = now.pace.top_mps() * MOST_HASTE * seconds * 1.01 + 0.1;
                    assert!(gone <= most, "{gone} m in {seconds} s, {:?}", now.pace);
                }
                before = now;
            }
        }
    }

    #[test]
    fn everybody_stays_on_the_streets() {
        let mut town = town(SEOUL, 9);
        for _ in 0..100 {
            town.step(7.0);
            for walker in &town.walkers {
                let point = walker.now(&town.streets).point;
                let near = town.streets.within(point, 600.0);
                let is_on_street = near.iter().any(|&node| {
                    let from = town.streets.point(node);
                    town.streets.from(node).iter().any(|street| {
                        let to = town.streets.point(street.to);
                        let detour = from.metres_to(point) + point.metres_to(to);
                        detour - street.length_m < 1e-6
                    })
                });
                assert!(is_on_street, "{point:?}");
            }
        }
    }

    #[test]
    fn most_are_on_their_way_and_some_stand_for_long() {
        let mut town = town(SEOUL, 1);
        let start = places(&town);
        let mut moved = vec![false; start.len()];
        for _ in 0..300 {
            town.step(1.0);
            for (resident, moved) in moved.iter_mut().enumerate() {
                *moved |= town.whereabouts(resident).position != start[resident].position;
            }
        }
        let moved = moved.iter().filter(|moved| **moved).count();
        assert!((80..120).contains(&moved), "{moved} of 120 moved");
    }

    #[test]
    fn everybody_has_about_a_dozen_friends() {
        let town = town(SEOUL, 4);
        let mut friends: HashMap<&UserId, usize> = HashMap::new();
        for (one, other) in town.friendships() {
            assert_ne!(one.id, other.id);
            *friends.entry(&one.id).or_default() += 1;
            *friends.entry(&other.id).or_default() += 1;
        }
        assert_eq!(friends.len(), 120);
        assert!(friends.values().all(|count| (3..=30).contains(count)));
        let mean = friends.values().sum::<usize>() as f64 / 120.0;
        assert!((9.0..=12.5).contains(&mean), "{mean}");
        assert_eq!(town.friends_of_newcomer().count(), 12);
    }

    #[test]
    fn no_two_residents_have_one_id() {
        let town = Town::new(Ground::new(0.0, 0.0).unwrap(), 1000, 1).unwrap();
        let ids: BTreeSet<_> = town.residents().iter().map(|one| &one.id).collect();
        assert_eq!(ids.len(), 1000);
        assert!(!ids.iter().any(|id| id.as_str() == crate::demo::NEWCOMER));
    }

    #[test]
    fn a_town_of_one_is_refused_with_a_sentence() {
        let ground = Ground::new(0.0, 0.0).unwrap();
        for people in [0, 1, 5001] {
            let refused = Town::new(ground, people, 1).unwrap_err();
            assert!(refused.to_string().contains(&people.to_string()));
        }
    }
}
