//! A list that replaces what a viewer had: its order, and how many it says there are.

use nearcast::wire::server::{Nearby, PersonBuf};
use nearcast::wire::{Mode, Sharing};
use nearcast_grid::Position;

use super::eye::By;
use super::look::{away_m, may_have_expired};
use super::sight::ROUNDED_M;
use super::{Eye, FIRST_LIST, Judge, World};
use crate::tally::Fault;

impl Eye {
    pub(super) fn has_list(
        &mut self,
        nearby: &Nearby,
        now_us: u64,
        world: &World,
        judge: &mut Judge,
    ) {
        self.follows(nearby.seq, true, world, judge);
        self.is_in_order(nearby, world, judge);
        match nearby.mode {
            Mode::Friends => {
                self.is_of_so_many(nearby, now_us, world, judge);
                self.shows.clear();
                self.waits_since_us = None;
                self.whole_since_us.get_or_insert(now_us);
            }
            Mode::Strangers => self.aliases.clear(),
        }
        for person in &nearby.people {
            self.sees(person, By::List, now_us, world, judge);
        }
    }

    /// By distance; who is in the same place, by name. Distances are told to the decimetre, so of
    /// two that are told alike nobody can say which is less.
    fn is_in_order(&self, nearby: &Nearby, world: &World, judge: &mut Judge) {
        judge.checked += 1;
        let name = self.name(world);
        let is_before = |one: &PersonBuf, next: &PersonBuf| {
            let (one, next) = (Row::of(one), Row::of(next));
            let is_tie = one.place == next.place && one.name >= next.name;
            one.distance_m <= next.distance_m && !is_tie
        };
        let wrong = nearby
            .people
            .windows(2)
            .find(|two| !is_before(&two[0], &two[1]));
        if let Some([one, next]) = wrong {
            let (one, next) = (Row::of(one), Row::of(next));
            judge.finds(Fault::Order, || {
                format!(
                    "{name} has a list in which {} at {} m stands before {} at {} m",
                    one.name, one.distance_m, next.name, next.distance_m
                )
            });
        }
        let (listed, total) = (nearby.people.len(), nearby.total as usize);
        // Cut to what a hello asks for, or whole.
        if listed > total || listed < total && listed != FIRST_LIST as usize {
            judge.finds(Fault::Order, || {
                format!("{name} has a list of {listed} people that says there are {total}")
            });
        }
    }

    /// Whether so many friends may be shown to her, when she said hello or since.
    fn is_of_so_many(&self, nearby: &Nearby, now_us: u64, world: &World, judge: &mut Judge) {
        let Some(hello_us) = self.hello_us.filter(|_| !self.is_slow) else {
            return;
        };
        let since_us = hello_us.saturating_sub(world.rules.freshness_us);
        let own: Vec<Position> = {
            let trace = world.trace(self.viewer);
            trace.since(since_us).map(|own| own.position).collect()
        };
        let (mut least, mut most) = (0, 0);
        for &friend in &world.town.people()[self.viewer].friends {
            let (is_near, may_be) =
                self.may_be_near(friend as usize, &own, since_us, now_us, world);
            least += u32::from(is_near);
            most += u32::from(may_be);
        }
        judge.checked += 1;
        if !(least..=most).contains(&nearby.total) {
            let (name, total) = (self.name(world), nearby.total);
            judge.finds(Fault::Order, || {
                format!("{name} was told that {total} friends are near, and {least} to {most} are")
            });
        }
    }

    /// Whether a friend was certainly to be shown from everywhere she may have been, and whether
    /// she may have been.
    fn may_be_near(
        &self,
        friend: usize,
        own: &[Position],
        since_us: u64,
        now_us: u64,
        world: &World,
    ) -> (bool, bool) {
        let trace = world.trace(friend);
        let Some(newest) = trace.newest().copied() else {
            return (false, false);
        };
        match world.town.people()[friend].sharing {
            Sharing::Off => return (false, false),
            Sharing::Approximate => return (false, true),
            Sharing::Exact => {}
        }
        let hers: Vec<_> = trace.since(since_us).copied().collect();
        drop(trace);
        let Some((nearest_m, farthest_m)) = away_m(own, &hers) else {
            return (false, true);
        };
        let settled = hers.last().is_some_and(|said| said.is_settled(since_us));
        let is_near = settled
            && farthest_m <= self.radius_m - ROUNDED_M
            && !may_have_expired(&newest, now_us, world);
        (
            is_near,
            nearest_m <= self.radius_m + self.margin_m + ROUNDED_M,
        )
    }
}

/// What a list is sorted by.
struct Row<'p> {
    distance_m: f64,
    name: &'p str,
    place: Position,
}

impl<'p> Row<'p> {
    fn of(person: &'p PersonBuf) -> Self {
        match person {
            PersonBuf::Friend(friend) => Self {
                distance_m: friend.distance_m,
                name: friend.user.as_str(),
                place: friend.position,
            },
            PersonBuf::Stranger(stranger) => Self {
                distance_m: stranger.distance_m,
                name: &stranger.alias,
                place: stranger.centre,
            },
        }
    }
}
