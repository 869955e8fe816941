//! The whole list of a viewer against everybody who is to be in it: what should have been told and
//! was not.

use nearcast::wire::Sharing;
use nearcast_grid::{Position, distance_m};

use super::sight::ROUNDED_M;
use super::{Eye, Judge, World};
use crate::tally::Fault;

/// Who has said nothing for longer may expire at any moment.
const EXPIRES_US: u64 = 590_000_000;

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
        for (place, &friend) in (0_u32..).zip(friends) {
            if world.town.people()[friend as usize].sharing == Sharing::Exact {
                self.looks_for(
                    place,
                    friend as usize,
                    &own,
                    (settled_us, now_us),
                    world,
                    judge,
                );
            }
        }
    }

    /// `own`: where the viewer has been since `settled_us`.
    fn looks_for(
        &mut self,
        place: u32,
        friend: usize,
        own: &[Position],
        (settled_us, now_us): (u64, u64),
        world: &World,
        judge: &mut Judge,
    ) {
        let trace = world.trace(friend);
        let hers: Vec<_> = trace.since(settled_us).copied().collect();
        drop(trace);
        // The last is what counted when it settled.
        let (Some(newest), Some(settled)) = (hers.first(), hers.last()) else {
            return;
        };
        let is_settled = !settled.in_doubt && settled.sent_us <= settled_us;
        if !is_settled || newest.repeated_us + EXPIRES_US < now_us {
            return;
        }
        judge.checked += 1;
        let away_m = |to: Position| own.iter().map(move |&from| distance_m(from, to));
        let mut farthest_m = 0.0_f64;
        let mut nearest_m = f64::INFINITY;
        for away_m in hers.iter().flat_map(|said| away_m(said.position)) {
            (farthest_m, nearest_m) = (farthest_m.max(away_m), nearest_m.min(away_m));
        }
        let shown = self.shows.get(&place).copied();
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
}
