//! One person in a frame: whether she may be told of, and whether it is so.

use nearcast::wire::server::{ExitBuf, FriendBuf, PersonBuf, StrangerBuf, WhoBuf};
use nearcast::wire::{Mode, Sharing, Why};
use nearcast_grid::Position;

use super::globe::{Tile, metres};
use super::seat::{Fault, Seat};
use super::truth::{Expect, Eye, Human, Truth};
use super::world::{World, claim};

/// Distances are told in tenths of a metre.
const TENTH_M: f64 = 0.06;

/// As what somebody is told of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum How {
    Entered,
    /// Complete, though she is shown.
    EnteredAgain,
    Listed,
    /// In the list of a client that came back.
    ListedAgain,
    Moved,
    Paged,
}

/// The name by which a person is told of.
pub(crate) fn who(person: &PersonBuf) -> String {
    match person {
        PersonBuf::Friend(friend) => friend.user.to_string(),
        PersonBuf::Stranger(stranger) => stranger.alias.clone(),
    }
}

impl Seat {
    pub(crate) fn shows(&self, person: &PersonBuf) -> bool {
        match person {
            PersonBuf::Friend(friend) => self.list.friends.contains_key(&friend.user),
            PersonBuf::Stranger(stranger) => self.list.strangers.contains_key(&stranger.alias),
        }
    }
}

impl World {
    /// What was so before the last operation and what is so after it.
    fn states(&self, place: usize) -> [(&Truth, &Eye); 2] {
        let seat = &self.seats[place];
        [(&self.was, &seat.was), (&self.truth, &seat.eye)]
    }

    pub(crate) fn expectations(&self, place: usize, subject: usize) -> [Expect; 2] {
        let viewer = self.seats[place].user;
        self.states(place)
            .map(|(truth, eye)| truth.expect(viewer, eye, subject, false))
    }

    pub(crate) fn audit_person(&self, place: usize, person: &PersonBuf, how: How) -> Fault {
        let seat = &self.seats[place];
        let (holds, expected) = match person {
            PersonBuf::Friend(friend) => {
                let subject = self.user_of(friend.user.as_str())?;
                if how == How::EnteredAgain && !seat.anew.contains(&subject) {
                    return Err(format!("{} entered twice", friend.user));
                }
                let agrees = |(truth, eye): (&Truth, &Eye)| {
                    let expect = truth.expect(seat.user, eye, subject, false);
                    let eye = truth.people[seat.user].position;
                    is_entitled(expect, how) && agrees(&truth.people[subject], eye, friend, how)
                };
                let expected = self.expectations(place, subject);
                (
                    self.states(place).into_iter().any(agrees),
                    format!("{expected:?} {:?}", self.truth.people[subject]),
                )
            }
            PersonBuf::Stranger(stranger) => {
                if how == How::EnteredAgain {
                    return Err(format!("{} entered twice", stranger.alias));
                }
                let Some(&subject) = seat.crowd.get(&stranger.alias) else {
                    // She was erased in this very operation.
                    return Ok(());
                };
                let agrees = |(truth, eye): (&Truth, &Eye)| {
                    eye.modes.has(Mode::Strangers)
                        && truth.is_shown_stranger(seat.user, subject)
                        && agrees_as_stranger(&truth.people[subject], stranger, how)
                };
                let holds =
                    self.states(place).into_iter().any(agrees) && self.is_as_far(place, stranger);
                (holds, format!("{:?}", self.truth.people[subject]))
            }
        };
        claim(holds, || {
            format!("{how:?} must not be told: {person:?}; so is: {expected}")
        })
    }

    /// From centre to centre; the viewer's own cell counts at once.
    fn is_as_far(&self, place: usize, stranger: &StrangerBuf) -> bool {
        let viewer = self.seats[place].user;
        self.states(place).iter().any(|(truth, _)| {
            let own = truth.people[viewer]
                .position
                .map(|at| Tile::at(at).centre());
            own.is_some_and(|own| {
                (metres(own, stranger.centre) - stranger.distance_m).abs() < TENTH_M
            })
        })
    }

    /// Why somebody went, as it may be told; that she was there has been checked.
    pub(crate) fn audit_exit(&self, place: usize, exit: &ExitBuf) -> Fault {
        let seat = &self.seats[place];
        let holds = match (&exit.who, exit.why) {
            // Nobody's position expires here.
            (_, Why::Inactive) => false,
            (WhoBuf::Alias(_), _) => true,
            (WhoBuf::User(user), why) => {
                let subject = self.user_of(user.as_str())?;
                let is_over = |(truth, eye): (&Truth, &Eye)| {
                    let shown = truth.is_shown_friend(seat.user, subject);
                    // From exact to approximate she is gone until a cell is released.
                    let veiled = truth.people[subject].sharing == Sharing::Approximate;
                    let expect = truth.expect(seat.user, eye, subject, false);
                    match why {
                        Why::Left => !shown || veiled || eye.hidden.contains(&subject),
                        _ => shown && matches!(expect, Expect::Out | Expect::Either),
                    }
                };
                // Two ends and beginnings may have come between two sweeps.
                seat.anew.contains(&subject) || self.states(place).into_iter().any(is_over)
            }
        };
        claim(holds, || format!("no reason for {exit:?}"))
    }
}

fn is_entitled(expect: Expect, how: How) -> bool {
    match how {
        How::Entered | How::Listed | How::Paged => matches!(expect, Expect::In | Expect::Either),
        How::EnteredAgain | How::ListedAgain | How::Moved => expect != Expect::Out,
    }
}

/// Whether what is told of a friend is so.
fn agrees(human: &Human, eye: Option<Position>, friend: &FriendBuf, how: How) -> bool {
    let is_there = match human.sharing {
        Sharing::Off => false,
        Sharing::Exact => !friend.approximate && human.position == Some(friend.position),
        Sharing::Approximate => {
            let is_in = |tile: &Tile| tile.centre() == friend.position;
            friend.approximate && human.tiles.iter().any(is_in)
        }
    };
    let is_as_far =
        eye.is_some_and(|eye| (metres(eye, friend.position) - friend.distance_m).abs() < TENTH_M);
    let name = human.name.as_ref().filter(|_| how != How::Moved);
    let vague =
        friend.accuracy_m.is_none() && friend.heading_deg.is_none() && friend.speed_mps.is_none();
    is_there && is_as_far && friend.name.as_ref() == name && vague
}

/// Whether what is told of a stranger is so.
fn agrees_as_stranger(human: &Human, stranger: &StrangerBuf, how: How) -> bool {
    let is_in = |tile: &Tile| tile.centre() == stranger.centre && tile.text() == stranger.cell;
    let name = human.stranger_name.as_ref().filter(|_| how != How::Moved);
    human.tiles.iter().any(is_in) && stranger.name.as_ref() == name
}
