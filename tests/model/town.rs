//! A world in hand: the broker and the truth beside it, one operation after another.

use nearcast::broker::{About, Broker, Change, Denied, Move, Moved, Profile, SessionId, Worker};
use nearcast_grid::Position;

use crate::globe::{metres, walk};
use crate::op::{At, Go, Op, Seat};
use crate::seat::Client;
use crate::setup::Setup;
use crate::truth::{Human, Truth};

pub(crate) type Fault = Result<(), String>;

/// What somebody hears.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Heard {
    pub(crate) user: usize,
    /// None: without a session.
    pub(crate) session: Option<SessionId>,
    pub(crate) at: u64,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) struct Town<'s> {
    pub(crate) setup: &'s Setup,
    pub(crate) workers: Vec<Worker>,
    pub(crate) truth: Truth,
    pub(crate) clients: Vec<Client>,
    pub(crate) frames: u64,
    /// Keep what everybody hears.
    pub(crate) record: bool,
    pub(crate) log: Vec<Heard>,
}

/// What phones say of their moves.
const ABOUTS: [[Option<f32>; 3]; 4] = [
    [None, None, None],
    [Some(5.5), None, None],
    [None, Some(90.5), Some(1.5)],
    [Some(12.0), Some(359.5), Some(33.5)],
];

pub(crate) fn expect<T: PartialEq + std::fmt::Debug>(what: &str, got: &T, wanted: &T) -> Fault {
    if got == wanted {
        Ok(())
    } else {
        Err(format!("{what} answers {got:?}, not {wanted:?}"))
    }
}

impl<'s> Town<'s> {
    pub(crate) fn new(setup: &'s Setup) -> Self {
        let people = (0..setup.users).map(|user| {
            let long = if user % 5 == 4 {
                "-who-has-a-rather-long-name"
            } else {
                ""
            };
            Human {
                id: format!("~{user}{long}~민"),
                ..Human::default()
            }
        });
        let truth = Truth {
            config: setup.config.clone(),
            now: setup.start,
            tidied: setup.start,
            epoch: 0,
            epoch_at: 0,
            people: people.collect(),
            friends: std::collections::BTreeSet::new(),
            blocks: std::collections::BTreeSet::new(),
            parted: std::collections::BTreeMap::new(),
        };
        Self {
            setup,
            workers: Broker::new(setup.config.clone(), setup.workers),
            truth,
            clients: Vec::new(),
            frames: 0,
            record: false,
            log: Vec::new(),
        }
    }

    pub(crate) fn by(&self, by: usize) -> usize {
        by % self.workers.len()
    }

    pub(crate) fn id(&self, user: usize) -> String {
        self.truth.people[user].id.clone()
    }

    /// The client that an operation means; orphans are only closed.
    pub(crate) fn client(&self, seat: Seat) -> Option<usize> {
        let hers =
            |place: &usize| self.clients[*place].user == seat.user && !self.clients[*place].orphan;
        let places: Vec<usize> = (0..self.clients.len()).filter(hers).collect();
        places.get(seat.nth % places.len().max(1)).copied()
    }

    pub(crate) fn awake(&self, seat: Seat) -> Option<usize> {
        self.client(seat)
            .filter(|&place| self.clients[place].away_until.is_none())
    }

    pub(crate) fn worker_of(&mut self, place: usize) -> &mut Worker {
        let worker = self.clients[place].id.worker();
        &mut self.workers[worker]
    }

    /// Where that is, for somebody.
    pub(crate) fn there(&self, user: usize, go: Go) -> Position {
        let here = self.truth.people[user]
            .position
            .unwrap_or(self.setup.spots[0]);
        match go {
            Go::To(position) => position,
            Go::Spot {
                number,
                off_m,
                heading,
            } => walk(self.setup.spots[number], heading, off_m),
            Go::Step { metres, heading } => walk(here, heading, metres),
            Go::Ring {
                of,
                metres,
                heading,
            } => walk(
                self.truth.shown_at(of).unwrap_or(self.setup.spots[1]),
                heading,
                metres,
            ),
            Go::Corner { metres, heading } => {
                let corner = self.setup.config.strangers.privacy.cell_at(here).bounds();
                walk(
                    crate::globe::place(corner.north, corner.east),
                    heading,
                    metres,
                )
            }
        }
    }

    pub(crate) fn apply(&mut self, op: &Op) -> Fault {
        match *op {
            Op::Admit { by, user, standing } => self.admit(by, user, &standing),
            Op::Profile { by, user, profile } => self.profile(by, user, profile),
            Op::Open { user, hi } => self.open(user, &hi),
            Op::Close { seat } => self.client(seat).map_or(Ok(()), |place| self.close(place)),
            Op::Suspend { seat } => self.suspend(seat),
            Op::Resume { seat, right_seq } => self.resume(seat, right_seq),
            Op::Move {
                seat,
                go,
                at,
                about,
            } => self
                .awake(seat)
                .map_or(Ok(()), |place| self.walk(place, go, at, about)),
            Op::Report {
                by,
                user,
                go,
                about,
            } => self.report(by, user, go, about),
            Op::Set {
                seat,
                friends,
                strangers,
                radius_m,
                limit,
            } => {
                let change = Change {
                    friends,
                    strangers,
                    radius_m,
                };
                self.awake(seat)
                    .map_or(Ok(()), |place| self.set(place, &change, limit))
            }
            Op::Share {
                by,
                user,
                sharing,
                for_s,
            } => self.share(by, user, sharing, for_s),
            Op::Follow { seat, friend } => self
                .awake(seat)
                .map_or(Ok(()), |place| self.follow(place, friend)),
            Op::Unfollow { seat, friend } => self
                .awake(seat)
                .map_or(Ok(()), |place| self.unfollow(place, friend)),
            Op::Befriend { by, one, other } => self.befriend(by, one, other),
            Op::Unfriend { by, one, other } => self.unfriend(by, one, other),
            Op::Block { by, one, other } => self.block(by, one, other),
            Op::Unblock { by, one, other } => self.unblock(by, one, other),
            Op::BlockAlias { seat, nth } => self.block_alias(seat, nth),
            Op::Strangers {
                by,
                user,
                open,
                pool,
            } => self.set_strangers(by, user, open, pool),
            Op::Nearby { seat, mode, limit } => self
                .awake(seat)
                .map_or(Ok(()), |place| self.nearby(place, mode, limit)),
            Op::Pages {
                seat,
                mode,
                limit,
                meanwhile,
                forged,
            } => self.awake(seat).map_or(Ok(()), |place| {
                self.pages(place, mode, limit, meanwhile, forged)
            }),
            Op::Peek {
                by,
                user,
                mode,
                radius_m,
                limit,
            } => self.peek(by, user, mode, radius_m, limit),
            Op::Within {
                by,
                go,
                radius_m,
                limit,
            } => self.within(by, go, radius_m, limit),
            Op::Why {
                by,
                viewer,
                subject,
            } => self.why(by, viewer, subject),
            Op::Erase {
                by,
                user,
                close_later,
            } => self.erase(by, user, close_later),
            Op::Changed { by } => self.changed(by),
            Op::Collect { by, apply } => {
                let by = self.by(by);
                self.workers[by].collect();
                if apply {
                    self.workers[by].put_on_pairs();
                }
                Ok(())
            }
            Op::Sweep { by, full } => self.sweep(self.by(by), full, false),
            Op::Tick { ms, full, first } => {
                self.close_orphans()?;
                self.tick(ms, full, first)
            }
        }
    }

    pub(crate) fn walk(&mut self, place: usize, go: Go, at: At, about: usize) -> Fault {
        let (user, id, now) = (
            self.clients[place].user,
            self.clients[place].id,
            self.truth.now,
        );
        let to = self.there(user, go);
        let at = match at {
            At::Silent => None,
            At::Now => Some(now),
            At::Ago(seconds) => Some(now - seconds * 1000),
            At::Ahead(seconds) => Some(now + seconds * 1000),
        };
        let said = said(to, about, at);
        let answer = self.worker_of(place).move_to(id, &said, now);
        if self.clients[place].observes {
            return expect("the move of an observer", &answer, &Err(Denied::Observes));
        }
        if let Some(at) = at.filter(|&at| at <= now + 300_000) {
            let client = &mut self.clients[place];
            if at < client.clock {
                return expect("an older move", &answer, &Ok(Moved::Older));
            }
            client.clock = at;
        }
        self.took(user, to, about, answer)
    }

    /// A move was taken; as a step, or as staying?
    pub(crate) fn took(
        &mut self,
        user: usize,
        to: Position,
        about: usize,
        answer: Result<Moved, Denied>,
    ) -> Fault {
        let least = self.setup.config.move_min_m;
        let far = self.truth.people[user]
            .position
            .map_or(f64::MAX, |from| metres(from, to));
        // Of who shows a cell, each step into another one counts.
        let human = &self.truth.people[user];
        let grid = self.setup.config.strangers.privacy;
        let crosses = |from: Position| grid.cell_at(from) != grid.cell_at(to);
        let shows_other = (human.veiled || human.open) && human.position.is_some_and(crosses);
        let went = match (self.truth.active(user), far) {
            (Some(false), _) => Some(true),
            _ if shows_other => Some(true),
            (_, far) if far > least + 0.05 => Some(true),
            (Some(true), far) if far < least - 0.05 => Some(false),
            _ => None,
        };
        let right = match answer {
            Ok(Moved::Went) => went != Some(false),
            Ok(Moved::Stayed) => went != Some(true),
            _ => false,
        };
        if !right {
            return Err(format!(
                "a move of {far} m answers {answer:?}; active: {:?}",
                self.truth.active(user)
            ));
        }
        self.truth
            .went(user, to, ABOUTS[about], answer == Ok(Moved::Went));
        Ok(())
    }
}

pub(crate) fn said(position: Position, about: usize, at: Option<u64>) -> Move {
    let [accuracy_m, heading_deg, speed_mps] = ABOUTS[about];
    Move {
        position,
        about: About::new(accuracy_m, heading_deg, speed_mps),
        at,
    }
}

pub(crate) fn profile(number: usize) -> Profile {
    let name = |name: &str| Some(name.into());
    match number {
        0 => Profile::default(),
        1 => Profile {
            name: name("Ann \"the\" \\ one"),
            ..Profile::default()
        },
        2 => Profile {
            stranger_name: name("somebody"),
            avatar_url: name("https://a.example/1.png"),
            ..Profile::default()
        },
        _ => Profile {
            name: name("민준"),
            stranger_name: name("mj"),
            avatar_url: None,
        },
    }
}
