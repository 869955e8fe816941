//! What values must be, beyond their kind: ranges, and what must hold among them.

use std::fmt::Display;
use std::ops::RangeInclusive;

use nearcast::wire::RADIUS_M;

use super::{Kind, Scenario};
use crate::town;

const SHARE: RangeInclusive<f64> = 0.0..=1.0;
const DAY_S: f64 = 24.0 * 3600.0;
/// What rounding may do to a sum of shares.
const ROUNDING: f64 = 1e-6;

pub(super) fn faults(scenario: &Scenario) -> Vec<String> {
    let mut checks = Checks {
        scenario,
        faults: Vec::new(),
    };
    checks.people();
    checks.place();
    checks.movement();
    checks.think();
    checks.sessions();
    checks.trouble();
    checks.faults
}

struct Checks<'s> {
    scenario: &'s Scenario,
    faults: Vec<String>,
}

impl Checks<'_> {
    /// A number within its range. NaN is in none.
    fn within<T: PartialOrd + Display>(&mut self, key: &str, value: T, range: RangeInclusive<T>) {
        if !range.contains(&value) {
            let (from, to) = (range.start(), range.end());
            self.faults
                .push(format!("{key}: {value} is not within {from}..={to}"));
        }
    }

    fn all_within(&mut self, range: &RangeInclusive<f64>, values: &[(&str, f64)]) {
        for (key, value) in values {
            self.within(key, *value, range.clone());
        }
    }

    fn people(&mut self) {
        let Scenario {
            people, district, ..
        } = *self.scenario;
        self.within("people", people, 1..=10_000_000);
        self.within("district", district, 2..=1_000_000);
        let districts = people.div_ceil(district.max(1));
        if districts > town::MOST_DISTRICTS {
            self.faults.push(format!(
                "district: {district} of {people} people are {districts} districts, and the world \
                 has room for {}",
                town::MOST_DISTRICTS
            ));
        }
        let friends = &self.scenario.friends;
        self.within("friends.mean", friends.mean, 0..=5000);
        self.within("friends.most", friends.most, 1..=5000);
        self.within("friends.absent", friends.absent, 0..=5000);
        if friends.most < friends.mean {
            self.faults.push(format!(
                "friends.most: {} is less than friends.mean, which is {}",
                friends.most, friends.mean
            ));
        }
    }

    fn place(&mut self) {
        let place = &self.scenario.place;
        self.within("place.lat", place.lat, -80.0..=80.0);
        self.within("place.lon", place.lon, -180.0..=180.0);
        self.within("place.radius_m", place.radius_m, 50.0..=50_000.0);
        self.within("place.block_m", place.block_m, 2.0..=1000.0);
        if place.block_m > place.radius_m / 2.0 {
            self.faults.push(format!(
                "place.block_m: {} is more than half of place.radius_m, {}, so there is no street",
                place.block_m, place.radius_m
            ));
        }
    }

    fn movement(&mut self) {
        let movement = &self.scenario.movement;
        let shares = [
            ("movement.walk", movement.walk),
            ("movement.bus", movement.bus),
            ("movement.car", movement.car),
            ("movement.still", movement.still),
        ];
        self.all_within(&SHARE, &shares);
        let sum: f64 = shares.iter().map(|(_, share)| share).sum();
        if (sum - 1.0).abs() > ROUNDING {
            self.faults.push(format!(
                "movement: walk, bus, car and still are {sum:.3} together, not 1"
            ));
        }
        if self.scenario.place.kind == Kind::Stadium {
            for (key, share) in [shares[1], shares[2]] {
                if share > 0.0 {
                    self.faults.push(format!(
                        "{key}: {share} is not 0, and nobody drives in a stadium"
                    ));
                }
            }
        }
        self.within("movement.move_every_s", movement.move_every_s, 0.1..=3600.0);
        let every_s = movement.stops_every_s;
        self.within("movement.stops_every_s", every_s, 1.0..=DAY_S);
        self.within("movement.stop_s", movement.stop_s, 0.0..=DAY_S);
    }

    fn think(&mut self) {
        let think = &self.scenario.think;
        self.all_within(
            &(0.0..=DAY_S),
            &[
                ("think.before_first_s", think.before_first_s),
                ("think.between_s", think.between_s),
            ],
        );
    }

    fn sessions(&mut self) {
        let sessions = &self.scenario.sessions;
        self.all_within(
            &SHARE,
            &[
                ("sessions.json", sessions.json),
                ("sessions.strangers", sessions.strangers),
                ("sessions.consent", sessions.consent),
                ("sessions.approximate", sessions.approximate),
                ("sessions.off", sessions.off),
            ],
        );
        self.all_within(
            &(0.0..=DAY_S),
            &[
                ("sessions.arrive_over_s", sessions.arrive_over_s),
                ("sessions.stay_s", sessions.stay_s),
                ("sessions.away_s", sessions.away_s),
            ],
        );
        self.within("sessions.radius_m", sessions.radius_m, RADIUS_M);
        let sum = sessions.approximate + sessions.off;
        if sum > 1.0 + ROUNDING {
            self.faults.push(format!(
                "sessions: approximate and off are {sum:.3} together, more than 1"
            ));
        }
    }

    fn trouble(&mut self) {
        let trouble = &self.scenario.trouble;
        self.all_within(
            &SHARE,
            &[
                ("trouble.silent", trouble.silent),
                ("trouble.slow", trouble.slow),
                ("trouble.sleep", trouble.sleep),
            ],
        );
        // Shorter ones would be a person who does nothing else.
        self.all_within(
            &(1.0..=DAY_S),
            &[
                ("trouble.silent_after_s", trouble.silent_after_s),
                ("trouble.silent_for_s", trouble.silent_for_s),
                ("trouble.sleep_after_s", trouble.sleep_after_s),
                ("trouble.sleep_for_s", trouble.sleep_for_s),
            ],
        );
        for at_s in &trouble.reconnect_all_at_s {
            self.within("trouble.reconnect_all_at_s", *at_s, 0.0..=DAY_S);
        }
        if trouble.reconnect_every_s != 0.0 {
            let every_s = trouble.reconnect_every_s;
            self.within("trouble.reconnect_every_s", every_s, 1.0..=DAY_S);
        }
        let slow = trouble.slow_bytes_per_s;
        self.within("trouble.slow_bytes_per_s", slow, 1..=1_000_000_000);
    }
}
