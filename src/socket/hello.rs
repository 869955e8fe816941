//! How a session begins: `hello`, `welcome`, `refresh`.

use std::sync::Arc;

use crate::accounts::Arrived;
use crate::auth::{Claims, Rejected};
use crate::broker::{self, Denied, SessionId};
use crate::limits::Kind;
use crate::metrics::{Limit, ResumeOutcome};
use crate::wire::client::{Hello, Modes};
use crate::wire::server::{Event, Welcome};
use crate::wire::{Close, DEFAULT_LIMIT, ErrorCode, Heartbeat, UserId};

use super::asked::Question;
use super::commands::said;
use super::hub::Hub;
use super::line::{Believed, Stage};
use super::ticket::Ticket;

impl Hub {
    pub(super) fn hello(&mut self, key: usize, id: Option<u32>, hello: Hello) {
        match self.credential(key, &hello) {
            Ok(token) => self.admitted(key, id, hello, token),
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
            Ok(token) => self.admitted(key, id, hello, token),
            Err(Rejected::Expired) => self.expire(key, id),
            Err(Rejected::Invalid) => self.close(key, Close::InvalidToken),
        }
    }

    /// A token in `hello` counts for more than one on the upgrade.
    fn credential(&mut self, key: usize, hello: &Hello) -> Result<Box<Believed>, Rejected> {
        if let Some(token) = &hello.token {
            return self.believe(token).map(Box::new);
        }
        let now = self.shared.clock.now_ms();
        let aside = self.lines.get(key).and_then(|line| line.aside.take());
        let token = aside.and_then(|aside| aside.token);
        let token = token.ok_or(Rejected::Invalid)?;
        let good = token.claims.expires_ms.saturating_add(self.leeway_ms()) > now;
        good.then_some(token).ok_or(Rejected::Expired)
    }

    fn believe(&self, token: &str) -> Result<Believed, Rejected> {
        let judged = self.shared.accounts.moment();
        let now = self.shared.clock.now_ms();
        let claims = self.shared.verifier.token(token, now)?;
        Ok(Believed { claims, judged })
    }

    fn admitted(&mut self, key: usize, id: Option<u32>, hello: Hello, token: Box<Believed>) {
        match self.ticket(&hello) {
            Some(ticket) if ticket.session.worker() != self.worker.number() => {
                self.hand_over(key, id, token, hello, ticket);
            }
            // What a token says anew about strangers counts before it lists anybody.
            Some(_)
                if self.shared.accounts.knows(&token.claims)
                    && self.resume(key, id, &token.claims, &hello) => {}
            _ => self.ask(key, id, Question::Arrive(token, Box::new(hello))),
        }
    }

    fn leeway_ms(&self) -> u64 {
        self.shared.config.auth.leeway_s * 1000
    }

    /// The user is in the world: her session begins.
    pub(super) fn arrived(
        &mut self,
        key: usize,
        id: Option<u32>,
        token: &Believed,
        hello: &Hello,
        arrived: &Arrived,
    ) {
        let claims = &token.claims;
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
                let (token, hello) = (Box::new(token.clone()), Box::new(hello.clone()));
                return self.ask(key, id, Question::ArriveAgain(token, hello));
            }
            Err(_) => return self.close(key, Close::Internal),
        };
        if hello.resume.is_some() {
            self.tally.resumes.one(ResumeOutcome::TooLate);
        }
        if let Some(oldest) = opened.replaced {
            self.shared.metrics.limits.one(Limit::SessionsPerUser);
            self.close_session(oldest, Close::SessionLimit);
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
    pub(super) fn begin(&mut self, key: usize, session: SessionId, hello: &Hello) {
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

    pub(super) fn may_move(&mut self, key: usize, user: &UserId, now: u64) -> bool {
        let within = self.shared.rates.take(Kind::Move, user.as_str(), now);
        if within.is_err() {
            self.shared.metrics.limits.one(Limit::Moves);
            self.refuse_for_number(key, None, Limit::Moves);
        }
        within.is_ok()
    }

    pub(super) fn greet(
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
        let (cells, reach_m) = self.worker.cells(session, now).unwrap_or_default();
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
            reach_m: (!cells.is_empty()).then_some(reach_m),
            cells: cells.iter().map(ToString::to_string).collect(),
            node: shared.node.clone(),
        };
        self.lines.say(key, id, Event::Welcome(welcome));
    }

    pub(super) fn refresh(&mut self, key: usize, id: Option<u32>, session: SessionId, token: &str) {
        match self.believe(token) {
            // Its key may be a new one.
            Err(Rejected::Invalid) => {
                self.ask(key, id, Question::SettleAnew(token.to_owned()));
            }
            verified => self.judge_refresh(key, id, session, verified),
        }
    }

    /// The same when all keys there are have been asked for.
    pub(super) fn refresh_again(
        &mut self,
        key: usize,
        id: Option<u32>,
        session: SessionId,
        token: &str,
    ) {
        let verified = self.believe(token);
        self.judge_refresh(key, id, session, verified);
    }

    fn judge_refresh(
        &mut self,
        key: usize,
        id: Option<u32>,
        session: SessionId,
        verified: Result<Believed, Rejected>,
    ) {
        match verified {
            Ok(token) if self.worker.user(session).as_ref() == Ok(&token.claims.user) => {
                self.ask(key, id, Question::Renew(Box::new(token)));
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
