//! Somebody who is gone, and why: whether that can be so.

use nearcast::wire::server::{Changes, ExitBuf, WhoBuf};
use nearcast::wire::{Sharing, Why};
use nearcast_grid::{Position, distance_m};

use super::sight::{EN_ROUTE_US, ROUNDED_M};
use super::{Eye, Judge, World};
use crate::tally::Fault;

/// Two clocks count a second differently.
const ROUNDED_US: u64 = 1_000_000;

impl Eye {
    pub(super) fn leave(
        &mut self,
        changes: &Changes,
        now_us: u64,
        world: &World,
        judge: &mut Judge,
    ) {
        for ExitBuf { who, why } in &changes.exited {
            let (was_there, who) = match who {
                WhoBuf::User(user) => {
                    let place = self.friend(user.as_str(), world);
                    if let Some(place) = place {
                        self.leaves(place, *why, now_us, world, judge);
                    }
                    let shown = place.and_then(|place| self.shows.remove(&place));
                    (shown.is_some(), user.as_str())
                }
                WhoBuf::Alias(alias) => {
                    self.is_out_of_sight(*why, now_us, world, judge);
                    (self.aliases.remove(alias).is_some(), alias.as_str())
                }
            };
            if !was_there {
                let name = self.name(world);
                judge.finds(Fault::Protocol, || {
                    format!("{name} was told that {who} is gone, whom she did not show")
                });
            }
        }
    }

    /// A friend.
    fn leaves(&self, place: u32, why: Why, now_us: u64, world: &World, judge: &mut Judge) {
        judge.checked += 1;
        let friend = world.town.people()[self.viewer].friends[place as usize] as usize;
        let (name, who) = (self.name(world), &world.town.people()[friend].name);
        match why {
            Why::Left => judge.finds(Fault::Why, || {
                format!("{name} was told that {who} has left, who shares and is her friend")
            }),
            Why::Inactive => {
                // What came later the server may not have got round to.
                let by_us = now_us.saturating_sub(world.rules.freshness_us + EN_ROUTE_US);
                let heard_us = world.trace(friend).heard_by(by_us);
                let Some(heard_us) = heard_us.filter(|_| !self.is_slow) else {
                    return;
                };
                if now_us + ROUNDED_US < heard_us + world.rules.ttl_us {
                    let ago_s = (now_us - heard_us) / 1_000_000;
                    judge.finds(Fault::Why, || {
                        format!(
                            "{name} was told that {who} is inactive, who was heard {ago_s} s ago"
                        )
                    });
                }
            }
            Why::Radius if !self.is_patient(now_us, world) => {
                let farthest_m = self.farthest_m(friend, now_us, world);
                let reach_m = self.radius_m + self.margin_m - ROUNDED_M;
                if farthest_m.is_some_and(|farthest_m| farthest_m < reach_m) {
                    let farthest_m = farthest_m.unwrap_or_default();
                    judge.finds(Fault::Why, || {
                        format!(
                            "{name} was told that {who} is out of reach, {farthest_m:.0} m away"
                        )
                    });
                }
            }
            Why::Radius => {}
        }
    }

    /// How far away she may have been when it was decided; none: nobody can say.
    fn farthest_m(&self, friend: usize, now_us: u64, world: &World) -> Option<f64> {
        let since_us = now_us.saturating_sub(world.rules.freshness_us + EN_ROUTE_US);
        let own: Vec<Position> = {
            let trace = world.trace(self.viewer);
            trace.since(since_us).map(|own| own.position).collect()
        };
        let is_veiled = world.town.people()[friend].sharing == Sharing::Approximate;
        let since_us = match is_veiled {
            true => since_us.saturating_sub(world.rules.released_within_us()),
            false => since_us,
        };
        let grid = world.rules.privacy;
        let trace = world.trace(friend);
        let places = trace.since(since_us).map(|said| match is_veiled {
            true => grid.cell_at(said.position).centre(),
            false => said.position,
        });
        let away_m = places.flat_map(|to| own.iter().map(move |&from| distance_m(from, to)));
        away_m.reduce(f64::max)
    }

    /// A stranger: nobody withdraws her consent in a run, and before anybody can have expired
    /// nobody has.
    fn is_out_of_sight(&self, why: Why, now_us: u64, world: &World, judge: &mut Judge) {
        judge.checked += 1;
        let is_so = match why {
            Why::Left => false,
            Why::Inactive => now_us + ROUNDED_US >= world.rules.ttl_us,
            Why::Radius => true,
        };
        if !is_so {
            let name = self.name(world);
            judge.finds(Fault::Why, || {
                format!("{name} was told that a stranger is gone because of {why:?}, and none is")
            });
        }
    }
}
