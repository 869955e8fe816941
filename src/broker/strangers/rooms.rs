//! Rooms: who is shown in a reach cell, in parts small enough that a dense place costs each of
//! its people no more than a quiet one.

use dashmap::DashMap;
use nearcast_grid::Cell;

use super::super::slot::Slot;

/// A cell and a pool.
type Place = (Cell, u64);

pub(super) struct Rooms {
    reaches: DashMap<Place, Reach>,
    /// People released into each privacy cell.
    people: DashMap<Place, u32>,
    /// People that a room should have.
    target: usize,
}

/// The rooms of one reach cell: a power of two, by the low bits of a person's number.
struct Reach {
    rooms: Vec<Room>,
    members: usize,
}

#[derive(Default)]
struct Room {
    members: Vec<Lodger>,
    /// Viewers who listen here.
    listeners: Vec<Lodger>,
}

/// Somebody in a room; the number says in which.
#[derive(Clone, Copy)]
struct Lodger {
    slot: Slot,
    number: u64,
}

impl Reach {
    fn new() -> Self {
        Self {
            rooms: vec![Room::default()],
            members: 0,
        }
    }

    fn room(&mut self, number: u64) -> &mut Room {
        let place = number as usize & (self.rooms.len() - 1);
        &mut self.rooms[place]
    }

    fn is_empty(&self) -> bool {
        self.rooms
            .iter()
            .all(|room| room.members.is_empty() && room.listeners.is_empty())
    }

    /// Everybody into twice or half as many rooms.
    fn rearrange(&mut self, rooms: usize) {
        let fresh = (0..rooms).map(|_| Room::default()).collect();
        for room in std::mem::replace(&mut self.rooms, fresh) {
            for member in room.members {
                self.room(member.number).members.push(member);
            }
            for listener in room.listeners {
                self.room(listener.number).listeners.push(listener);
            }
        }
    }
}

impl Rooms {
    pub(super) fn new(view_max: usize) -> Self {
        let target = (view_max / 2).max(1);
        Self {
            reaches: DashMap::new(),
            people: DashMap::new(),
            target,
        }
    }

    pub(super) fn lodge(&self, slot: Slot, number: u64, pool: u64, cell: Cell, reach: Cell) {
        let mut reach = self.reaches.entry((reach, pool)).or_insert_with(Reach::new);
        reach.members += 1;
        reach.room(number).members.push(Lodger { slot, number });
        drop(reach);
        *self.people.entry((cell, pool)).or_insert(0) += 1;
    }

    /// Takes somebody out; calls with each viewer who listens to her room.
    pub(super) fn leave(
        &self,
        slot: Slot,
        number: u64,
        pool: u64,
        cell: Cell,
        reach: Cell,
        mut heard: impl FnMut(Slot),
    ) {
        if let dashmap::Entry::Occupied(mut entry) = self.reaches.entry((reach, pool)) {
            let reach = entry.get_mut();
            let room = reach.room(number);
            let before = room.members.len();
            room.members.retain(|member| member.slot != slot);
            let left = before - room.members.len();
            for listener in &room.listeners {
                heard(listener.slot);
            }
            reach.members -= left;
            if reach.members == 0 && reach.is_empty() {
                entry.remove();
            }
        }
        if let dashmap::Entry::Occupied(mut entry) = self.people.entry((cell, pool)) {
            *entry.get_mut() -= 1;
            if *entry.get() == 0 {
                entry.remove();
            }
        }
    }

    pub(super) fn listen(&self, slot: Slot, number: u64, place: Place) {
        let mut reach = self.reaches.entry(place).or_insert_with(Reach::new);
        reach.room(number).listeners.push(Lodger { slot, number });
    }

    pub(super) fn unlisten(&self, slot: Slot, number: u64, place: Place) {
        if let dashmap::Entry::Occupied(mut entry) = self.reaches.entry(place) {
            let reach = entry.get_mut();
            reach
                .room(number)
                .listeners
                .retain(|listener| listener.slot != slot);
            if reach.members == 0 && reach.is_empty() {
                entry.remove();
            }
        }
    }

    /// The people in a viewer's room of a reach cell.
    pub(super) fn in_room(&self, number: u64, place: Place, found: &mut Vec<Slot>) {
        if let Some(reach) = self.reaches.get(&place) {
            let room = &reach.rooms[number as usize & (reach.rooms.len() - 1)];
            found.extend(room.members.iter().map(|member| member.slot));
        }
    }

    /// How many of a pool are released into a privacy cell.
    pub(super) fn people(&self, place: Place) -> u32 {
        self.people.get(&place).map_or(0, |people| *people)
    }

    /// Splits rooms that have grown and joins those that have emptied, with slack between the
    /// two so that a crowd at a border does not flutter.
    pub(super) fn follow_the_crowd(&self) {
        for mut reach in self.reaches.iter_mut() {
            let rooms = reach.rooms.len();
            if 2 * reach.members > 3 * self.target * rooms {
                let enough = reach.members.div_ceil(self.target).next_power_of_two();
                reach.rearrange(enough.max(2 * rooms));
            } else if rooms > 1 && 2 * reach.members < self.target * rooms {
                reach.rearrange(rooms / 2);
            }
        }
    }
}
