//! The people of `within`: spread over a hundred towns, so dense that 8 km around a place in the
//! inner town hold about 1,500 of a million. Both sides of the comparison load the same ones.

use std::f64::consts::TAU;

use crate::seed::Seed;

const TOWNS: usize = 100;
/// 10,000 people in a disc of this radius are 7.46 per km², 1,500 in a circle of 8 km.
const RADIUS_M: f64 = 20_650.0;
/// Questions are asked so far inside that their whole circle lies in the town.
const INNER_M: f64 = RADIUS_M - SEARCH_M;
/// The circle of every question: the book's five miles.
pub(crate) const SEARCH_M: f64 = 8_000.0;
/// Towns do not touch: no circle reaches a second one.
const APART_M: f64 = 100_000.0;
const METRES_PER_DEGREE: f64 = 111_195.0;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Place {
    pub(crate) lat: f64,
    pub(crate) lon: f64,
}

pub(crate) struct Towns {
    centres: Vec<Place>,
    seed: u64,
}

impl Towns {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Seed::new(seed);
        let mut centres: Vec<Place> = Vec::with_capacity(TOWNS);
        while centres.len() < TOWNS {
            // Where people live, and clear of the antimeridian, where Redis does not search across.
            let centre = Place {
                lat: random.between(-55.0, 60.0),
                lon: random.between(-179.0, 179.0),
            };
            if centres.iter().all(|other| metres(*other, centre) > APART_M) {
                centres.push(centre);
            }
        }
        Self { centres, seed }
    }

    /// Where each user is, by number.
    pub(crate) fn people(&self, users: u32) -> impl Iterator<Item = Place> {
        self.places(RADIUS_M, 1).take(users as usize)
    }

    /// Where questions are asked.
    pub(crate) fn questions(&self, count: usize) -> Vec<Place> {
        self.places(INNER_M, 2).take(count).collect()
    }

    /// Uniform over the discs, one town after the other.
    fn places(&self, radius_m: f64, stream: u64) -> impl Iterator<Item = Place> {
        let mut random = Seed::new(self.seed ^ (stream << 32));
        self.centres.iter().cycle().map(move |centre| {
            let away_m = radius_m * random.unit().sqrt();
            let (east, north) = (random.unit() * TAU).sin_cos();
            Place {
                lat: centre.lat + north * away_m / METRES_PER_DEGREE,
                lon: centre.lon + east * away_m / METRES_PER_DEGREE / centre.lat.to_radians().cos(),
            }
        })
    }
}

/// A user's id: sixteen bytes, as long as a real one.
pub(crate) fn id(number: u32) -> String {
    format!("user-{number:011}")
}

/// Good enough to keep towns apart; nothing is measured with it.
fn metres(from: Place, to: Place) -> f64 {
    let north = to.lat - from.lat;
    let narrowing = from.lat.midpoint(to.lat).to_radians().cos();
    north.hypot((to.lon - from.lon) * narrowing) * METRES_PER_DEGREE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_finds_about_fifteen_hundred_of_a_million() {
        let towns = Towns::new(1);
        let people: Vec<Place> = towns.people(1_000_000).collect();
        let questions = towns.questions(20);
        let found = questions.iter().map(|question| {
            let near = |person: &&Place| metres(*question, **person) <= SEARCH_M;
            people.iter().filter(near).count()
        });
        let mean = found.sum::<usize>() / questions.len();
        assert!((1_400..1_600).contains(&mean), "{mean} people");
    }

    #[test]
    fn a_seed_repeats_its_people() {
        let people = |seed| Towns::new(seed).people(1_000).collect::<Vec<_>>();
        assert_eq!(people(7), people(7));
        assert_ne!(people(7), people(8));
    }

    #[test]
    fn an_id_has_sixteen_bytes() {
        assert_eq!(id(0).len(), 16);
        assert_eq!(id(u32::MAX).len(), 16);
    }
}
