//! What a client may say after `hello`, and what it is answered.

use std::time::Instant;

use nearcast_grid::Position;

use crate::broker::{About, Change, Denied, Move, Moved, Page, SessionId};
use crate::limits::Kind;
use crate::metrics::{Limit, Method, MoveOutcome, Said, Tally};
use crate::wire::client::{self, Command, Settings};
use crate::wire::server::{Event, OkReply};
use crate::wire::{ClientMessage, Close, DEFAULT_LIMIT, ErrorCode, Mode, UserId};

use super::asked::Question;
use super::hub::Hub;
use super::line::Stage;
use super::lines::Lines;

impl Hub {
    /// Does what a client says, or answers why not.
    pub(super) fn obey(&mut self, key: usize, message: ClientMessage) {
        let ClientMessage { id, body } = message;
        let Some(stage) = self.lines.get(key).map(|line| line.stage) else {
            return;
        };
        match (stage, body) {
            (Stage::New, Command::Hello(hello)) => {
                let began = self.shared.clock.instant();
                self.hello(key, id, hello);
                self.timed(key, Method::Hello, began);
            }
            (Stage::New, _) => self.close(key, Close::BadRequest),
            (Stage::Live(session), Command::Move(to)) => self.moves(key, id, session, &to),
            (Stage::Live(session), body) => {
                // What was said before comes first.
                self.take_moves();
                let (method, began) = (Method::of(&body), self.shared.clock.instant());
                self.command(key, id, session, body);
                self.timed(key, method, began);
            }
            (Stage::Closing, _) => {}
        }
    }

    /// How long a command took, if it has been answered; otherwise since when it waits.
    fn timed(&mut self, key: usize, method: Method, began: Instant) {
        let asked = self.lines.get(key).filter(|line| line.is_busy());
        match asked.map(|line| line.aside()) {
            Some(aside) => aside.asked = Some((method, began)),
            None => self.tally.commands.took(method, began.elapsed()),
        }
    }

    fn command(&mut self, key: usize, id: Option<u32>, session: SessionId, body: Command) {
        match body {
            Command::Hello(_) => {
                self.refuse(
                    key,
                    id,
                    ErrorCode::BadRequest,
                    "hello: the session has begun",
                );
            }
            Command::Move(_) | Command::Pong => {}
            Command::Nearby(page) => self.page(key, id, session, &page),
            Command::Follow { user } => self.choose(key, id, session, user, true),
            Command::Unfollow { user } => self.choose(key, id, session, user, false),
            Command::Settings(settings) => self.settings(key, id, session, settings),
            Command::Refresh { token } => self.refresh(key, id, session, &token),
            Command::Wave { alias } => self.ask(key, id, Question::Wave(alias)),
            Command::Block(complaint) => self.ask(key, id, Question::Block(complaint.about)),
            Command::Report(complaint) => self.ask(key, id, Question::Report(complaint)),
            Command::Bye => self.close(key, Close::Normal),
        }
    }

    fn moves(&mut self, key: usize, id: Option<u32>, session: SessionId, to: &client::Move) {
        let now = self.shared.clock.now_ms();
        let Ok(user) = self.worker.user(session) else {
            return;
        };
        if self
            .shared
            .rates
            .take(Kind::Move, user.as_str(), now)
            .is_err()
        {
            self.shared.metrics.limits.one(Limit::Moves);
            self.tally.moves.one(MoveOutcome::Refused);
            self.refuse_for_number(key, id, Limit::Moves);
            return;
        }
        self.moves.push((session, said(to)));
        self.movers.push((key, id));
    }

    fn page(&mut self, key: usize, id: Option<u32>, session: SessionId, page: &client::Page) {
        let now = self.shared.clock.now_ms();
        let mode = page.mode.unwrap_or(Mode::Friends);
        let asked = Page {
            id,
            cursor: page.cursor.as_deref(),
            limit: page.limit.unwrap_or(DEFAULT_LIMIT) as usize,
        };
        let mut frame = Vec::new();
        match self.worker.page(session, mode, &asked, now, &mut frame) {
            Ok(()) => {
                self.tally.sent.one(Said::Nearby);
                self.lines.pass_on(key, &frame);
            }
            Err(denied) => self.deny(key, id, denied),
        }
    }

    /// Follows somebody, or does not any more. The world knows of the friendships of who is in it;
    /// of all others the store does.
    fn choose(
        &mut self,
        key: usize,
        id: Option<u32>,
        session: SessionId,
        friend: UserId,
        follows: bool,
    ) {
        match self.follow(key, session, &friend, follows) {
            Err(Denied::NotFriends) => self.ask(key, id, Question::Friend { friend, follows }),
            done => self.answer_friend(key, id, session, done),
        }
    }

    pub(super) fn follow(
        &mut self,
        key: usize,
        session: SessionId,
        friend: &UserId,
        follows: bool,
    ) -> Result<(), Denied> {
        if follows {
            return self.worker.follow(session, friend.as_str());
        }
        let (mut frame, now) = (Vec::new(), self.shared.clock.now_ms());
        let was_shown = self
            .worker
            .unfollow(session, friend.as_str(), now, &mut frame)?;
        if was_shown {
            self.lines.pass_on(key, &frame);
        }
        Ok(())
    }

    /// Answers a follow or unfollow; who asks for many people who are no friends learns nothing
    /// for a while.
    pub(super) fn answer_friend(
        &mut self,
        key: usize,
        id: Option<u32>,
        session: SessionId,
        done: Result<(), Denied>,
    ) {
        let Err(denied) = done else {
            return self.ok(key, id);
        };
        let now = self.shared.clock.now_ms();
        let within = self.worker.user(session).is_ok_and(|user| {
            let taken = self.shared.rates.take(Kind::Denied, user.as_str(), now);
            taken.is_ok()
        });
        if within {
            self.deny(key, id, denied);
        } else {
            self.shared.metrics.limits.one(Limit::Denied);
            self.refuse_for_number(key, id, Limit::Denied);
        }
    }

    fn settings(&mut self, key: usize, id: Option<u32>, session: SessionId, settings: Settings) {
        let wants = settings.modes.is_some_and(|modes| modes.strangers);
        if wants && self.worker.is_open(session) != Ok(true) {
            let sentence = "settings.modes: strangers need permission and consent";
            return self.refuse(key, id, ErrorCode::Denied, sentence);
        }
        if settings.sharing.is_some() {
            // What the store may refuse comes first: nothing of a refused command is applied.
            return self.ask(key, id, Question::Share(settings));
        }
        if settings.sharing_for_s.is_some() {
            let sentence = "settings.sharing_for_s: comes without sharing";
            return self.refuse(key, id, ErrorCode::BadRequest, sentence);
        }
        self.apply(key, id, session, settings);
    }

    /// Changes modes and radius, which are the session's own.
    pub(super) fn apply(
        &mut self,
        key: usize,
        id: Option<u32>,
        session: SessionId,
        settings: Settings,
    ) {
        let before = self.worker.modes(session).unwrap_or_default();
        let change = Change {
            friends: settings.modes.map(|modes| modes.friends),
            strangers: settings.modes.map(|modes| modes.strangers),
            radius_m: settings.radius_m.map(|radius_m| radius_m as f32),
        };
        if let Err(denied) = self.worker.set(session, &change) {
            return self.deny(key, id, denied);
        }
        for mode in self.worker.modes(session).unwrap_or_default() {
            if !before.contains(&mode) {
                self.list(key, session, mode, Some(DEFAULT_LIMIT as usize));
            }
        }
        let margin_m = change.radius_m.map(crate::broker::margin_m);
        if id.is_some() {
            self.lines.say(key, id, Event::Ok(OkReply { margin_m }));
        }
    }

    /// Sends the unasked `nearby` of one mode.
    pub(super) fn list(
        &mut self,
        key: usize,
        session: SessionId,
        mode: Mode,
        limit: Option<usize>,
    ) {
        let mut frame = Vec::new();
        let now = self.shared.clock.now_ms();
        let listed = self.worker.nearby(session, mode, limit, now, &mut frame);
        if listed.is_ok() && !frame.is_empty() {
            self.tally.sent.one(Said::Nearby);
            self.lines.pass_on(key, &frame);
        }
    }

    pub(super) fn ok(&mut self, key: usize, id: Option<u32>) {
        if id.is_some() {
            self.lines.say(key, id, Event::Ok(OkReply::default()));
        }
    }

    pub(super) fn deny(&mut self, key: usize, id: Option<u32>, denied: Denied) {
        let (code, sentence) = reason(denied);
        self.refuse(key, id, code, sentence);
    }

    pub(super) fn refuse(
        &mut self,
        key: usize,
        id: Option<u32>,
        code: ErrorCode,
        sentence: impl Into<String>,
    ) {
        if self.overflows(key) {
            // Nor is what was refused said to who does not read.
            return;
        }
        // What was said before is answered before.
        self.take_moves();
        self.lines.say(key, id, Event::Error(code.reply(sentence)));
    }
}

/// Answers a move that asks for it, and any that was not taken.
pub(super) fn answer_move(
    lines: &mut Lines,
    tally: &Tally,
    key: usize,
    id: Option<u32>,
    moved: Result<Moved, Denied>,
) {
    tally.moves.one(match moved {
        Ok(Moved::Went) => MoveOutcome::Went,
        Ok(Moved::Stayed) => MoveOutcome::Stayed,
        Ok(Moved::Older) => MoveOutcome::Older,
        Err(_) => MoveOutcome::Refused,
    });
    match moved {
        Ok(_) if id.is_none() => {}
        Ok(_) => lines.say(key, id, Event::Ok(OkReply::default())),
        Err(denied) => {
            let (code, sentence) = reason(denied);
            lines.say(key, id, Event::Error(code.reply(sentence)));
        }
    }
}

/// The same for unknown and for no friend.
fn reason(denied: Denied) -> (ErrorCode, &'static str) {
    match denied {
        Denied::Unknown | Denied::NotFriends => (ErrorCode::Denied, "not with this person"),
        Denied::Observes => (ErrorCode::Denied, "this session only observes"),
        Denied::Cursor => (ErrorCode::NotFound, "nearby.cursor: no such page"),
        Denied::Full => (ErrorCode::TooManyRequests, "a limit is reached"),
        Denied::Ended => (ErrorCode::Internal, "the session has ended"),
    }
}

/// A client's move as the broker takes it.
pub(super) fn said(to: &client::Move) -> Move {
    let position: Position = to.position;
    Move {
        position,
        about: About::new(to.accuracy_m, to.heading_deg, to.speed_mps),
        at: to.at,
    }
}
