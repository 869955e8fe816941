//! Rounds of moves: some of a group move, everybody in it hears of it, then the next.

use std::fmt::Write as _;

use nearcast::wire::{ClientMessage, Command, encode_client};

use crate::clients::Clients;
use crate::groups::Groups;

pub(super) struct Rounds<'a> {
    groups: &'a Groups,
    /// Movers of a round.
    movers: u32,
    /// By group.
    states: Vec<State>,
    /// Groups whose round is over.
    over: Vec<usize>,
    moves: u64,
    /// Somebody heard more than there was to hear.
    surplus: Option<usize>,
    payload: Vec<u8>,
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    /// Updates that are still to be heard.
    missing: u32,
    /// Moves so far; they take turns.
    moves: u32,
}

impl<'a> Rounds<'a> {
    pub(super) fn new(groups: &'a Groups, movers: u32) -> Self {
        Self {
            groups,
            movers,
            states: vec![State::default(); groups.count()],
            over: (0..groups.count()).collect(),
            moves: 0,
            surplus: None,
            payload: Vec::new(),
        }
    }

    /// Begins the next round of every group that is through with the last.
    pub(super) fn go_on(&mut self, clients: &mut Clients) -> Result<(), String> {
        let mut over = std::mem::take(&mut self.over);
        for group in over.drain(..) {
            self.begin(group, clients)?;
        }
        self.over = over;
        Ok(())
    }

    fn begin(&mut self, group: usize, clients: &mut Clients) -> Result<(), String> {
        let members = self.groups.members(group);
        let state = &mut self.states[group];
        state.missing = self.movers * self.groups.friends();
        self.moves += u64::from(self.movers);
        for _ in 0..self.movers {
            let turn = state.moves as usize;
            let mover = members[turn % members.len()] as usize;
            let moves = 1 + (turn / members.len()) as u32;
            state.moves += 1;
            self.payload.clear();
            let message = ClientMessage {
                id: None,
                body: Command::Move(self.groups.position(mover, moves)),
            };
            encode_client(clients.encoding(), &message, &mut self.payload);
            clients.say(mover, &self.payload)?;
        }
        Ok(())
    }

    /// A client heard of so many updates.
    #[inline]
    pub(super) fn hear(&mut self, client: usize, updates: u32) {
        let Some(group) = self.groups.group(client) else {
            self.surplus = Some(client);
            return;
        };
        let state = &mut self.states[group];
        match state.missing.checked_sub(updates) {
            Some(missing) => state.missing = missing,
            None => self.surplus = Some(client),
        }
        if state.missing == 0 && updates > 0 {
            self.over.push(group);
        }
    }

    /// Updates that were made so far, each to be heard by each friend of the mover.
    pub(super) fn deliveries(&self) -> u64 {
        self.moves * u64::from(self.groups.friends())
    }

    pub(super) fn all_over(&self) -> bool {
        self.states.iter().all(|state| state.missing == 0)
    }

    /// Nobody may hear what did not happen.
    pub(super) fn check(&self) -> Result<(), String> {
        self.surplus.map_or(Ok(()), |client| {
            Err(format!(
                "client {client} heard more updates than her friends made"
            ))
        })
    }

    /// What is missing when nothing comes any more.
    pub(super) fn missing(&self) -> String {
        let missing = self.states.iter().filter(|state| state.missing > 0);
        let mut text = String::new();
        let (groups, updates) = missing.fold((0, 0), |(groups, updates), state| {
            (groups + 1, updates + u64::from(state.missing))
        });
        write!(text, "{updates} updates in {groups} groups were not heard")
            .expect("a String takes all");
        text
    }
}
