//! When somebody was last heard of: the server's time for it against when she spoke.

use nearcast::wire::server::{FriendBuf, Welcome};
use nearcast_grid::Position;

use super::sight::EN_ROUTE_US;
use super::{Eye, Judge, World};
use crate::tally::Fault;

/// Milliseconds are cut, and clocks are not the same after hours.
const ROUNDED_US: i64 = 200_000;
const MINUTE_MS: u64 = 60_000;
const MINUTE_US: i64 = 60_000_000;

/// The server's clock, as a welcome shows it: what is to be taken from a time of its to have one
/// of the run, at least and at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct ServerClock {
    least_us: i64,
    most_us: i64,
}

impl ServerClock {
    /// It said its time between the hello and now.
    pub(super) fn of(welcome: &Welcome, hello_us: u64, now_us: u64) -> Self {
        let its_us = 1000 * welcome.server_time as i64;
        Self {
            least_us: its_us - now_us as i64,
            most_us: its_us - hello_us as i64,
        }
    }

    /// A time of the server's as times of the run: the first and the last that it may be.
    fn of_the_run(self, its_ms: u64) -> (i64, i64) {
        let its_us = 1000 * its_ms as i64;
        (
            its_us - self.most_us - ROUNDED_US,
            its_us - self.least_us + ROUNDED_US,
        )
    }
}

impl Eye {
    /// `subject` shares exactly: she was heard when she said this, or since.
    pub(super) fn is_heard_then(
        &self,
        friend: &FriendBuf,
        subject: usize,
        world: &World,
        judge: &mut Judge,
    ) {
        let Some(clock) = self.clock.filter(|_| !self.is_slow) else {
            return;
        };
        let (from_us, to_us) = clock.of_the_run(friend.seen_at);
        let Some((first_us, last_us)) = spoke(subject, Some(friend.position), world) else {
            return;
        };
        if to_us < first_us || from_us > last_us {
            self.was_not_heard(friend, (from_us, first_us, last_us), world, judge);
        }
    }

    /// `subject` shares her cell: to the minute, and perhaps an epoch late.
    pub(super) fn is_heard_about_then(
        &self,
        friend: &FriendBuf,
        subject: usize,
        world: &World,
        judge: &mut Judge,
    ) {
        if !friend.seen_at.is_multiple_of(MINUTE_MS) {
            let (name, user) = (self.name(world), friend.user.as_str());
            judge.finds(Fault::Seen, || {
                format!(
                    "{name} was told to the millisecond when {user} was heard, who shares her cell"
                )
            });
            return;
        }
        let Some(clock) = self.clock.filter(|_| !self.is_slow) else {
            return;
        };
        let (from_us, to_us) = clock.of_the_run(friend.seen_at);
        let Some((first_us, last_us)) = spoke(subject, None, world) else {
            return;
        };
        if to_us + MINUTE_US < first_us || from_us > last_us {
            self.was_not_heard(friend, (from_us, first_us, last_us), world, judge);
        }
    }

    fn was_not_heard(
        &self,
        friend: &FriendBuf,
        (told_us, first_us, last_us): (i64, i64, i64),
        world: &World,
        judge: &mut Judge,
    ) {
        let (name, user) = (self.name(world), friend.user.as_str());
        let [told, first, last] = [told_us, first_us, last_us].map(|us| us as f64 / 1e6);
        judge.finds(Fault::Seen, || {
            format!(
                "{name} was told that {user} was heard {told:.1} s into the run, and it was from {first:.1} to {last:.1} s"
            )
        });
    }
}

/// Since when she has said this, if anything is asked, and when she can last have been heard; none
/// when she was not, or nobody remembers.
fn spoke(subject: usize, there: Option<Position>, world: &World) -> Option<(i64, i64)> {
    let trace = world.trace(subject);
    let is_it = |position| there.is_none_or(|there| there == position);
    let first = trace.all().find(|said| is_it(said.position))?;
    if there.is_none() && first.number > 1 {
        return None;
    }
    let late_us = world.rules.freshness_us + EN_ROUTE_US;
    let last_us = trace.newest()?.repeated_us + late_us;
    Some((first.first_us as i64, last_us as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_the_servers_is_one_of_the_run_as_well_as_its_welcome_shows() {
        let clock = ServerClock {
            least_us: 5_000_000_000 - 700_000,
            most_us: 5_000_000_000 - 500_000,
        };
        // It said 5,000 s between 0.5 and 0.7 s of the run.
        assert_eq!(clock.of_the_run(5_000_000), (300_000, 900_000));
        assert_eq!(clock.of_the_run(5_010_000), (10_300_000, 10_900_000));
    }
}
