//! A world in hand: the truth and the clients beside it, one operation after another.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use nearcast::wire::{Event, Modes, Sharing};

use super::dice::Dice;
use super::ground::{Ground, path_of};
use super::op::{By, Op};
use super::seat::{Fault, Seat};
use super::setup::Setup;
use super::truth::{Human, Truth};
use crate::server::SERVER_KEY;

/// What was done so far, for who fails.
pub(crate) type Log = Arc<Mutex<Vec<String>>>;

pub(crate) struct World {
    pub(crate) ground: Arc<Ground>,
    pub(crate) seed: u64,
    pub(crate) dice: Dice,
    pub(crate) setup: Setup,
    pub(crate) truth: Truth,
    /// Before the last operation.
    pub(crate) was: Truth,
    pub(crate) seats: Vec<Seat>,
    pub(crate) log: Log,
    /// Whose each alias is that was shown.
    pub(crate) aliases: HashMap<String, usize>,
    /// Who ever asked whom for friendship: the news may be late.
    pub(crate) asked: BTreeSet<(usize, usize)>,
    /// Of whom since the last sweep something is new that may be told of again.
    pub(crate) renewed: BTreeSet<usize>,
    /// The last operation erased somebody.
    pub(crate) erased: bool,
    pub(crate) seated: usize,
    pub(crate) count: Count,
}

/// What a world came to.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Count {
    pub(crate) ops: u64,
    pub(crate) frames: u64,
    pub(crate) compared: u64,
    pub(crate) settled: u64,
}

impl Count {
    pub(crate) fn add(&mut self, other: Self) {
        self.ops += other.ops;
        self.frames += other.frames;
        self.compared += other.compared;
        self.settled += other.settled;
    }
}

impl World {
    pub(crate) fn new(seed: u64, ground: Arc<Ground>, log: Log) -> Self {
        let mut dice = Dice::new(seed);
        let setup = Setup::new(seed, &mut dice);
        let people = setup.people.iter().map(|(id, pool)| {
            let claims = setup.strangers && dice.percent(60);
            Human::new(id, pool, claims)
        });
        let truth = Truth {
            people: people.collect(),
            ..Truth::default()
        };
        let world = Self {
            ground,
            seed,
            dice,
            setup,
            was: truth.clone(),
            truth,
            seats: Vec::new(),
            log,
            aliases: HashMap::new(),
            asked: BTreeSet::new(),
            renewed: BTreeSet::new(),
            erased: false,
            seated: 0,
            count: Count::default(),
        };
        let (users, lies) = (world.truth.people.len(), &world.setup.lies);
        world.note(format!("{users} users {lies}"));
        world
    }

    pub(crate) fn note(&self, line: String) {
        self.log.lock().unwrap().push(line);
    }

    /// From beginning to end.
    pub(crate) async fn play(mut self) -> Result<Count, String> {
        self.begin().await?;
        let rounds = 3 + self.dice.below(6);
        for round in 1..=rounds {
            for _ in 0..2 + self.dice.below(12) {
                if let Some(op) = self.next_op() {
                    self.does(&op).await?;
                }
            }
            self.is_swept().await?;
            if round == rounds || self.dice.percent(12) {
                self.settles().await?;
            }
        }
        Ok(self.count)
    }

    /// Everybody comes; most are friends, many open to strangers.
    async fn begin(&mut self) -> Fault {
        for user in 0..self.truth.people.len() {
            let hi = self.hi(user);
            self.does(&Op::Hello { user, hi }).await?;
            if self.setup.strangers && self.dice.percent(75) {
                let consents = true;
                self.does(&Op::Consent { user, consents }).await?;
            }
            if self.dice.percent(25) {
                let sharing = self.sharing();
                let seat = None;
                self.does(&Op::Share {
                    user,
                    sharing,
                    seat,
                })
                .await?;
            }
            for other in 0..user {
                if self.dice.percent(50) {
                    self.does(&Op::Befriend { one: user, other }).await?;
                }
            }
        }
        Ok(())
    }

    /// Does it, and has everybody hear what came of it.
    async fn does(&mut self, op: &Op) -> Fault {
        self.note(format!("{op:?}"));
        self.count.ops += 1;
        self.act(op).await?;
        self.hear_all().await
    }

    async fn act(&mut self, op: &Op) -> Fault {
        match *op {
            Op::Hello { user, ref hi } => self.hello(user, hi).await,
            Op::Drop { seat } => self.loses(seat),
            Op::Resume { seat, seq, ref hi } => self.resume(seat, seq, hi).await,
            Op::Bye { seat } => self.bye(seat).await,
            Op::Move { seat, to } => self.goes(seat, to).await,
            Op::Post { user, to, by } => self.posts(user, to, by).await,
            Op::Befriend { one, other } => self.befriend(one, other).await,
            Op::Ask { one, other } => self.ask(one, other).await,
            Op::Unfriend { one, other, by } => self.unfriend(one, other, by).await,
            Op::Block { user, other, seat } => self.block(user, other, seat).await,
            Op::BlockAlias { seat, nth } => self.block_alias(seat, nth).await,
            Op::Unblock { user, other } => self.unblock(user, other).await,
            Op::Share {
                user,
                sharing,
                seat,
            } => self.share(user, sharing, seat).await,
            Op::Settings {
                seat,
                modes,
                radius_m,
            } => self.set(seat, modes, radius_m).await,
            Op::Follow { seat, friend } => self.follow(seat, friend, true).await,
            Op::Unfollow { seat, friend } => self.follow(seat, friend, false).await,
            Op::Pages { seat, mode, limit } => self.pages(seat, mode, limit).await,
            Op::Peek { user, radius_m, by } => self.peek(user, radius_m, by).await,
            Op::Name { user, version } => self.name(user, version).await,
            Op::Consent { user, consents } => self.consent(user, consents).await,
            Op::Allow { user, allowed } => self.allow(user, allowed).await,
            Op::Erase { user } => self.erase(user).await,
        }
    }

    // What operations have in common.

    pub(crate) fn path(&self, user: usize) -> String {
        path_of(&self.truth.people[user].id)
    }

    pub(crate) fn token(&self, user: usize) -> String {
        let human = &self.truth.people[user];
        self.ground.token(&human.id, human.claims, &human.pool)
    }

    pub(crate) fn credential(&self, user: usize, by: By) -> String {
        match by {
            By::User => self.token(user),
            By::Server => SERVER_KEY.to_owned(),
        }
    }

    pub(crate) fn place(&self, number: usize) -> usize {
        let place = self.seats.iter().position(|seat| seat.number == number);
        place.expect("an operation names a seat that is there")
    }

    pub(crate) fn user_of(&self, id: &str) -> Result<usize, String> {
        let user = self.truth.people.iter().position(|human| human.id == id);
        user.ok_or_else(|| format!("{id} is nobody of this world"))
    }

    /// Who may be told complete though she is shown.
    pub(crate) fn told_anew(&mut self, user: usize) {
        self.renewed.insert(user);
        for seat in &mut self.seats {
            seat.anew.insert(user);
        }
    }

    /// The modes that a session gets of those that it wants.
    pub(crate) fn granted(&self, user: usize, modes: Modes) -> Modes {
        Modes {
            strangers: modes.strangers && self.truth.people[user].is_open(),
            ..modes
        }
    }

    pub(crate) fn shares(&mut self, user: usize, sharing: Sharing) {
        self.truth.people[user].change(|human| human.sharing = sharing);
    }
}

/// An answer is `ok`.
pub(crate) fn is_ok(answer: &Event) -> Fault {
    match answer {
        Event::Ok(_) => Ok(()),
        other => Err(format!("answered with {other:?}")),
    }
}

/// An answer is an error with this code.
pub(crate) fn is_error(answer: &Event, code: u32) -> Fault {
    match answer {
        Event::Error(error) if error.code == code => Ok(()),
        other => Err(format!("answered with {other:?}, not with error {code}")),
    }
}

pub(crate) fn claim(holds: bool, says: impl FnOnce() -> String) -> Fault {
    if holds { Ok(()) } else { Err(says()) }
}
