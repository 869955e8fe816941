//! The districts that one process plays, and who lives there.

use super::course::Course;
use super::dice::Dice;
use super::friends::friendships;
use super::ground::Ground;
use super::person::{Fate, Person, Resident};
use super::route::{CLEAR_M, STEP_M, World, stops};
use super::streets::Streets;
use crate::scenario::Scenario;
use crate::tracks::Tracks;

#[derive(Debug)]
pub struct Town {
    pub(super) scenario: Scenario,
    pub(super) seed: u64,
    people: Vec<Person>,
    /// By person, as is what the world knows of people.
    pub(super) fates: Vec<Fate>,
    pub(super) world: World,
    /// Nobody says that she is less far from where she said last, unless she is there.
    pub(super) step_m: f64,
    /// When everybody loses the connection, in order.
    pub(super) storms_s: Vec<f64>,
}

impl Town {
    /// Each district is the same whichever others are played with it.
    #[must_use]
    pub fn new(scenario: &Scenario, seed: u64, districts: impl Iterator<Item = u32>) -> Self {
        let streets = Streets::new(&scenario.place);
        let (mut grounds, mut residents) = (Vec::new(), Vec::new());
        let (mut people, mut fates) = (Vec::new(), Vec::new());
        for district in districts {
            let mut dice = Dice::new(seed, district.into());
            let (first, end) = (first(scenario, district), first(scenario, district + 1));
            let before = people.len() as u32;
            let known = friendships(&scenario.friends, end - first, &mut dice);
            for (number, mut friends) in (first..end).zip(known) {
                friends.iter_mut().for_each(|friend| *friend += before);
                people.push(Person::new(number, friends, scenario, &mut dice));
                fates.push(Fate::new(number, scenario, &mut dice));
                let ground = grounds.len() as u32;
                residents.push(Resident::new(ground, &streets, scenario, &mut dice));
            }
            let (lat, lon) = (scenario.place.lat, scenario.place.lon);
            grounds.push(Ground::of_district(lat, lon, district));
        }
        let world = World::Streets {
            streets,
            grounds,
            residents,
        };
        Self::of(scenario, seed, people, fates, world)
    }

    /// One person for each track, who comes with its first point and leaves with its last, so many
    /// times faster than it was recorded; the first point of all is the beginning. People, friends
    /// and trouble are the scenario's, but for when somebody comes, moves and leaves.
    #[must_use]
    pub fn of_tracks(tracks: &Tracks, scenario: &Scenario, seed: u64, faster: f64) -> Self {
        let mut dice = Dice::new(seed, 0);
        let known = friendships(&scenario.friends, tracks.all.len() as u32, &mut dice);
        let (mut people, mut fates) = (Vec::new(), Vec::new());
        for (number, friends) in (0..).zip(known) {
            people.push(Person::new(number, friends, scenario, &mut dice));
            fates.push(Fate::new(number, scenario, &mut dice));
        }
        let begins_ms = tracks.begins_ms();
        let of_person = tracks
            .all
            .iter()
            .map(|track| stops(track, begins_ms, faster));
        let world = World::Tracks(of_person.collect());
        Self::of(scenario, seed, people, fates, world)
    }

    fn of(
        scenario: &Scenario,
        seed: u64,
        people: Vec<Person>,
        fates: Vec<Fate>,
        world: World,
    ) -> Self {
        let mut storms_s = scenario.trouble.reconnect_all_at_s.clone();
        storms_s.sort_by(f64::total_cmp);
        Self {
            scenario: scenario.clone(),
            seed,
            people,
            fates,
            world,
            step_m: STEP_M,
            storms_s,
        }
    }

    /// The same people under names that nobody had before: a server may remember others.
    #[must_use]
    pub fn called(mut self, run: &str) -> Self {
        for person in &mut self.people {
            person.name = format!("{run}-{}", person.name);
        }
        self
    }

    /// The same people, whose every step is told by a server that tells of none under `move_min_m`.
    #[must_use]
    pub fn with_steps_over(mut self, move_min_m: f64) -> Self {
        self.step_m = STEP_M.max(move_min_m + CLEAR_M);
        self
    }

    /// When the last track is over; on the streets it never is.
    #[must_use]
    pub fn ends_s(&self) -> Option<f64> {
        let people = 0..self.people.len();
        let ends = people.filter_map(|person| Some(self.world.span_s(person)?.1));
        ends.reduce(f64::max)
    }

    /// How many there are in all, for those who share them out.
    #[must_use]
    pub fn districts(scenario: &Scenario) -> u32 {
        scenario.people.div_ceil(scenario.district)
    }

    #[must_use]
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// What she intends, from the beginning. `person`: her place in the list of people.
    #[must_use]
    pub fn course(&self, person: usize) -> Course<'_> {
        Course::new(self, person)
    }
}

/// The number of a district's first person: districts differ by one person at most.
fn first(scenario: &Scenario, district: u32) -> u32 {
    let people = u64::from(scenario.people) * u64::from(district);
    (people / u64::from(Town::districts(scenario))) as u32
}
