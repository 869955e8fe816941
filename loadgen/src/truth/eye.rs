//! What one viewer has on her screen, rebuilt from what the server sent her. What comes is held
//! against the truth by `sight.rs` and `exit.rs`, a list by `list.rs`, all she has by `look.rs`.

use std::collections::HashMap;

use nearcast::wire::server::{Changes, PersonBuf, Welcome};
use nearcast::wire::{Event, Modes};

use super::heard::ServerClock;
use super::sight::Sight;
use super::{Judge, World};
use crate::tally::Fault;
use crate::town::Reads;

/// How somebody got into a message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    List,
    Entering,
    Moving,
}

/// What the number of the next message may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// One more than this.
    After(u64),
    /// The same, or more if it is a list: some were lost with the last connection.
    AfterOrList(u64),
}

/// What she was last shown of a friend.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shown {
    /// The newest statement that it may have been by; 0: by none that one could name.
    pub(super) number: u64,
    /// The oldest.
    pub(super) least: u64,
    pub(super) at_us: u64,
}

impl Shown {
    pub(super) fn unnamed(at_us: u64) -> Self {
        Self {
            at_us,
            ..Self::default()
        }
    }
}

pub(crate) struct Eye {
    pub(super) viewer: usize,
    /// Who reads slowly is told late, and that is nobody's fault.
    pub(super) is_slow: bool,
    /// By their place among her friends.
    pub(super) shows: HashMap<u32, Shown>,
    /// With the cell that each was last shown in.
    pub(super) aliases: HashMap<String, u64>,
    next: Next,
    /// Since when she is to be told of everything; none: she hears nothing.
    pub(super) whole_since_us: Option<u64>,
    /// Since when she waits for her first list.
    pub(super) waits_since_us: Option<u64>,
    /// When she last said hello.
    pub(super) hello_us: Option<u64>,
    pub(super) clock: Option<ServerClock>,
    pub(super) radius_m: f64,
    pub(super) margin_m: f64,
    /// Statements that she was already found to have missed.
    pub(super) missed: HashMap<u32, u64>,
    /// And that she was found to be shown after they had expired.
    pub(super) expired: HashMap<u32, u64>,
}

impl Eye {
    pub(crate) fn new(viewer: usize, world: &World) -> Self {
        let person = &world.town.people()[viewer];
        Self {
            viewer,
            is_slow: !matches!(person.reads, Reads::Always),
            shows: HashMap::new(),
            aliases: HashMap::new(),
            next: Next::After(0),
            whole_since_us: None,
            waits_since_us: None,
            hello_us: None,
            clock: None,
            radius_m: f64::from(person.radius_m),
            margin_m: 0.0,
            missed: HashMap::new(),
            expired: HashMap::new(),
        }
    }

    /// She has said hello, and is to be answered.
    pub(crate) fn waits(&mut self, now_us: u64) {
        (self.waits_since_us, self.hello_us) = (Some(now_us), Some(now_us));
    }

    /// She hears nothing from here on.
    pub(crate) fn closes(&mut self) {
        (self.whole_since_us, self.waits_since_us) = (None, None);
    }

    /// What came meanwhile she is told now, if it is on its way to her: late is only what comes
    /// after it.
    pub(crate) fn opens(&mut self, now_us: u64) {
        if self.waits_since_us.is_none() {
            self.whole_since_us = Some(now_us);
        }
    }

    pub(crate) fn hears(&mut self, event: &Event, now_us: u64, world: &World, judge: &mut Judge) {
        match event {
            Event::Welcome(welcome) => self.is_welcomed(welcome, now_us, world, judge),
            Event::Nearby(nearby) if !nearby.page => {
                self.has_list(nearby, now_us, world, judge);
                self.are_so_many(nearby.people.iter(), now_us, world, judge);
            }
            Event::Changes(changes) => self.has_changes(changes, now_us, world, judge),
            _ => {}
        }
    }

    /// Whether she may be told late, or by places that she has left since.
    pub(super) fn is_patient(&self, now_us: u64, world: &World) -> bool {
        let settles_us = |since_us: u64| since_us + world.rules.freshness_us;
        self.is_slow
            || self
                .whole_since_us
                .is_none_or(|since_us| now_us < settles_us(since_us))
    }

    fn is_welcomed(&mut self, welcome: &Welcome, now_us: u64, world: &World, judge: &mut Judge) {
        let hello_us = self.hello_us.unwrap_or_default();
        self.clock = Some(ServerClock::of(welcome, hello_us, now_us));
        self.are_granted(welcome.modes, world, judge);
        (self.radius_m, self.margin_m) = (welcome.radius_m, welcome.margin_m);
        if welcome.resumed {
            let (Next::After(seq) | Next::AfterOrList(seq)) = self.next;
            self.next = Next::AfterOrList(seq);
            self.waits_since_us = None;
            self.whole_since_us = Some(now_us);
        } else {
            self.next = Next::After(0);
            self.shows.clear();
            self.aliases.clear();
        }
    }

    /// Everybody asks for friends, and who has the mode strangers for that too; it is granted to who
    /// consents.
    fn are_granted(&self, granted: Modes, world: &World, judge: &mut Judge) {
        let (name, may) = (self.name(world), world.town.people()[self.viewer].consents);
        if granted.strangers && !may {
            judge.finds(Fault::Forbidden, || {
                format!("{name} was granted the mode strangers, and may not have it")
            });
        }
        let withheld = [
            ("friends", !granted.friends),
            ("strangers", may && !granted.strangers),
        ];
        for (mode, _) in withheld.into_iter().filter(|(_, is_withheld)| *is_withheld) {
            judge.finds(Fault::Missing, || {
                format!("{name} asked for the mode {mode}, and was not granted it")
            });
        }
    }

    pub(super) fn follows(&mut self, seq: u64, is_list: bool, world: &World, judge: &mut Judge) {
        let (is_next, before) = match self.next {
            Next::AfterOrList(before) if is_list => (seq > before, before),
            Next::After(before) | Next::AfterOrList(before) => (seq == before + 1, before),
        };
        if !is_next {
            let name = self.name(world);
            judge.finds(Fault::Protocol, || {
                format!("{name}: message {seq} came behind message {before}")
            });
        }
        self.next = Next::After(seq);
    }

    fn has_changes(&mut self, changes: &Changes, now_us: u64, world: &World, judge: &mut Judge) {
        self.follows(changes.seq, false, world, judge);
        for person in &changes.moved {
            self.sees(person, By::Moving, now_us, world, judge);
        }
        for person in &changes.entered {
            self.sees(person, By::Entering, now_us, world, judge);
        }
        self.leave(changes, now_us, world, judge);
        let people = changes.moved.iter().chain(&changes.entered);
        self.are_so_many(people, now_us, world, judge);
    }

    pub(super) fn sees(
        &mut self,
        person: &PersonBuf,
        by: By,
        now_us: u64,
        world: &World,
        judge: &mut Judge,
    ) {
        judge.checked += 1;
        let name = self.name(world);
        let (was_there, who) = match person {
            PersonBuf::Friend(friend) => {
                let Some(place) = self.friend(friend.user.as_str(), world) else {
                    judge.finds(Fault::Forbidden, || {
                        format!("{name} was shown {}, who is no friend of hers", friend.user)
                    });
                    return;
                };
                let friends = &world.town.people()[self.viewer].friends;
                let sight = Sight {
                    friend,
                    place,
                    subject: friends[place as usize] as usize,
                    by,
                    now_us,
                };
                let shown = self.sees_friend(&sight, world, judge);
                let before = self.shows.insert(place, shown);
                (before.is_some(), friend.user.as_str())
            }
            PersonBuf::Stranger(stranger) => {
                self.sees_stranger(stranger, now_us, world, judge);
                let cell = world.rules.privacy.cell_at(stranger.centre).to_u64();
                let before = self.aliases.insert(stranger.alias.clone(), cell);
                (before.is_some(), stranger.alias.as_str())
            }
        };
        match by {
            By::Moving if !was_there => judge.finds(Fault::Protocol, || {
                format!("{name} was told that {who} moved, and never that she is there")
            }),
            By::Entering | By::List if was_there => judge.finds(Fault::Duplicate, || {
                format!("{name} was told twice that {who} is there")
            }),
            _ => {}
        }
    }

    /// The place of somebody among her friends.
    pub(super) fn friend(&self, user: &str, world: &World) -> Option<u32> {
        let people = world.town.people();
        let friends = &people[self.viewer].friends;
        let is_called = |&friend: &u32| people[friend as usize].name.as_str().cmp(user);
        friends
            .binary_search_by(is_called)
            .ok()
            .map(|place| place as u32)
    }

    pub(super) fn name<'w>(&self, world: &'w World) -> &'w str {
        &world.town.people()[self.viewer].name
    }
}
