//! A client: what one session knows from its frames alone. Checks the protocol on the way.

use std::collections::{BTreeMap, BTreeSet};

use nearcast::broker::SessionId;
use nearcast::wire::server::{Changes, FriendBuf, Nearby, PersonBuf, StrangerBuf, WhoBuf};
use nearcast::wire::{Encoding, Mode, Why};

pub(crate) struct Client {
    pub(crate) id: SessionId,
    pub(crate) user: usize,
    pub(crate) encoding: Encoding,
    pub(crate) friends: bool,
    pub(crate) strangers: bool,
    pub(crate) observes: bool,
    pub(crate) radius_m: f32,
    /// Away; may come back until then.
    pub(crate) away_until: Option<u64>,
    /// Its user was erased.
    pub(crate) orphan: bool,
    pub(crate) seq: u64,
    /// When it was last swept.
    pub(crate) swept: u64,
    /// Its own clock at its newest move.
    pub(crate) clock: u64,
    /// Friends whom it does not follow.
    pub(crate) hidden: BTreeSet<usize>,
    pub(crate) view: BTreeMap<String, FriendBuf>,
    /// By alias, with who that is.
    pub(crate) crowd: BTreeMap<String, (StrangerBuf, usize)>,
}

/// Somebody who went, as the frame says it.
pub(crate) enum Went {
    Friend(String, Why),
    Stranger(usize, Why),
}

fn claim(holds: bool, says: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(says()) }
}

impl Client {
    fn next(&mut self, seq: u64) -> Result<(), String> {
        self.seq += 1;
        claim(seq == self.seq, || {
            format!("seq {seq} instead of {}", self.seq)
        })
    }

    /// An unasked list replaces the client's.
    pub(crate) fn replace(
        &mut self,
        list: &Nearby,
        who: impl Fn(&str) -> Result<usize, String>,
    ) -> Result<(), String> {
        self.next(list.seq)?;
        claim(!list.page, || {
            "an unasked nearby says that it is a page".into()
        })?;
        match list.mode {
            Mode::Friends => self.view.clear(),
            Mode::Strangers => self.crowd.clear(),
        }
        for person in &list.people {
            claim(self.add(person, &who)?, || {
                format!("{person:?} is in the list twice")
            })?;
        }
        in_order(&list.people)
    }

    /// Answers whether it was not there yet.
    fn add(
        &mut self,
        person: &PersonBuf,
        who: impl Fn(&str) -> Result<usize, String>,
    ) -> Result<bool, String> {
        Ok(match person {
            PersonBuf::Friend(friend) => self
                .view
                .insert(friend.user.as_str().to_owned(), friend.clone())
                .is_none(),
            PersonBuf::Stranger(stranger) => {
                let subject = who(&stranger.alias)?;
                let known = self
                    .crowd
                    .insert(stranger.alias.clone(), (stranger.clone(), subject));
                claim(known.is_none_or(|known| known.1 == subject), || {
                    "an alias names two people".into()
                })?;
                let times = self.crowd.values().filter(|one| one.1 == subject).count();
                claim(times == 1, || {
                    format!("{} is one more alias of one person", stranger.alias)
                })?;
                true
            }
        })
    }

    /// What changed, in one frame. `again`: may be told complete though the client has her.
    pub(crate) fn change(
        &mut self,
        changes: &Changes,
        who: impl Fn(&str) -> Result<usize, String>,
        again: impl Fn(&str) -> bool,
    ) -> Result<Vec<Went>, String> {
        self.next(changes.seq)?;
        let mut named = BTreeSet::new();
        let people = changes.entered.iter().chain(&changes.moved).map(name_of);
        let exits = changes.exited.iter().map(|exit| match &exit.who {
            WhoBuf::User(user) => user.as_str(),
            WhoBuf::Alias(alias) => alias,
        });
        for name in people.chain(exits) {
            claim(named.insert(name.to_owned()), || {
                format!("{name} occurs twice in one frame")
            })?;
        }
        claim(!named.is_empty() || !changes.cells.is_empty(), || {
            "an empty frame".into()
        })?;
        for person in &changes.entered {
            let known = match person {
                PersonBuf::Friend(friend) => {
                    self.view.contains_key(friend.user.as_str()) && !again(friend.user.as_str())
                }
                PersonBuf::Stranger(stranger) => self.crowd.contains_key(&stranger.alias),
            };
            claim(!known, || format!("entered, and was there: {person:?}"))?;
            self.add(person, &who)?;
        }
        for person in &changes.moved {
            match person {
                PersonBuf::Friend(friend) => {
                    let known = self.view.get_mut(friend.user.as_str());
                    let known =
                        known.ok_or_else(|| format!("moved, and is not there: {person:?}"))?;
                    claim(friend.name.is_none() && friend.avatar_url.is_none(), || {
                        "moved with a name".into()
                    })?;
                    let (name, avatar_url) = (known.name.take(), known.avatar_url.take());
                    *known = FriendBuf {
                        name,
                        avatar_url,
                        ..friend.clone()
                    };
                }
                PersonBuf::Stranger(stranger) => {
                    let known = self.crowd.get_mut(&stranger.alias);
                    let known =
                        known.ok_or_else(|| format!("moved, and is not there: {person:?}"))?;
                    claim(stranger.name.is_none(), || "moved with a name".into())?;
                    let name = known.0.name.take();
                    known.0 = StrangerBuf {
                        name,
                        ..stranger.clone()
                    };
                }
            }
        }
        let gone = changes.exited.iter().map(|exit| match &exit.who {
            WhoBuf::User(user) => {
                let known = self.view.remove(user.as_str());
                claim(known.is_some(), || {
                    format!("exited, and was not there: {exit:?}")
                })?;
                Ok(Went::Friend(user.as_str().to_owned(), exit.why))
            }
            WhoBuf::Alias(alias) => {
                let known = self.crowd.remove(alias);
                let (_, subject) =
                    known.ok_or_else(|| format!("exited, and was not there: {exit:?}"))?;
                Ok(Went::Stranger(subject, exit.why))
            }
        });
        gone.collect()
    }
}

pub(crate) fn name_of(person: &PersonBuf) -> &str {
    match person {
        PersonBuf::Friend(friend) => friend.user.as_str(),
        PersonBuf::Stranger(stranger) => &stranger.alias,
    }
}

/// Sorted by distance, ties by user or alias; tenths of a metre may hide which is nearer.
pub(crate) fn in_order(people: &[PersonBuf]) -> Result<(), String> {
    let distance = |person: &PersonBuf| match person {
        PersonBuf::Friend(friend) => friend.distance_m,
        PersonBuf::Stranger(stranger) => stranger.distance_m,
    };
    let sorted = people
        .windows(2)
        .all(|two| distance(&two[0]) <= distance(&two[1]));
    let ties = people.windows(2).all(|two| {
        let same = match (&two[0], &two[1]) {
            (PersonBuf::Friend(one), PersonBuf::Friend(other)) => one.position == other.position,
            (PersonBuf::Stranger(one), PersonBuf::Stranger(other)) => one.cell == other.cell,
            _ => false,
        };
        !same || name_of(&two[0]) < name_of(&two[1])
    });
    claim(sorted && ties, || {
        format!("not sorted by distance and name: {people:?}")
    })
}
