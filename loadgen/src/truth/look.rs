//! The whole list of a viewer against everybody who is to be in it: what should have been told and
//! was not.

use nearcast::wire::Sharing;
use nearcast_grid::{Position, distance_m};

use super::sight::ROUNDED_M;
use super::{Eye, Judge, Said, World};
use crate::tally::Fault;

/// Who has said nothing for nearly the TTL may expire at any moment: so much before it, and less
/// where it is short.
const EXPIRES_BEFORE_US: u64 = 10_000_000;
/// A server looks for who has expired every so often; whose cell is shown expires on epochs, so
/// much after the second.
const EXPIRES_WITHIN_US: u64 = 3_000_000;
const CELL_EXPIRES_WITHIN_US: u64 = 5_000_000;

/// One friend, as she is looked at.
struct Looked {
    /// Her place among the viewer's friends, and in the town.
    place: u32,
    friend: usize,
    newest: Said,
    /// What was said before is known to everybody who is to know it.
    settled_us: u64,
    now_us: u64,
}

impl Eye {
    pub(crate) fn is_looked_through(&mut self, now_us: u64, world: &World, judge: &mut Judge) {
        if self.is_slow {
            return;
        }
        let settled_us = now_us.saturating_sub(world.rules.freshness_us);
        let is_over = |since_us: &mut u64| *since_us < settled_us;
        if self.waits_since_us.take_if(is_over).is_some() {
            let name = self.name(world);
            judge.finds(Fault::Missing, || {
                format!("{name} said hello and was not sent a list of her friends")
            });
        }
        if self
            .whole_since_us
            .is_none_or(|since_us| since_us > settled_us)
        {
            return;
        }
        let own: Vec<Position> = {
            let trace = world.trace(self.viewer);
            trace.since(settled_us).map(|own| own.position).collect()
        };
        if own.is_empty() {
            return;
        }
        let friends = world.town.people()[self.viewer].friends.iter();
        // Where a friend has been since then, newest first; only who shares exactly is looked for.
        let mut hers = Vec::new();
        for (place, &friend) in (0_u32..).zip(friends) {
            let is_exact = world.town.people()[friend as usize].sharing == Sharing::Exact;
            let trace = world.trace(friend as usize);
            let newest = trace.newest().copied();
            if is_exact {
                hers.clear();
                hers.extend(trace.since(settled_us).copied());
            }
            drop(trace);
            let Some(newest) = newest else {
                continue;
            };
            let looked = Looked {
                place,
                friend: friend as usize,
                newest,
                settled_us,
                now_us,
            };
            if self.shows.contains_key(&place) {
                self.looks_whether_she_has_expired(&looked, world, judge);
            }
            if is_exact {
                self.looks_for(&looked, &own, &hers, world, judge);
            }
        }
    }

    /// `own` and `hers`: where the two have been since it settled.
    fn looks_for(
        &mut self,
        looked: &Looked,
        own: &[Position],
        hers: &[Said],
        world: &World,
        judge: &mut Judge,
    ) {
        let &Looked {
            place,
            friend,
            now_us,
            ..
        } = looked;
        // The last is what counted when it settled.
        let Some(settled) = hers.last() else {
            return;
        };
        if !settled.is_settled(looked.settled_us) || may_have_expired(&looked.newest, now_us, world)
        {
            return;
        }
        judge.checked += 1;
        let Some((nearest_m, farthest_m)) = away_m(own, hers) else {
            return;
        };
        let shown = self.shows.get(&place).map(|shown| shown.number);
        let wrong = if farthest_m <= self.radius_m - ROUNDED_M {
            shown.is_none_or(|number| number < settled.number)
        } else {
            nearest_m > self.radius_m + self.margin_m + ROUNDED_M && shown.is_some()
        };
        if !wrong || self.missed.insert(place, settled.number) == Some(settled.number) {
            return;
        }
        let (name, who) = (self.name(world), &world.town.people()[friend].name);
        let ago_ms = (now_us - settled.sent_us) / 1000;
        judge.finds(Fault::Missing, || match shown {
            Some(_) => format!("{name} was not told of {who}'s move {ago_ms} ms ago"),
            None => format!("{name} does not show {who}, {farthest_m:.0} m away for {ago_ms} ms"),
        });
    }

    fn looks_whether_she_has_expired(&mut self, looked: &Looked, world: &World, judge: &mut Judge) {
        let &Looked {
            place,
            friend,
            newest,
            now_us,
            ..
        } = looked;
        let within_us = match world.town.people()[friend].sharing {
            Sharing::Approximate => 2 * world.rules.epoch_us + CELL_EXPIRES_WITHIN_US,
            Sharing::Exact | Sharing::Off => EXPIRES_WITHIN_US,
        };
        let gone_us =
            newest.repeated_us + world.rules.ttl_us + world.rules.freshness_us + within_us;
        if now_us <= gone_us
            || self.expired.insert(place, newest.repeated_us) == Some(newest.repeated_us)
        {
            return;
        }
        let (name, who) = (self.name(world), &world.town.people()[friend].name);
        let ago_s = (now_us - newest.repeated_us) / 1_000_000;
        judge.finds(Fault::Forbidden, || {
            format!("{name} still shows {who}, who has said nothing for {ago_s} s")
        });
    }
}

/// Whether a server may take her to be gone, by what she said last.
pub(super) fn may_have_expired(newest: &Said, now_us: u64, world: &World) -> bool {
    let ttl_us = world.rules.ttl_us;
    newest.repeated_us + ttl_us - EXPIRES_BEFORE_US.min(ttl_us / 3) < now_us
}

/// The least and the most that they may be apart.
pub(super) fn away_m(own: &[Position], hers: &[Said]) -> Option<(f64, f64)> {
    let pairs = hers
        .iter()
        .flat_map(|said| own.iter().map(|&own| distance_m(own, said.position)));
    pairs.fold(None, |so_far, away_m| {
        let (nearest_m, farthest_m) = so_far.unwrap_or((away_m, away_m));
        Some((away_m.min(nearest_m), away_m.max(farthest_m)))
    })
}
