//! Who is a friend of whom: groups in which everybody knows everybody, a few hundred metres apart.

use std::fmt::Write as _;

use nearcast::wire::{Move, UserId};
use nearcast_grid::Position;

use crate::seed::Seed;

/// Metres between neighbours in a group, and of a move: more than `friends.move_min_m`.
const APART_M: f64 = 30.0;
const STEP_M: f64 = 40.0;
/// Members of one row in a group.
const ROW: u32 = 7;
const METRES_PER_DEGREE: f64 = 111_320.0;

#[derive(Debug, Clone)]
pub(crate) struct Groups {
    /// Begins every name, so that one store holds the users of several benches.
    prefix: char,
    clients: u32,
    /// Members of a group: friends and oneself.
    size: u32,
    /// By client: group and place in it. Shuffled, so that friends do not lie side by side.
    seats: Vec<Option<(u32, u32)>>,
    /// By group: its clients.
    members: Vec<Vec<u32>>,
}

impl Groups {
    /// Clients that make up no whole group stay alone. Friends come one after the other.
    pub(crate) fn in_order(prefix: char, clients: u32, friends: u32) -> Self {
        Self::of(prefix, clients, friends, (0..clients).collect())
    }

    /// The same, but friends come at random among all.
    pub(crate) fn shuffled(prefix: char, clients: u32, friends: u32, seed: u64) -> Self {
        let mut order: Vec<u32> = (0..clients).collect();
        let mut seed = Seed::new(seed);
        for last in (1..order.len()).rev() {
            order.swap(last, (seed.next() % (last as u64 + 1)) as usize);
        }
        Self::of(prefix, clients, friends, order)
    }

    fn of(prefix: char, clients: u32, friends: u32, order: Vec<u32>) -> Self {
        let size = friends + 1;
        let mut seats = vec![None; clients as usize];
        let mut members = Vec::new();
        if friends > 0 {
            members.extend(order.chunks_exact(size as usize).map(<[u32]>::to_vec));
        }
        for (group, clients) in (0..).zip(&members) {
            for (place, &client) in (0..).zip(clients) {
                seats[client as usize] = Some((group, place));
            }
        }
        Self {
            prefix,
            clients,
            size,
            seats,
            members,
        }
    }

    pub(crate) fn clients(&self) -> u32 {
        self.clients
    }

    pub(crate) fn count(&self) -> usize {
        self.members.len()
    }

    pub(crate) fn members(&self, group: usize) -> &[u32] {
        &self.members[group]
    }

    pub(crate) fn group(&self, client: usize) -> Option<usize> {
        self.seats[client].map(|(group, _)| group as usize)
    }

    /// Group and place in it.
    pub(crate) fn seat(&self, client: usize) -> Option<(u32, u32)> {
        self.seats[client]
    }

    /// Friends of everybody who has any.
    pub(crate) fn friends(&self) -> u32 {
        self.size - 1
    }

    pub(crate) fn user(&self, client: u32) -> UserId {
        let name = format!("{}{client:05}", self.prefix);
        UserId::new(&name).expect("a letter and digits are a name")
    }

    /// Where a client is after so many moves: back and forth, always far enough to be told.
    pub(crate) fn position(&self, client: usize, moves: u32) -> Move {
        let number = client as u32;
        let (group, place) = self.seats[client].unwrap_or((number, 0));
        let (row, column) = (f64::from(place / ROW), f64::from(place % ROW));
        let north = APART_M * row + STEP_M * f64::from(moves % 2);
        let lat = 40.0 + 0.3 * f64::from(group % 32) + north / METRES_PER_DEGREE;
        let lon = 0.005 * f64::from(group / 32) + APART_M * column / METRES_PER_DEGREE;
        let position = Position::new(lat, lon).expect("far from the poles and the date line");
        Move::to(position)
    }

    /// Everybody and every friendship, as lines of `POST /v1/import`.
    pub(crate) fn lines(&self) -> String {
        let mut lines = String::new();
        for client in 0..self.clients {
            let user = self.user(client);
            writeln!(lines, r#"{{"user":{{"id":"{user}"}}}}"#).expect("a String takes all");
        }
        for members in &self.members {
            for (place, &one) in members.iter().enumerate() {
                for &other in &members[place + 1..] {
                    let (one, other) = (self.user(one), self.user(other));
                    writeln!(lines, r#"{{"friends":["{one}","{other}"]}}"#)
                        .expect("a String takes all");
                }
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use nearcast_grid::distance_m;

    use super::*;

    #[test]
    fn everybody_in_a_group_is_a_friend_of_everybody_and_the_rest_of_nobody() {
        let groups = Groups::shuffled('a', 100, 40, 1);
        assert_eq!(groups.count(), 2);
        assert_eq!(groups.lines().lines().count(), 100 + 2 * 41 * 40 / 2);
        let alone = (0..100).filter(|&client| groups.group(client).is_none());
        assert_eq!(alone.count(), 100 - 82);
        for group in 0..2 {
            for &client in groups.members(group) {
                assert_eq!(groups.group(client as usize), Some(group));
            }
        }
    }

    #[test]
    fn friends_are_near_and_each_move_is_long_enough() {
        let groups = Groups::in_order('a', 41 * 40, 40);
        for group in 0..groups.count() {
            let at = |client: u32, moves| groups.position(client as usize, moves).position;
            let members = groups.members(group);
            for &client in members {
                let moved = distance_m(at(client, 0), at(client, 1));
                assert!(moved > 30.0, "{moved}");
                assert!(distance_m(at(client, 1), at(members[0], 0)) < 500.0);
            }
        }
    }

    #[test]
    fn without_friends_there_are_no_groups() {
        let groups = Groups::in_order('s', 10, 0);
        assert_eq!((groups.count(), groups.friends()), (0, 0));
        assert_eq!(groups.lines().lines().count(), 10);
    }
}
