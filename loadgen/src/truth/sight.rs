//! One person in one message: may she be shown, was she there, is she as far as is said, and how
//! long did that take.

use nearcast::wire::Sharing;
use nearcast::wire::server::FriendBuf;
use nearcast_grid::{Position, distance_m};

use super::eye::{By, Shown};
use super::{Eye, Judge, Said, Trace, World};
use crate::tally::Fault;

/// Distances are rounded, and reckoned in two ways.
pub(super) const ROUNDED_M: f64 = 1.0;
/// The same of long ones, as a share.
const ROUNDED: f64 = 0.0006;
/// Between the moments at which a position is read by the server and by the client.
pub(super) const EN_ROUTE_US: u64 = 2_000_000;
/// Who stands still is told of again once a minute, by a clock that is not the tool's.
const REFRESHED_AFTER_US: u64 = 55_000_000;

/// One friend in one message.
pub(super) struct Sight<'m> {
    pub(super) friend: &'m FriendBuf,
    /// Her place among the viewer's friends.
    pub(super) place: u32,
    /// And in the town.
    pub(super) subject: usize,
    pub(super) by: By,
    pub(super) now_us: u64,
}

impl Eye {
    /// Answers what she is shown by.
    pub(super) fn sees_friend(&self, sight: &Sight<'_>, world: &World, judge: &mut Judge) -> Shown {
        let &Sight {
            friend,
            subject,
            now_us,
            ..
        } = sight;
        let (name, user) = (self.name(world), friend.user.as_str());
        self.is_as_far(
            friend.position,
            friend.distance_m,
            user,
            now_us,
            world,
            judge,
        );
        match world.town.people()[subject].sharing {
            Sharing::Off => {
                judge.finds(Fault::Forbidden, || {
                    format!("{name} was shown {user}, who does not share")
                });
                Shown::unnamed(now_us)
            }
            Sharing::Approximate => {
                if !friend.approximate || !is_middle(friend.position, subject, world) {
                    judge.finds(Fault::Forbidden, || {
                        format!(
                            "{name} was shown {user}, who shares her cell, elsewhere than in its middle"
                        )
                    });
                }
                self.is_heard_about_then(friend, subject, world, judge);
                Shown::unnamed(now_us)
            }
            Sharing::Exact => {
                self.is_heard_then(friend, subject, world, judge);
                self.sees_exactly(sight, world, judge)
            }
        }
    }

    /// Who shares exactly: was she there, and is that news.
    fn sees_exactly(&self, sight: &Sight<'_>, world: &World, judge: &mut Judge) -> Shown {
        let &Sight {
            friend,
            place,
            subject,
            by,
            now_us,
        } = sight;
        let (name, user) = (self.name(world), friend.user.as_str());
        // Who comes anew was not shown before.
        let before = self.shows.get(&place).filter(|_| by == By::Moving);
        let before = before.copied().unwrap_or_default();
        // One trace at a time: the other side may look at this pair too.
        let own_us = world.trace(self.viewer).newest().map(|own| own.intended_us);
        let trace = world.trace(subject);
        let Some(said) = trace.at(friend.position).copied() else {
            drop(trace);
            judge.finds(Fault::Position, || {
                let (lat, lon) = (friend.position.lat(), friend.position.lon());
                format!("{name} was shown {user} at {lat:.7}, {lon:.7}, where she never was")
            });
            return Shown::unnamed(now_us);
        };
        let newer = trace.after(said.number).next().copied();
        let least = trace.first_at(friend.position, before.least);
        let spoke_us = trace.newest().map_or(now_us, |newest| newest.repeated_us);
        let took_us = |one: &Said| now_us.saturating_sub(one.intended_us);
        if said.number > before.number && by == By::Moving {
            let told = self.told_with(&said, before, &trace);
            judge.took_us.extend(told.map(took_us));
        } else if by == By::Entering && self.is_by_her(&said, own_us) {
            judge.took_us.push(took_us(&said));
        }
        drop(trace);
        let shown = Shown {
            number: said.number,
            least: least.unwrap_or(said.number),
            at_us: now_us,
        };
        // What may have been lost with a connection may also have come after the next.
        if least.is_none() && !said.in_doubt {
            judge.finds(Fault::Position, || {
                format!("{name} was shown {user} where she was before the place shown last")
            });
            return shown;
        }
        let is_again = said.number == before.number && !said.in_doubt;
        if is_again && self.is_repeated(before, spoke_us, now_us, world) {
            judge.finds(Fault::Duplicate, || {
                let ago_ms = (now_us - spoke_us) / 1000;
                format!(
                    "{name} was told again where {user} is, who has said nothing for {ago_ms} ms"
                )
            });
        }
        let due_us = newer.map_or(said.sent_us, |newer| newer.sent_us) + world.rules.freshness_us;
        let is_news = newer.is_some() || by == By::Moving && said.number > before.number;
        if is_news && due_us < now_us && !self.is_patient(now_us, world) {
            judge.finds(Fault::Late, || {
                let late_ms = (now_us - due_us) / 1000;
                format!("{name} was told where {user} is {late_ms} ms later than allowed")
            });
        }
        shown
    }

    /// Each statement that is told with this one: what it took counts, however many there are.
    fn told_with<'t>(
        &self,
        said: &Said,
        before: Shown,
        trace: &'t Trace,
    ) -> impl Iterator<Item = &'t Said> {
        let (last, is_slow) = (said.number, self.is_slow);
        let whole_us = self.whole_since_us.unwrap_or(u64::MAX);
        trace
            .after(before.number)
            .take_while(move |one| one.number <= last)
            .filter(move |one| one.intended_us > whole_us && !is_slow)
    }

    /// Whether there is nothing that what was told again could be about: she has not spoken, and it
    /// is no minute's refresh.
    fn is_repeated(&self, before: Shown, spoke_us: u64, now_us: u64, world: &World) -> bool {
        let is_silent = spoke_us + world.rules.freshness_us < now_us;
        let is_refreshed = before.at_us + REFRESHED_AFTER_US <= now_us;
        is_silent && !is_refreshed && !self.is_patient(now_us, world)
    }

    /// Whether it is this statement that made her enter, and nothing that the viewer did.
    fn is_by_her(&self, said: &Said, own_us: Option<u64>) -> bool {
        let is_before = |us: Option<u64>| us.is_some_and(|us| us < said.intended_us);
        !self.is_slow && is_before(self.whole_since_us) && is_before(own_us)
    }

    fn is_as_far(
        &self,
        position: Position,
        said_m: f64,
        who: &str,
        now_us: u64,
        world: &World,
        judge: &mut Judge,
    ) {
        if self.is_patient(now_us, world) {
            return;
        }
        let name = self.name(world);
        let fits = |own: &Said| is_about(distance_m(own.position, position), said_m);
        if !self.is_from(now_us, world, fits) {
            judge.finds(Fault::Distance, || {
                format!("{name} was told that {who} is {said_m} m away, and she is not")
            });
            return;
        }
        let reach_m = self.radius_m + self.margin_m;
        if said_m > reach_m + ROUNDED_M {
            judge.finds(Fault::Distance, || {
                format!("{name} looks {reach_m} m far and was shown {who}, who is {said_m} m away")
            });
        }
    }

    /// Whether something is so from one of the places that the viewer has lately been in; who has
    /// been nowhere is believed everything.
    pub(super) fn is_from(
        &self,
        now_us: u64,
        world: &World,
        is_so: impl Fn(&Said) -> bool,
    ) -> bool {
        let since_us = now_us.saturating_sub(world.rules.freshness_us + EN_ROUTE_US);
        let trace = world.trace(self.viewer);
        trace.newest().is_none() || trace.since(since_us).any(is_so)
    }
}

pub(super) fn is_about(one_m: f64, other_m: f64) -> bool {
    (one_m - other_m).abs() <= ROUNDED_M + ROUNDED * one_m
}

/// Whether it is the middle of a cell that she has been in.
fn is_middle(position: Position, subject: usize, world: &World) -> bool {
    let grid = world.rules.privacy;
    let trace = world.trace(subject);
    trace
        .all()
        .any(|said| grid.cell_at(said.position).centre() == position)
}
