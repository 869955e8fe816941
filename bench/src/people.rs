//! The people of `book` and `crowd`: towns of friends who are all near each other, whose numbers,
//! and so places in memory, have nothing to do with who knows whom.

use nearcast_grid::Position;

use crate::seed::Seed;

/// Friends live within a disc of this radius, so that all of them are within five miles of each
/// other, and no nearer than that makes them.
const TOWN_M: f64 = 3_950.0;
const TOWN: u32 = 100_000;
const METRE_E7: f64 = 89.9;

pub(crate) struct People {
    users: u32,
    friends: u32,
    keys: [u64; 4],
    half_bits: u32,
}

impl People {
    pub(crate) fn new(users: u32, friends: u32, seed: u64) -> Self {
        let mut random = Seed::new(seed);
        let bits = users.next_power_of_two().trailing_zeros();
        Self {
            users,
            friends: friends.min(users.saturating_sub(1)) & !1,
            keys: std::array::from_fn(|_| random.next()),
            half_bits: bits.div_ceil(2).max(1),
        }
    }

    pub(crate) fn users(&self) -> u32 {
        self.users
    }

    /// Sixteen bytes, as long as a real one.
    pub(crate) fn id(&self, user: u32) -> String {
        crate::towns::id(user)
    }

    /// A user's house number along the street of all friendships: a permutation of the users.
    fn house(&self, user: u32) -> u32 {
        self.walk(user, |one| self.shuffle(one, false))
    }

    fn user_at(&self, house: u32) -> u32 {
        self.walk(house, |one| self.shuffle(one, true))
    }

    /// A permutation of a power of two, walked until it lands among the users.
    fn walk(&self, from: u32, step: impl Fn(u32) -> u32) -> u32 {
        let mut at = step(from);
        while at >= self.users {
            at = step(at);
        }
        at
    }

    /// Four Feistel rounds.
    fn shuffle(&self, word: u32, back: bool) -> u32 {
        let mask = (1 << self.half_bits) - 1;
        let (mut high, mut low) = (word >> self.half_bits, word & mask);
        let round = |half: u32, key: u64| (Seed::new(key ^ u64::from(half)).next() as u32) & mask;
        for turn in 0..4 {
            if back {
                (high, low) = (low ^ round(high, self.keys[3 - turn]), high);
            } else {
                (high, low) = (low, high ^ round(low, self.keys[turn]));
            }
        }
        high << self.half_bits | low
    }

    /// Half of a user's friends; the others count her among theirs.
    pub(crate) fn later_friends(&self, user: u32) -> impl Iterator<Item = u32> {
        let house = self.house(user);
        let users = u64::from(self.users);
        (1..=u64::from(self.friends / 2))
            .map(move |next| self.user_at(((u64::from(house) + next) % users) as u32))
    }

    pub(crate) fn home(&self, user: u32) -> Position {
        let house = self.house(user);
        let town = house / TOWN;
        let towns = f64::from(self.users.div_ceil(TOWN));
        let mut random = Seed::new(self.keys[0] ^ u64::from(house));
        // Towns along a spiral from 50° south to 50° north.
        let lat = -50.0 + 100.0 * (f64::from(town) + 0.5) / towns;
        let lon = (f64::from(town) * 137.507_764) % 358.0 - 179.0;
        let away = TOWN_M * random.unit().sqrt();
        let (east, north) = (random.unit() * std::f64::consts::TAU).sin_cos();
        at(lat, lon, away * east, away * north)
    }

    /// A step from one side of home to the other, of at least forty metres.
    pub(crate) fn step(&self, user: u32, east: bool, draw: u64) -> Position {
        let home = self.home(user);
        let away = 20.0 + (draw & 31) as f64;
        let north = ((draw >> 5) & 31) as f64;
        at(
            home.lat(),
            home.lon(),
            if east { away } else { -away },
            north,
        )
    }
}

fn at(lat: f64, lon: f64, east_m: f64, north_m: f64) -> Position {
    let lat_e7 = lat * 1e7 + north_m * METRE_E7;
    let lon_e7 = lon * 1e7 + east_m * METRE_E7 / lat.to_radians().cos();
    Position::from_e7(lat_e7 as i32, lon_e7 as i32).expect("towns keep clear of poles and borders")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_has_one_house() {
        let people = People::new(1_000, 4, 7);
        let mut houses: Vec<u32> = (0..1_000).map(|user| people.house(user)).collect();
        assert!((0..1_000).all(|user| people.user_at(people.house(user)) == user));
        houses.sort_unstable();
        assert!(houses.into_iter().eq(0..1_000));
    }

    #[test]
    fn friends_are_near_each_other_and_steps_are_moves() {
        let people = People::new(10_000, 40, 7);
        for user in 0..1_000 {
            let home = people.home(user);
            assert_eq!(people.later_friends(user).count(), 20);
            for friend in people.later_friends(user) {
                assert!(nearcast_grid::distance_m(home, people.home(friend)) < 7_950.0);
            }
            let (east, west) = (people.step(user, true, 0), people.step(user, false, 0));
            assert!(nearcast_grid::distance_m(east, west) > 35.0);
        }
    }
}
