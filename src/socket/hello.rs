//! How a session begins: `hello`, a session taken up again, `welcome`, `refresh`.

use std::sync::Arc;

use crate::accounts::{Arrived, Order};
use crate::auth::{Claims, Rejected};
use crate::broker::{self, Denied, SessionId};
use crate::limits::Kind;
use crate::metrics::{Limit, ResumeOutcome};
use crate::wire::client::{Hello, Modes};
use crate::wire::server::{Event, Welcome};
use crate::wire::{Close, DEFAULT_LIMIT, ErrorCode, Heartbeat, Mode, UserId};

use super::asked::Question;
use super::commands::said;
use super::hub::Hub;
use super::line::Stage;
use super::ticket::Ticket;
use super::{Inbound, Moved};

/// A line that goes to the hub of its session.
pub(super) struct Parting {
    key: usize,
    id: Option<u32>,
    hello: Hello,
    number: usize,
}

impl Hub {
    pub(super) fn hello(&mut self, key: usize, id: Option<u32>, hello: Hello) {
        match self.credential(key, &hello) {
            Ok(claims) => self.admitted(key, id, hello, claims),
            Err(Rejected::Expired) => self.expire(key, id),
            // Its key may be a new one.
            Err(Rejected::Invalid) if hello.token.is_some() => {
                self.ask(key, id, Question::Settle(Box::new(hello)));
            }
            Err(Rejected::Invalid) => self.close(key, Close::InvalidToken),
        }
    }

    /// The same when all keys there are have been asked for.
    pub(super) fn hello_again(&mut self, key: usize, id: Option<u32>, hello: Hello) {
        match self.credential(key, &hello) {
            Ok(claims) => self.admitted(key, id, hello, claims),
            Err(Rejected::Expired) => self.expire(key, id),
            Err(Rejected::Invalid) => self.close(key, Close::InvalidToken),
        }
    }

    /// A token in `hello` counts for more than one on the upgrade.
    fn credential(&mut self, key: usize, hello: &Hello) -> Result<Box<Claims>, Rejected> {
        let now = self.shared.clock.now_ms();
        if let Some(token) = &hello.token {
            return self.shared.verifier.token(token, now).map(Box::new);
        }
        let aside = self.lines.get(key).and_then(|line| line.aside.take());
        let claims = aside.and_then(|aside| aside.claims);
        let claims = claims.ok_or(Rejected::Invalid)?;
        let good = claims.expires_ms.saturating_add(self.leeway_ms()) > now;
        good.then_some(claims).ok_or(Rejected::Expired)
    }

    fn admitted(&mut self, key: usize, id: Option<u32>, hello: Hello, claims: Box<Claims>) {
        let ticket = hello
            .resume
            .as_deref()
            .and_then(|resume| self.shared.tickets.read(resume));
        match ticket {
            Some(ticket) if ticket.session.worker() != self.worker.number() => {
                self.hand_over(key, id, claims, hello, ticket);
            }
            Some(ticket) if self.resume(key, id, &claims, &hello, ticket) => {}
            _ => {
                if hello.resume.is_some() {
                    self.tally.resumes.one(ResumeOutcome::TooLate);
                }
                self.ask(key, id, Question::Arrive(claims, Box::new(hello)));
            }
        }
    }

    fn leeway_ms(&self) -> u64 {
        self.shared.config.auth.leeway_s * 1000
    }

    /// The session to be taken up again is another hub's.
    fn hand_over(
        &mut self,
        key: usize,
        id: Option<u32>,
        claims: Box<Claims>,
        hello: Hello,
        ticket: Ticket,
    ) {
        let number = ticket.session.worker();
        if number >= self.shared.inboxes.len() {
            return self.ask(key, id, Question::Arrive(claims, Box::new(hello)));
        }
        let Some(line) = self.lines.get(key) else {
            return;
        };
        // Bytes may have been read that are not obeyed yet; it goes when they are put aside.
        let aside = line.aside();
        aside.busy = true;
        aside.claims = Some(claims);
        let hello = Hello {
            token: None,
            ..hello
        };
        self.parting.push(Parting {
            key,
            id,
            hello,
            number,
        });
    }

    /// Sends lines to the hubs that have their sessions.
    pub(super) fn send_parting(&mut self) {
        for Parting {
            key,
            id,
            hello,
            number,
        } in std::mem::take(&mut self.parting)
        {
            let Some(line) = self.lines.take(key) else {
                continue;
            };
            self.shared.counts[self.worker.number()].sub(1);
            let inbox = self.shared.inboxes[number].clone();
            let moved = Inbound::Moved(Box::new(Moved { line, id, hello }));
            self.shared.runtime.spawn(async move {
                // The hub is gone only when the server is.
                let _ = inbox.send(moved).await;
            });
        }
    }

    pub(super) fn take_over(&mut self, moved: Moved) {
        let Moved {
            mut line,
            id,
            hello,
        } = moved;
        let aside = line.aside();
        aside.busy = false;
        let later = std::mem::take(&mut aside.later);
        let Ok(key) = self.lines.add(line) else {
            return;
        };
        self.shared.counts[self.worker.number()].add(1);
        if self.leaving {
            return self.send_away(key);
        }
        self.lines.cork(key);
        self.hello(key, id, hello);
        self.go_on(key, later);
        self.read(key);
        self.take_moves();
        self.end_broken();
    }

    /// Takes a session up again, without any store; not if its time is over.
    fn resume(
        &mut self,
        key: usize,
        id: Option<u32>,
        claims: &Claims,
        hello: &Hello,
        ticket: Ticket,
    ) -> bool {
        let (now, session) = (self.shared.clock.now_ms(), ticket.session);
        let hers = self
            .worker
            .user(session)
            .is_ok_and(|user| user == claims.user);
        if !hers || self.lines.turn(session) != Some(ticket.turn) {
            return false;
        }
        let Some(encoding) = self.lines.get(key).map(|line| line.encoding) else {
            return true;
        };
        if let Some(other) = self.lines.line_of(session) {
            self.close(other, Close::ResumedElsewhere);
        }
        let seq = hello.seq.unwrap_or(u64::MAX);
        let Ok(goes_on) = self.worker.resume(session, seq) else {
            return false;
        };
        self.tally.resumes.one(if goes_on {
            ResumeOutcome::Continued
        } else {
            ResumeOutcome::Complete
        });
        self.worker.speak(session, encoding);
        self.renewed(key, claims);
        self.begin(key, session, hello);
        if let Some(to) = &hello.position
            && self.may_move(key, &claims.user, now)
        {
            // An observing session's is passed over.
            let _ = self.worker.move_to(session, &said(to), now);
        }
        self.greet(key, id, session, claims, true);
        if !goes_on {
            for mode in self.worker.modes(session).unwrap_or_default() {
                self.list(key, session, mode, None);
            }
        }
        if !self.shared.accounts.knows(claims) {
            self.ask(key, None, Question::Renew(Box::new(claims.clone())));
        }
        true
    }

    /// The user is in the world: her session begins.
    pub(super) fn arrived(
        &mut self,
        key: usize,
        id: Option<u32>,
        claims: &Claims,
        hello: &Hello,
        arrived: &Arrived,
    ) {
        let now = self.shared.clock.now_ms();
        let modes = hello.modes.unwrap_or(Modes::FRIENDS);
        let friends = &self.shared.config.friends;
        let Some(line) = self.lines.get(key) else {
            return;
        };
        let begins = broker::Hello {
            encoding: line.encoding,
            friends: modes.friends,
            strangers: modes.strangers && arrived.strangers,
            radius_m: hello.radius_m.unwrap_or(friends.radius_m) as f32,
            observes: hello.observe,
        };
        let to = hello.position.as_ref().filter(|_| !hello.observe);
        // Before the session begins: whom she sees from there is in its first list, and not to be
        // looked at again.
        let is_placed = to.is_some_and(|to| self.place(key, &claims.user, to, now));
        let opened = match self.worker.open(claims.user.as_str(), &begins) {
            Ok(opened) => opened,
            Err(Denied::Unknown) => {
                // Let go of, or erased, in this very moment: she comes anew.
                let again = Question::Arrive(Box::new(claims.clone()), Box::new(hello.clone()));
                return self.ask(key, id, again);
            }
            Err(_) => return self.close(key, Close::Internal),
        };
        if let Some(oldest) = opened.replaced {
            self.shared.metrics.limits.one(Limit::SessionsPerUser);
            self.order(Order::Close(oldest, Close::SessionLimit));
        }
        let session = opened.session;
        self.renewed(key, claims);
        self.begin(key, session, hello);
        if let Some(to) = to.filter(|_| is_placed) {
            // From the same place, for its time: the session's moves are ordered by it.
            let _ = self.worker.move_to(session, &said(to), now);
        }
        self.greet(key, id, session, claims, false);
        let limit = hello.limit.unwrap_or(DEFAULT_LIMIT) as usize;
        for mode in self.worker.modes(session).unwrap_or_default() {
            self.list(key, session, mode, Some(limit));
        }
    }

    /// Joins a line with its session.
    fn begin(&mut self, key: usize, session: SessionId, hello: &Hello) {
        let Some(line) = self.lines.get(key) else {
            return;
        };
        self.tally.connects.one(line.encoding);
        line.stage = Stage::Live(session);
        line.since_ms = if line.reader.unfinished() {
            line.heard_ms
        } else {
            0
        };
        line.ping_message = hello.heartbeat == Some(Heartbeat::Message);
    }

    /// Takes the position that comes with a `hello`, and answers whether it did.
    fn place(
        &mut self,
        key: usize,
        user: &UserId,
        to: &crate::wire::client::Move,
        now: u64,
    ) -> bool {
        self.may_move(key, user, now) && {
            let moved = self.worker.report(user.as_str(), &said(to), now);
            moved.is_ok()
        }
    }

    fn may_move(&mut self, key: usize, user: &UserId, now: u64) -> bool {
        let within = self.shared.rates.take(Kind::Move, user.as_str(), now);
        if within.is_err() {
            self.refuse_for_number(key, None);
        }
        within.is_ok()
    }

    fn greet(
        &mut self,
        key: usize,
        id: Option<u32>,
        session: SessionId,
        claims: &Claims,
        resumed: bool,
    ) {
        let now = self.shared.clock.now_ms();
        let turn = self.lines.seat(session, key);
        let shared = Arc::clone(&self.shared);
        let config = &shared.config;
        let mut modes = Modes::default();
        for mode in self.worker.modes(session).unwrap_or_default() {
            modes = modes.with(mode);
        }
        let user = claims.user.as_str();
        let Ok((sharing, sharing_until)) = self.worker.sharing(user) else {
            return self.close(key, Close::Internal);
        };
        let radius_m = self.worker.radius_m(session).unwrap_or_default();
        let (cells, reach_m) = match self.worker.cells(session, now) {
            Ok((cells, reach_m)) if modes.has(Mode::Strangers) && !cells.is_empty() => (
                cells.iter().map(ToString::to_string).collect(),
                Some(reach_m),
            ),
            _ => (Vec::new(), None),
        };
        let welcome = Welcome {
            user: claims.user.clone(),
            session: shared.tickets.name(session),
            resume: shared.tickets.write(Ticket { session, turn }),
            resumed,
            server_time: now,
            ping_every_s: config.socket.ping_every_s as u32,
            move_every_s: config.friends.move_every_s,
            move_min_m: config.friends.move_min_m,
            radius_m: radius_m.into(),
            margin_m: broker::margin_m(radius_m),
            modes,
            sharing,
            sharing_until,
            cells,
            reach_m,
            node: shared.node.clone(),
        };
        self.lines.say(key, id, Event::Welcome(welcome));
    }

    pub(super) fn refresh(&mut self, key: usize, id: Option<u32>, session: SessionId, token: &str) {
        let now = self.shared.clock.now_ms();
        match self.shared.verifier.token(token, now) {
            Ok(claims) if self.worker.user(session).as_ref() == Ok(&claims.user) => {
                self.ask(key, id, Question::Renew(Box::new(claims)));
            }
            Err(Rejected::Expired) => {
                self.refuse(
                    key,
                    id,
                    ErrorCode::TokenExpired,
                    "refresh.token has expired",
                );
            }
            _ => {
                let sentence = "refresh.token is not valid for this session";
                self.refuse(key, id, ErrorCode::Unauthorized, sentence);
            }
        }
    }

    /// The session lives as long as the newest token.
    pub(super) fn renewed(&mut self, key: usize, claims: &Claims) {
        let expires_ms = claims.expires_ms.saturating_add(self.leeway_ms());
        if let Some(line) = self.lines.get(key) {
            line.expires_ms = expires_ms;
        }
    }

    /// Says that the token has expired, and ends the line.
    pub(super) fn expire(&mut self, key: usize, id: Option<u32>) {
        self.refuse(key, id, ErrorCode::TokenExpired, "the token has expired");
        self.close(key, Close::TokenExpired);
    }
}
