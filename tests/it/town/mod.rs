//! A small language for scenes: a town of people with phones, stepped by hand.
//!
//! Each act is one second and ends with a sweep of every worker, unless it happens `at_once` with
//! others. Phones speak JSON and protobuf by turns and sit on both workers; each checks of every
//! frame what a client may rely on, and hears it as lines that a test can compare.

mod heard;
mod phones;

use std::collections::BTreeMap;

use nearcast::broker::{
    Account, Befriended, Boundary, Broker, Config, Hello, Profile, SessionId, Sink, Worker,
};
use nearcast::wire::server::FriendBuf;
use nearcast::wire::{Encoding, Mode, Sharing};

use crate::places::Place;

/// A session of somebody; two screens of one user are two phones.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Phone(usize);

/// How somebody comes to town.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    pub(crate) radius_m: f32,
    pub(crate) strangers: bool,
    pub(crate) observes: bool,
    pub(crate) limit: usize,
    pub(crate) account: Account,
}

impl Default for Arrival {
    fn default() -> Self {
        Self {
            radius_m: 8047.0,
            strangers: false,
            observes: false,
            limit: 20,
            account: Account::default(),
        }
    }
}

impl Arrival {
    /// Looks at strangers and may be shown to them.
    pub(crate) fn open() -> Self {
        Self::pool("")
    }

    pub(crate) fn pool(pool: &str) -> Self {
        let account = Account {
            open: true,
            pool: pool.into(),
            ..Account::default()
        };
        Self {
            strangers: true,
            account,
            ..Self::default()
        }
    }

    pub(crate) fn radius(radius_m: f32) -> Self {
        Self {
            radius_m,
            ..Self::default()
        }
    }

    pub(crate) fn sharing(sharing: Sharing) -> Self {
        let account = Account {
            sharing,
            ..Account::default()
        };
        Self {
            account,
            ..Self::default()
        }
    }
}

struct Screen {
    user: String,
    session: SessionId,
    encoding: Encoding,
    radius_m: f32,
    /// Where this phone says it is every 30 seconds, while it is on.
    place: Place,
    on: bool,
    full: bool,
    observes: bool,
    /// Of the last unasked frame.
    seq: u64,
    /// Whom the client shows, and where, as its frames say.
    friends: BTreeMap<String, String>,
    strangers: BTreeMap<String, String>,
    heard: Vec<String>,
    told: Option<FriendBuf>,
    frames: usize,
}

pub(crate) struct Town {
    pub(crate) workers: Vec<Worker>,
    screens: Vec<Screen>,
    pub(crate) now: u64,
    held: bool,
}

/// Frames on their way to the phones.
struct Air<'a> {
    screens: &'a mut [Screen],
    sent: Vec<(usize, Vec<u8>)>,
}

impl Sink for Air<'_> {
    fn is_full(&mut self, session: SessionId) -> bool {
        self.screens
            .iter()
            .any(|screen| screen.session == session && screen.full)
    }

    fn frame(&mut self, session: SessionId, frame: &[u8]) {
        let screen = self.screens.iter().position(|one| one.session == session);
        let screen = screen.expect("a frame is for a session");
        self.sent.push((screen, frame.to_vec()));
    }
}

impl Town {
    pub(crate) fn new() -> Self {
        Self::with(Self::config())
    }

    pub(crate) fn config() -> Config {
        Config {
            users: 64,
            edges: 1 << 16,
            marks: 1024,
            friends: 50,
            key: [7; 32],
            ..Config::default()
        }
    }

    pub(crate) fn with(config: Config) -> Self {
        Self {
            workers: Broker::new(config, 2),
            screens: Vec::new(),
            now: 1_795_000_020_000,
            held: false,
        }
    }

    pub(crate) fn arrive(&mut self, user: &str, place: Place) -> Phone {
        self.arrive_as(user, place, &Arrival::default())
    }

    /// Comes into the world, opens a session and says where she is; a second arrival of the same
    /// user is a second screen.
    pub(crate) fn arrive_as(&mut self, user: &str, place: Place, arrival: &Arrival) -> Phone {
        let now = self.now;
        if self.workers[0].sharing(user).is_err() {
            self.admit(user, &arrival.account);
        }
        let number = self.screens.len();
        let encoding = Encoding::ALL[number % 2];
        let hello = Hello {
            encoding,
            friends: true,
            strangers: arrival.strangers,
            radius_m: arrival.radius_m,
            observes: arrival.observes,
        };
        let worker = number / 2 % 2;
        let opened = self.workers[worker].open(user, &hello).unwrap();
        self.screens.push(Screen {
            user: user.to_owned(),
            session: opened.session,
            encoding,
            radius_m: arrival.radius_m,
            place,
            on: !arrival.observes,
            full: false,
            observes: arrival.observes,
            seq: 0,
            friends: BTreeMap::new(),
            strangers: BTreeMap::new(),
            heard: Vec::new(),
            told: None,
            frames: 0,
        });
        let phone = Phone(number);
        if let Some(oldest) = opened.replaced {
            self.workers[oldest.worker()].close(oldest, now);
        }
        if !arrival.observes {
            self.say(phone, place);
        }
        // As for a welcome, which says them.
        self.workers[worker].cells(opened.session, now).unwrap();
        self.look(phone, Mode::Friends, Some(arrival.limit));
        if arrival.strangers {
            self.look(phone, Mode::Strangers, Some(arrival.limit));
        }
        let screen = &mut self.screens[number];
        screen.heard.retain(|line| !line.ends_with(": nobody"));
        self.second();
        phone
    }

    pub(crate) fn admit(&mut self, user: &str, account: &Account) {
        self.workers[0].admit(user, account, self.now).unwrap();
    }

    pub(crate) fn user(&self, phone: Phone) -> String {
        self.screens[phone.0].user.clone()
    }

    pub(crate) fn befriend(&mut self, one: Phone, other: Phone) {
        self.befriend_by_name(&self.user(one), &self.user(other));
    }

    pub(crate) fn befriend_by_name(&mut self, one: &str, other: &str) {
        assert_eq!(
            self.workers[0].befriend(one, other),
            Ok(Befriended::Watched)
        );
        self.second();
    }

    /// Ends a friendship and answers what to wait for.
    pub(crate) fn unfriend(&mut self, one: Phone, other: Phone) -> Boundary {
        let (one, other) = (self.user(one), self.user(other));
        self.workers[1].keep_apart(&one, &other, self.now);
        let boundary = self.workers[1].unfriend(&one, &other);
        self.second();
        boundary
    }

    pub(crate) fn unblock(&mut self, one: Phone, other: Phone) {
        let (one, other) = (self.user(one), self.user(other));
        self.workers[0].keep_apart(&one, &other, self.now);
        self.workers[0].unblock(&one, &other);
        self.second();
    }

    pub(crate) fn block(&mut self, one: Phone, other: Phone) {
        let (one, other) = (self.user(one), self.user(other));
        self.workers[0].block(&one, &other).unwrap();
        self.second();
    }

    pub(crate) fn share(&mut self, phone: Phone, sharing: Sharing) {
        self.share_until(phone, sharing, None);
    }

    /// `for_s`: how long, if not for good.
    pub(crate) fn share_until(&mut self, phone: Phone, sharing: Sharing, for_s: Option<u64>) {
        let until = for_s.map(|for_s| self.now + 1000 * for_s);
        let user = self.user(phone);
        self.workers[1]
            .set_sharing(&user, sharing, until, self.now)
            .unwrap();
        self.second();
    }

    pub(crate) fn consent(&mut self, phone: Phone, open: bool) {
        let user = self.user(phone);
        self.workers[0].set_strangers(&user, open, "").unwrap();
        self.second();
    }

    pub(crate) fn name(&mut self, phone: Phone, name: &str) {
        let profile = Profile {
            name: Some(name.into()),
            ..Profile::default()
        };
        let user = self.user(phone);
        self.workers[1].set_profile(&user, &profile).unwrap();
        self.second();
    }

    /// Every trace of a user is gone; her phones are closed.
    pub(crate) fn erase(&mut self, phone: Phone) {
        let user = self.user(phone);
        let (sessions, _) = self.workers[0].erase(&user).unwrap();
        for session in sessions {
            self.workers[session.worker()].close(session, self.now);
        }
        self.turn_off_all(&user);
        self.second();
    }

    /// What is done inside is swept once, at the end.
    pub(crate) fn at_once(&mut self, acts: impl FnOnce(&mut Self)) {
        self.held = true;
        acts(self);
        self.held = false;
        self.second();
    }

    /// One second passes, unless things happen at once.
    pub(crate) fn second(&mut self) {
        if !self.held {
            self.now += 1000;
            self.sweep();
        }
    }

    /// Time passes; phones that are on say every 30 seconds where they are.
    pub(crate) fn wait_s(&mut self, seconds: u64) {
        for _ in 0..seconds {
            if (self.now / 1000).is_multiple_of(30) {
                for phone in 0..self.screens.len() {
                    if self.screens[phone].on {
                        self.say(Phone(phone), self.screens[phone].place);
                    }
                }
            }
            self.second();
        }
    }

    /// Until everybody's cell has been released as it is now.
    pub(crate) fn two_epochs(&mut self) {
        self.wait_s(31);
    }

    pub(crate) fn sweep(&mut self) {
        self.workers[0].tidy(self.now);
        let mut air = Air {
            screens: &mut self.screens,
            sent: Vec::new(),
        };
        for worker in &mut self.workers {
            worker.sweep(self.now, &mut air);
        }
        for (screen, frame) in air.sent {
            self.hear(screen, &frame);
        }
    }
}
