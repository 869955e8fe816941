//! The truth: who is where, and what of that may be told to whom. Written from the protocol, in
//! the plainest way that there is; shares no code with the broker.

use std::collections::{BTreeMap, BTreeSet};

use nearcast::broker::{Account, Config, Profile};
use nearcast::wire::Sharing;
use nearcast_grid::{Cell, Position};

use crate::globe::metres;
use crate::seat::Client;

/// This near to a border either answer is right.
const TOLERANCE_M: f64 = 0.05;
/// Within this time of its end an activity may have ended or not.
const EXPIRY_SLACK_MS: u64 = 3000;

#[derive(Default)]
pub(crate) struct Human {
    pub(crate) id: String,
    /// In the world.
    pub(crate) here: bool,
    /// Where her last move of ten metres took her.
    pub(crate) position: Option<Position>,
    pub(crate) about: [Option<f32>; 3],
    pub(crate) seen: u64,
    /// Her watchers know that she was seen then, or later.
    pub(crate) told: u64,
    /// And may have been told then: a minute is counted in whole seconds.
    pub(crate) maybe_told: u64,
    /// Something that she did may have been told then; other people's moves do not count.
    pub(crate) stirred: u64,
    pub(crate) shares: bool,
    pub(crate) veiled: bool,
    /// When she began to share exactly: before, her end was told on epochs.
    pub(crate) unveiled: u64,
    /// Sharing ends then, and becomes that.
    pub(crate) lent: Option<(u64, Sharing)>,
    pub(crate) open: bool,
    /// Strangers may know her by an alias: she was open in this stay, or in an earlier one.
    pub(crate) was_open: bool,
    pub(crate) was_open_before: bool,
    pub(crate) pool: &'static str,
    pub(crate) profile: Profile,
    pub(crate) profile_changed: bool,
    /// Her cell at the last epoch.
    pub(crate) candidate: Option<Cell>,
    /// The cell that strangers may know.
    pub(crate) released: Option<Cell>,
    /// The cell that friends see, while she shares approximately.
    pub(crate) shown: Option<Cell>,
    /// Strangers see her.
    pub(crate) lodged: bool,
    /// When she was seen, as of the last epoch.
    pub(crate) minute: u64,
    pub(crate) erased: bool,
    pub(crate) went_idle: bool,
    /// Changed since somebody took the changes.
    pub(crate) changed: bool,
    /// Rounds in which nothing kept her in the world, and since when.
    pub(crate) idle: Option<(u64, u32)>,
}

/// What a view must say of somebody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Expect {
    In,
    Out,
    /// Between radius and radius + margin.
    AsBefore,
    Either,
}

pub(crate) struct Truth {
    pub(crate) config: Config,
    pub(crate) now: u64,
    pub(crate) tidied: u64,
    pub(crate) epoch: u64,
    /// When the last epoch was.
    pub(crate) epoch_at: u64,
    pub(crate) people: Vec<Human>,
    pub(crate) friends: BTreeSet<(usize, usize)>,
    pub(crate) blocks: BTreeSet<(usize, usize)>,
    /// Who was parted, through which period of aliases; not sure: of who came back it depends on
    /// how long she was away.
    pub(crate) parted: BTreeMap<(usize, usize), (u64, bool)>,
}

pub(crate) fn pair(one: usize, other: usize) -> (usize, usize) {
    (one.min(other), one.max(other))
}

impl Truth {
    pub(crate) fn are_friends(&self, one: usize, other: usize) -> bool {
        self.friends.contains(&pair(one, other))
    }

    pub(crate) fn blocked(&self, one: usize, other: usize) -> bool {
        self.blocks.contains(&(one, other)) || self.blocks.contains(&(other, one))
    }

    /// Whether she was heard of within the TTL; none: it may have ended just now.
    pub(crate) fn active(&self, user: usize) -> Option<bool> {
        let human = &self.people[user];
        let ends = human.seen + self.config.ttl_ms;
        match human.position {
            None => Some(false),
            Some(_) if ends > self.now => Some(true),
            // Of who shares approximately it is told on epochs.
            Some(_) if human.veiled && self.epoch_at < ends => None,
            Some(_) if self.tidied >= ends.max(human.unveiled) + EXPIRY_SLACK_MS => Some(false),
            Some(_) => None,
        }
    }

    /// Where friends may see her.
    pub(crate) fn shown_at(&self, user: usize) -> Option<Position> {
        let human = &self.people[user];
        if human.veiled {
            human.shown.map(Cell::centre)
        } else {
            human.position
        }
    }

    // The brute force for friends.

    pub(crate) fn expect(&self, client: &Client, subject: usize) -> Expect {
        let eye = self.people[client.user].position;
        let hidden = !client.friends || client.orphan || client.hidden.contains(&subject);
        if hidden {
            return Expect::Out;
        }
        self.expect_from(client.user, eye, client.radius_m, subject)
    }

    pub(crate) fn expect_from(
        &self,
        viewer: usize,
        eye: Option<Position>,
        radius_m: f32,
        subject: usize,
    ) -> Expect {
        let human = &self.people[subject];
        // Of who shares approximately, that she has gone is told on epochs.
        let active = if human.veiled {
            Some(true)
        } else {
            self.active(subject)
        };
        let may =
            self.are_friends(viewer, subject) && !self.blocked(viewer, subject) && human.shares;
        let (Some(eye), Some(shown), true, Some(true) | None) =
            (eye, self.shown_at(subject), may, active)
        else {
            return Expect::Out;
        };
        let radius = f64::from(radius_m);
        let limit = radius + (radius / 10.0).min(100.0);
        let apart = metres(eye, shown);
        match apart {
            _ if apart > limit + TOLERANCE_M => Expect::Out,
            _ if active.is_none() => Expect::Either,
            _ if apart < radius - TOLERANCE_M => Expect::In,
            _ if apart > radius + TOLERANCE_M && apart < limit - TOLERANCE_M => Expect::AsBefore,
            _ => Expect::Either,
        }
    }

    // What changes it.

    pub(crate) fn admit(&mut self, user: usize, account: &Account, pool: &'static str) -> bool {
        let new = !self.people[user].here;
        if new {
            self.leave(user);
            let human = &mut self.people[user];
            human.here = true;
        }
        self.people[user].stirred = self.now;
        self.share(user, account.sharing, account.sharing_until);
        self.set_open(user, account.open, pool);
        self.set_profile(user, &account.profile);
        new
    }

    pub(crate) fn set_profile(&mut self, user: usize, profile: &Profile) {
        let human = &mut self.people[user];
        human.profile_changed |= human.profile != *profile;
        human.profile = profile.clone();
    }

    /// She said where she is, and it counts; `went`: by ten metres or more.
    pub(crate) fn went(&mut self, user: usize, to: Position, about: [Option<f32>; 3], went: bool) {
        let now = self.now;
        let human = &mut self.people[user];
        human.about = about;
        human.seen = now;
        human.idle = None;
        human.changed = true;
        if went {
            human.position = Some(to);
            (human.told, human.maybe_told, human.stirred) = (now, now, now);
        } else if !human.veiled && now - human.maybe_told >= 59_000 {
            if now - human.maybe_told.max(human.told) > 61_000 {
                human.told = now;
            }
            (human.maybe_told, human.stirred) = (now, now);
        }
    }

    pub(crate) fn share(&mut self, user: usize, sharing: Sharing, until: Option<u64>) {
        let now = self.now;
        let human = &mut self.people[user];
        let over = until.is_some_and(|until| until <= now);
        let sharing = if over { Sharing::Off } else { sharing };
        human.lent = until.filter(|&until| until > now).map(|until| {
            let lasting = human.lent.map_or_else(|| human.sharing(), |lent| lent.1);
            (
                until,
                if sharing == Sharing::Off {
                    lasting
                } else {
                    Sharing::Off
                },
            )
        });
        human.share_as(sharing, now);
    }

    pub(crate) fn set_open(&mut self, user: usize, open: bool, pool: &'static str) {
        let human = &mut self.people[user];
        let was_open = human.open;
        if was_open == open && human.pool == pool {
            return;
        }
        human.lodged = false;
        human.open = open;
        human.was_open |= open;
        human.pool = pool;
        human.changed = true;
        if open && !was_open {
            human.begin_release();
        } else if !open {
            human.end_release();
        }
    }

    pub(crate) fn leave(&mut self, user: usize) {
        let human = &mut self.people[user];
        *human = Human {
            id: std::mem::take(&mut human.id),
            erased: human.erased,
            went_idle: human.went_idle,
            was_open_before: human.was_open || human.was_open_before,
            profile_changed: true,
            ..Human::default()
        };
        self.friends
            .retain(|&(one, other)| one != user && other != user);
        self.blocks
            .retain(|&(one, other)| one != user && other != user);
    }

    /// What time brings. Answers whether an epoch was.
    pub(crate) fn tidy(&mut self) -> bool {
        self.tidied = self.now;
        let now = self.now;
        for human in &mut self.people {
            if let Some((_, then)) = human.lent.filter(|lent| lent.0 <= now) {
                human.lent = None;
                human.share_as(then, now);
            }
        }
        let epoch = self.now / self.config.strangers.epoch_ms;
        if epoch == self.epoch {
            return false;
        }
        (self.epoch, self.epoch_at) = (epoch, now);
        let (ttl_ms, grid) = (self.config.ttl_ms, self.config.strangers.privacy);
        for human in self
            .people
            .iter_mut()
            .filter(|human| human.here && (human.veiled || human.open))
        {
            let cell = human
                .position
                .filter(|_| human.seen + ttl_ms > now && human.shares)
                .map(|at| grid.cell_at(at));
            human.release(cell);
        }
        true
    }
}

impl Human {
    pub(crate) fn sharing(&self) -> Sharing {
        match (self.shares, self.veiled) {
            (false, _) => Sharing::Off,
            (true, true) => Sharing::Approximate,
            (true, false) => Sharing::Exact,
        }
    }

    fn share_as(&mut self, sharing: Sharing, now: u64) {
        if self.sharing() == sharing {
            return;
        }
        self.changed = true;
        (self.told, self.stirred) = (self.seen, now);
        match sharing {
            Sharing::Off => {
                self.shares = false;
                self.lodged = false;
            }
            Sharing::Exact => {
                self.unveiled = now;
                (self.shares, self.veiled, self.shown) = (true, false, None);
                self.end_release();
            }
            Sharing::Approximate => {
                self.shares = true;
                if !std::mem::replace(&mut self.veiled, true) {
                    self.shown = None;
                    self.begin_release();
                }
            }
        }
    }

    /// From here on two epochs running are waited for.
    fn begin_release(&mut self) {
        self.candidate = None;
        if self.veiled && !self.lodged {
            self.released = None;
        }
    }

    fn end_release(&mut self) {
        if !self.veiled && !self.open {
            (self.candidate, self.released) = (None, None);
        }
    }

    /// An epoch, with her cell, if she is active.
    fn release(&mut self, cell: Option<Cell>) {
        let Some(cell) = cell else {
            (self.candidate, self.released, self.shown, self.lodged) = (None, None, None, false);
            return;
        };
        self.minute = self.seen / 60_000 * 60_000;
        if self.candidate.replace(cell) == Some(cell) {
            self.released = Some(cell);
            self.shown = Some(cell).filter(|_| self.veiled);
        }
        self.lodged = self.open && self.shares && self.released.is_some();
    }
}
