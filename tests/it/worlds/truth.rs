//! The truth: who is where, and what of that may be told to whom. Written from the protocol, in
//! the plainest way that there is.

use std::collections::{BTreeMap, BTreeSet};

use nearcast::wire::{Modes, Sharing};
use nearcast_grid::Position;

use super::globe::{Tile, metres};

/// This near to a border either answer is right.
const TOLERANCE_M: f64 = 0.05;
/// A shorter move shows nobody anything.
pub(crate) const STEP_M: f64 = 10.0;

#[derive(Clone, Debug)]
pub(crate) struct Human {
    pub(crate) id: String,
    pub(crate) pool: String,
    /// Her token claims that she may see strangers.
    pub(crate) claims: bool,
    /// Came with a token since the start or her last end.
    pub(crate) here: bool,
    pub(crate) position: Option<Position>,
    pub(crate) sharing: Sharing,
    /// She shares approximately, or did before she shared nothing.
    pub(crate) veiled: bool,
    pub(crate) allowed: bool,
    pub(crate) consents: bool,
    /// Strangers may know her by an alias.
    was_open: bool,
    pub(crate) name: Option<String>,
    pub(crate) stranger_name: Option<String>,
    /// Where she has been since she shows cells: one of them may be the released one.
    pub(crate) tiles: BTreeSet<Tile>,
}

/// What a session chose to see.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Eye {
    pub(crate) modes: Modes,
    pub(crate) radius_m: f64,
    /// Friends whom it does not follow, by their ids: also one who was erased and came again.
    pub(crate) hidden: BTreeSet<usize>,
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

#[derive(Clone, Debug, Default)]
pub(crate) struct Truth {
    pub(crate) people: Vec<Human>,
    pub(crate) friends: BTreeSet<(usize, usize)>,
    /// Who blocked whom.
    pub(crate) blocks: BTreeSet<(usize, usize)>,
    /// Were friends or blocked: no strangers before aliases change, which here they do not. Not
    /// sure of who was open while she was not in the world.
    pub(crate) parted: BTreeMap<(usize, usize), bool>,
}

pub(crate) fn pair(one: usize, other: usize) -> (usize, usize) {
    (one.min(other), one.max(other))
}

impl Truth {
    // The brute force.

    pub(crate) fn blocked(&self, one: usize, other: usize) -> bool {
        self.blocks.contains(&(one, other)) || self.blocks.contains(&(other, one))
    }

    /// Whether `subject` may be shown to `viewer` as a friend, were she near.
    pub(crate) fn is_shown_friend(&self, viewer: usize, subject: usize) -> bool {
        self.friends.contains(&pair(viewer, subject))
            && !self.blocked(viewer, subject)
            && self.people[subject].sharing != Sharing::Off
    }

    /// `settled`: epochs have passed, so released is the cell that she is in.
    pub(crate) fn expect(&self, viewer: usize, eye: &Eye, subject: usize, settled: bool) -> Expect {
        let (from, to) = (&self.people[viewer], &self.people[subject]);
        let wanted = eye.modes.friends && !eye.hidden.contains(&subject);
        let (Some(here), Some(there), true) = (from.position, to.position, wanted) else {
            return Expect::Out;
        };
        let there = match to.sharing {
            _ if !self.is_shown_friend(viewer, subject) => return Expect::Out,
            Sharing::Approximate if !settled => return Expect::Either,
            Sharing::Approximate => Tile::at(there).centre(),
            _ => there,
        };
        let (apart, radius) = (metres(here, there), eye.radius_m);
        let limit = radius + (radius / 10.0).min(100.0);
        match apart {
            _ if apart < radius - TOLERANCE_M => Expect::In,
            _ if apart > limit + TOLERANCE_M => Expect::Out,
            _ if apart > radius + TOLERANCE_M && apart < limit - TOLERANCE_M => Expect::AsBefore,
            _ => Expect::Either,
        }
    }

    /// Whether `subject` may be shown to `viewer` as a stranger.
    pub(crate) fn is_shown_stranger(&self, viewer: usize, subject: usize) -> bool {
        let (from, to) = (&self.people[viewer], &self.people[subject]);
        let meet = from.is_open() && to.is_open() && from.pool == to.pool && viewer != subject;
        let pair = pair(viewer, subject);
        let apart = self.blocked(viewer, subject)
            || self.friends.contains(&pair)
            || self.parted.get(&pair) == Some(&true);
        meet && !apart && to.sharing != Sharing::Off && to.position.is_some()
    }

    /// Who is to be shown as a stranger when epochs have passed.
    pub(crate) fn strangers_of(&self, viewer: usize) -> BTreeSet<usize> {
        let tile = |user: usize| self.people[user].position.map(Tile::at);
        let near = |subject: &usize| {
            tile(viewer)
                .zip(tile(*subject))
                .is_some_and(|(a, b)| a.reaches(b))
        };
        let all = 0..self.people.len();
        all.filter(|&subject| self.is_shown_stranger(viewer, subject))
            .filter(near)
            .collect()
    }

    /// Whether everybody who is to be shown is, and nobody else.
    pub(crate) fn are_strangers_of(&self, viewer: usize, shown: &BTreeSet<usize>) -> bool {
        let wanted = self.strangers_of(viewer);
        let unsure = |one: &&usize| self.parted.contains_key(&pair(viewer, **one));
        let without = |set: &BTreeSet<usize>| {
            let sure = set.iter().filter(|one| !unsure(one));
            sure.copied().collect::<BTreeSet<usize>>()
        };
        shown.is_subset(&wanted) && without(shown) == without(&wanted)
    }

    // What changes it.

    /// They were friends, or one had blocked the other, until now.
    pub(crate) fn part(&mut self, one: usize, other: usize) {
        let both = [&self.people[one], &self.people[other]];
        if both.iter().all(|human| human.was_open) {
            let is_there = |human: &&Human| human.is_open() && human.position.is_some();
            let sure = both.iter().all(is_there);
            *self.parted.entry(pair(one, other)).or_default() |= sure;
        }
    }

    pub(crate) fn erase(&mut self, user: usize) {
        let of_her = |two: &&(usize, usize)| two.0 == user || two.1 == user;
        let known = self.blocks.iter().chain(&self.friends).filter(of_her);
        let known: Vec<_> = known.copied().collect();
        for (one, other) in known {
            self.part(one, other);
        }
        let human = &mut self.people[user];
        *human = Human::new(&human.id, &human.pool, human.claims);
        self.friends
            .retain(|&(one, other)| one != user && other != user);
        // Blocks of her hold when she comes again.
        self.blocks.retain(|&(by, _)| by != user);
    }
}

impl Human {
    pub(crate) fn new(id: &str, pool: &str, claims: bool) -> Self {
        Self {
            id: id.to_owned(),
            pool: pool.to_owned(),
            claims,
            here: false,
            position: None,
            sharing: Sharing::Exact,
            veiled: false,
            allowed: false,
            consents: false,
            was_open: false,
            name: None,
            stranger_name: None,
            tiles: BTreeSet::new(),
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.here && self.consents && (self.claims || self.allowed)
    }

    /// Changes what she shows.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut Self)) {
        let showed_cells = self.is_open() || self.veiled;
        change(self);
        self.was_open |= self.is_open();
        match self.sharing {
            Sharing::Exact => self.veiled = false,
            Sharing::Approximate => self.veiled = true,
            Sharing::Off => {}
        }
        if !showed_cells {
            self.tiles = self.position.map(Tile::at).into_iter().collect();
        }
    }

    pub(crate) fn goes_to(&self, to: Position) -> bool {
        self.position.is_none_or(|from| metres(from, to) >= STEP_M)
    }

    pub(crate) fn go(&mut self, to: Position) {
        if self.goes_to(to) {
            self.position = Some(to);
            self.tiles.insert(Tile::at(to));
        }
    }
}
