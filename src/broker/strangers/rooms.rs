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

/// One reach cell. Its rooms are a power of two, by the low bits of a person's number. Viewers who
/// listen come from all around and may be many where few people are, so they are kept in shelves
/// of their own, by the same bits.
struct Reach {
    rooms: Numbered<Lodger>,
    members: usize,
    shelves: Numbered<Slot>,
    listeners: usize,
}

/// A power of two of lists, of people with their numbers.
type Numbered<T> = Vec<Vec<(u64, T)>>;

/// Viewers that a shelf should have.
const SHELF: usize = 32;

/// Somebody in a room, and the cell into which she was released.
#[derive(Clone, Copy)]
pub(super) struct Lodger {
    pub(super) slot: Slot,
    pub(super) cell: Cell,
}

impl Reach {
    fn new() -> Self {
        Self {
            rooms: vec![Vec::new()],
            members: 0,
            shelves: vec![Vec::new()],
            listeners: 0,
        }
    }

    fn is_empty(&self) -> bool {
        self.members == 0 && self.listeners == 0
    }

    /// Viewers who listen to the room of a number.
    fn ears(&self, number: u64) -> impl Iterator<Item = Slot> {
        let (rooms, shelves) = (self.rooms.len(), self.shelves.len());
        let room = number as usize & (rooms - 1);
        (room & (shelves - 1)..shelves)
            .step_by(rooms.min(shelves))
            .flat_map(|shelf| &self.shelves[shelf])
            .filter(move |(number, _)| *number as usize & (rooms - 1) == room)
            .map(|&(_, listener)| listener)
    }

    fn listen(&mut self, listener: Slot, number: u64) {
        if self.listeners >= 2 * SHELF * self.shelves.len() {
            let shelves = 2 * self.shelves.len();
            rearrange(&mut self.shelves, shelves);
        }
        at(&mut self.shelves, number).push((number, listener));
        self.listeners += 1;
    }

    fn unlisten(&mut self, slot: Slot, number: u64) {
        let shelf = at(&mut self.shelves, number);
        let before = shelf.len();
        shelf.retain(|&(_, listener)| listener != slot);
        self.listeners -= before - shelf.len();
        if self.shelves.len() > 1 && 2 * self.listeners < SHELF * self.shelves.len() {
            let shelves = self.shelves.len() / 2;
            rearrange(&mut self.shelves, shelves);
        }
    }
}

/// The list that a number belongs to.
fn at<T>(lists: &mut Numbered<T>, number: u64) -> &mut Vec<(u64, T)> {
    let place = number as usize & (lists.len() - 1);
    &mut lists[place]
}

/// Everybody into another power of two of lists.
fn rearrange<T: Clone>(lists: &mut Numbered<T>, count: usize) {
    for one in std::mem::replace(lists, vec![Vec::new(); count])
        .into_iter()
        .flatten()
    {
        at(lists, one.0).push(one);
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
        at(&mut reach.rooms, number).push((number, Lodger { slot, cell }));
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
            let room = at(&mut reach.rooms, number);
            let before = room.len();
            room.retain(|(_, member)| member.slot != slot);
            reach.members -= before - room.len();
            reach.ears(number).for_each(&mut heard);
            if reach.is_empty() {
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
        reach.listen(slot, number);
    }

    pub(super) fn unlisten(&self, slot: Slot, number: u64, place: Place) {
        if let dashmap::Entry::Occupied(mut entry) = self.reaches.entry(place) {
            let reach = entry.get_mut();
            reach.unlisten(slot, number);
            if reach.is_empty() {
                entry.remove();
            }
        }
    }

    /// The people in a viewer's room of a reach cell, with their numbers.
    pub(super) fn in_room(&self, number: u64, place: Place, found: &mut Vec<(u64, Lodger)>) {
        if let Some(reach) = self.reaches.get(&place) {
            found.extend_from_slice(&reach.rooms[number as usize & (reach.rooms.len() - 1)]);
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
                rearrange(&mut reach.rooms, enough.max(2 * rooms));
            } else if rooms > 1 && 2 * reach.members < self.target * rooms {
                rearrange(&mut reach.rooms, rooms / 2);
            }
        }
    }
}
