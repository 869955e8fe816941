//! Moves at their times, and for each friend who hears of one, how long after.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use nearcast::wire::{ClientMessage, Command, Encoding, encode_client};

use super::Latency;
use crate::clients::Clients;
use crate::clients::count::people;
use crate::groups::Groups;
use crate::peer::REQUEST_BYTES;
use crate::process::{Memory, cpu};

const WARM_UP: Duration = Duration::from_secs(2);
/// How long stragglers are waited for.
const STUCK: Duration = Duration::from_secs(10);
/// The place of who sleeps, in her group.
const SLEEPER: usize = 0;

/// What clients say when they move.
#[derive(Debug, Clone, Copy)]
pub(super) enum Speech {
    Moves(Encoding),
    /// Of a length that the bare loop knows.
    Requests,
}

pub(super) struct Course<'a> {
    pub(super) groups: &'a Groups,
    pub(super) deliveries_per_s: u32,
    pub(super) length: Duration,
    /// In so many groups one person moves and does not read.
    pub(super) asleep: usize,
}

/// The moves of one group, in order, and how far each of its people has heard of them.
struct Track {
    due: Vec<Instant>,
    /// By place in the group: the number of the next move to be heard of.
    next: Vec<usize>,
}

/// What was heard so far.
struct Ears {
    tracks: Vec<Track>,
    /// By client: group and place in it.
    seats: Vec<Option<(usize, usize)>>,
    ns: Histogram<u64>,
    /// Moves due before are the warm-up.
    from: Instant,
    heard: u64,
    frames: u64,
    /// Updates of which it is not known what move they are.
    surplus: u64,
}

impl Course<'_> {
    /// From where everybody came to.
    pub(super) fn run(
        &self,
        clients: &mut Clients,
        speech: Speech,
        process: u32,
    ) -> Result<Latency, String> {
        let friends = self.groups.friends();
        let apart = Duration::from_secs_f64(f64::from(friends) / f64::from(self.deliveries_per_s));
        let started = Instant::now();
        let (from, end) = (started + WARM_UP, started + WARM_UP + self.length);
        let mut ears = Ears::new(self.groups, from)?;
        let encoding = clients.encoding();
        for group in 0..self.asleep {
            clients.sleep(self.groups.members(group)[SLEEPER] as usize)?;
        }
        let (mut due, mut turn, mut expected) = (started, 0, 0_u64);
        let memory = Memory::of(process)?;
        let mut at_start = None;
        while due < end {
            while due < end && due <= Instant::now() {
                let group = turn % self.groups.count();
                let number = ears.tracks[group].due.len();
                self.make_move(group, number, clients, speech)?;
                ears.tracks[group].due.push(due);
                (due, turn) = (due + apart, turn + 1);
                expected += u64::from(friends) - u64::from(self.is_missed(group, number));
            }
            if at_start.is_none() && due >= from {
                at_start = Some((cpu(process)?, ears.heard));
            }
            // Without sleeping: a timer's slack would be measured as the server's.
            ears.listen(clients, encoding)?;
        }
        let at_end = (cpu(process)?, ears.heard);
        while ears.heard < expected && Instant::now() < end + STUCK {
            ears.listen(clients, encoding)?;
        }
        if ears.heard != expected || ears.surplus > 0 {
            return Err(format!(
                "{} of {expected} updates were heard {} s after the last move: {} deliveries/s are too many here",
                ears.heard + ears.surplus,
                STUCK.as_secs(),
                self.deliveries_per_s
            ));
        }
        let (cpu_before, heard_before) = at_start.unwrap_or_default();
        let used = (at_end.0 - cpu_before).as_secs_f64();
        Ok(Latency {
            ns: ears.ns,
            us_per_delivery: 1e6 * used / (at_end.1 - heard_before) as f64,
            updates_per_frame: ears.heard as f64 / ears.frames as f64,
            grown_mb: (Memory::of(process)?.anonymous as f64 - memory.anonymous as f64) / 1e6,
        })
    }

    /// Whether one of the mover's friends is asleep.
    fn is_missed(&self, group: usize, number: usize) -> bool {
        let people = self.groups.members(group).len();
        group < self.asleep && number % people != SLEEPER
    }

    fn make_move(
        &self,
        group: usize,
        number: usize,
        clients: &mut Clients,
        speech: Speech,
    ) -> Result<(), String> {
        let members = self.groups.members(group);
        let mover = members[number % members.len()] as usize;
        let mut payload = Vec::with_capacity(128);
        match speech {
            Speech::Moves(encoding) => {
                let lap = 1 + (number / members.len()) as u32;
                let message = ClientMessage {
                    id: None,
                    body: Command::Move(self.groups.position(mover, lap)),
                };
                encode_client(encoding, &message, &mut payload);
            }
            Speech::Requests => payload.resize(REQUEST_BYTES - 6, b'm'),
        }
        clients.say(mover, &payload)
    }
}

impl Track {
    /// Somebody hears of a move: when it was due. Movers take turns and do not hear of their own.
    fn hear(&mut self, place: usize) -> Option<Instant> {
        let people = self.next.len();
        let next = &mut self.next[place];
        let is_own = *next % people == place;
        let number = *next + usize::from(is_own);
        let due = self.due.get(number)?;
        *next = number + 1;
        Some(*due)
    }
}

impl Ears {
    fn new(groups: &Groups, from: Instant) -> Result<Self, String> {
        let mut seats = vec![None; groups.clients() as usize];
        let mut tracks = Vec::with_capacity(groups.count());
        for group in 0..groups.count() {
            let members = groups.members(group);
            for (place, &client) in members.iter().enumerate() {
                seats[client as usize] = Some((group, place));
            }
            tracks.push(Track {
                due: Vec::new(),
                next: vec![0; members.len()],
            });
        }
        Ok(Self {
            tracks,
            seats,
            ns: Histogram::new(3).map_err(|error| format!("make a histogram: {error}"))?,
            from,
            heard: 0,
            frames: 0,
            surplus: 0,
        })
    }

    fn listen(&mut self, clients: &mut Clients, encoding: Encoding) -> Result<(), String> {
        if clients.wait(Duration::ZERO)? == 0 {
            return Ok(());
        }
        let now = Instant::now();
        clients.read_all(&mut |client, payload| {
            self.frames += 1;
            for _ in 0..people(encoding, payload) {
                self.hear(client, now);
            }
        })?;
        Ok(())
    }

    fn hear(&mut self, client: usize, now: Instant) {
        let due = self.seats[client].and_then(|(group, place)| self.tracks[group].hear(place));
        let Some(due) = due else {
            self.surplus += 1;
            return;
        };
        self.heard += 1;
        if due >= self.from {
            let ns = now.saturating_duration_since(due).as_nanos() as u64;
            // A histogram without bounds takes every value.
            let _ = self.ns.record(ns);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_friend_hears_of_every_move_but_her_own() {
        let start = Instant::now();
        let at = |second| start + Duration::from_secs(second);
        // The first person moves, the second, the third, and the first again.
        let mut track = Track {
            due: (0..4).map(at).collect(),
            next: vec![0; 3],
        };
        let mut heard = |place| {
            let mut seconds = Vec::new();
            while let Some(due) = track.hear(place) {
                seconds.push((due - start).as_secs());
            }
            seconds
        };
        assert_eq!(heard(0), [1, 2]);
        assert_eq!(heard(1), [0, 2, 3]);
        assert_eq!(heard(2), [0, 1, 3]);
    }
}
