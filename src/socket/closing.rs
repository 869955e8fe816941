//! How lines end, and what time does to them: deadlines, heartbeats, drains.

use crate::accounts::Order;
use crate::broker::SessionId;
use crate::metrics::Limit;
use crate::wire::Close;
use crate::wire::server::Event;

use super::frame::{self, OpCode};
use super::hub::Hub;
use super::line::Stage;

/// How long a closed line waits for the other side to have read it.
const LINGER_MS: u64 = 2_000;

/// One refusal is forgotten in so many seconds.
const FORGIVEN_S: usize = 10;

/// What time has done to a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Overdue {
    /// Closed long enough.
    Gone,
    Close(Close),
}

impl Hub {
    /// This one and those behind it: who waits for an order waits for no more than one turn.
    pub(super) fn carry_out_all(&mut self, first: Order) {
        self.carry_out(first);
        for _ in 0..self.orders.len() {
            if let Ok(order) = self.orders.try_recv() {
                self.carry_out(order);
            }
        }
    }

    fn carry_out(&mut self, order: Order) {
        match order {
            Order::Close(session, close) => match self.lines.line_of(session) {
                Some(key) => self.close(key, close),
                None => self.worker.close(session, self.shared.clock.now_ms()),
            },
            Order::Tell(session, event) => {
                if let Some(key) = self.lines.line_of(session) {
                    self.tell(key, event);
                }
            }
            Order::Look(session, subject, answer) => {
                if let Ok(outlook) = self.worker.outlook(session, subject.as_str()) {
                    // Who asked may have gone.
                    answer.send(outlook).unwrap_or_default();
                }
            }
            Order::Pass(pass) => pass.send(()).unwrap_or_default(),
        }
        self.end_broken();
    }

    /// For a client that does not read, no more waits than `waiting_max` and one event.
    fn tell(&mut self, key: usize, event: Event) {
        if self.overflows(key) {
            self.shared.metrics.limits.one(Limit::Waiting);
            return;
        }
        self.lines.say(key, None, event);
    }

    /// Closes a session, whichever hub has it.
    pub(super) fn close_session(&mut self, session: SessionId, close: Close) {
        let order = Order::Close(session, close);
        let number = session.worker();
        if number == self.worker.number() {
            return self.carry_out(order);
        }
        let post = self.shared.posts[number].clone();
        self.shared.runtime.spawn(async move {
            // The hub is gone only when the server is.
            let _ = post.send(order).await;
        });
    }

    /// Says why, and ends the line. The session lives on if its client may come back.
    pub(super) fn close(&mut self, key: usize, close: Close) {
        self.close_with(key, close, None, None);
    }

    fn close_with(&mut self, key: usize, close: Close, after_ms: Option<u64>, url: Option<String>) {
        let Some(line) = self.lines.get(key) else {
            return;
        };
        if line.stage == Stage::Closing {
            return;
        }
        self.part(key, close.reconnect());
        let said = close.code() >= 3000 || matches!(close, Close::Normal | Close::Internal);
        if said {
            let goodbye = close.goodbye(after_ms, url);
            self.lines.say(key, None, Event::Goodbye(goodbye));
        }
        self.tally.closes.one(close);
        self.end(key, close.code(), close.entry().name);
    }

    /// The client has closed: the same code goes back.
    pub(super) fn answer_close(&mut self, key: usize, code: Option<u16>) {
        self.part(key, true);
        self.end(key, code.unwrap_or(Close::Normal.code()), "");
    }

    /// The close frame, after which nothing is sent.
    fn end(&mut self, key: usize, code: u16, reason: &str) {
        let mut bytes = Vec::new();
        frame::close(&mut bytes, code, reason);
        self.lines.send_last(key, &bytes);
        let now = self.shared.clock.now_ms();
        if let Some(line) = self.lines.get(key) {
            line.stage = Stage::Closing;
            line.since_ms = now;
            line.aside = None;
            // Behind what is blocked the end goes with its last byte.
            if !line.is_blocked() {
                line.end();
            }
            self.lines.watch(key);
        }
    }

    /// Parts a line from its session, which ends, or waits for its client to come back.
    fn part(&mut self, key: usize, comes_back: bool) {
        self.take_moves();
        let now = self.shared.clock.now_ms();
        let Some(session) = self.lines.get(key).and_then(|line| line.session()) else {
            return;
        };
        self.lines.stand_up(session);
        if comes_back {
            self.worker.suspend(session, now);
        } else {
            self.worker.close(session, now);
        }
    }

    /// Ends the lines whose connection has ended, and lets go of those that go elsewhere.
    pub(super) fn end_broken(&mut self) {
        self.send_parting();
        while let Some(key) = self.lines.broken.pop() {
            self.part(key, true);
            if self.lines.take(key).is_some() {
                self.shared.counts[self.worker.number()].sub(1);
            }
        }
    }

    pub(super) fn look_at_quarter(&mut self, turn: usize) {
        let forgives = (turn / 4).is_multiple_of(FORGIVEN_S);
        for key in self.lines.quarter(turn) {
            if forgives && let Some(line) = self.lines.get(key) {
                line.refused = line.refused.saturating_sub(1);
            }
            self.look_at(key);
        }
        self.take_moves();
        self.end_broken();
    }

    /// What is due for a line.
    fn look_at(&mut self, key: usize) {
        let Some(overdue) = self.overdue(key) else {
            return self.ping_who_is_silent(key);
        };
        // It may have spoken while this hub was busy: what has come counts.
        self.read(key);
        if self.overdue(key) != Some(overdue) {
            return;
        }
        match overdue {
            Overdue::Gone => self.lines.broken.push(key),
            Overdue::Close(Close::TokenExpired) => self.expire(key, None),
            Overdue::Close(close) => self.close(key, close),
        }
    }

    fn overdue(&mut self, key: usize) -> Option<Overdue> {
        let now = self.shared.clock.now_ms();
        let socket = &self.shared.config.socket;
        let line = self.lines.get(key)?;
        let since = now.saturating_sub(line.since_ms);
        let unanswered = now.saturating_sub(line.pinged_ms);
        match line.stage {
            Stage::Closing => (since >= LINGER_MS).then_some(Overdue::Gone),
            Stage::New => {
                let late = !line.is_busy() && since >= socket.hello_s * 1000;
                late.then_some(Overdue::Close(Close::NoHello))
            }
            Stage::Live(_) if now >= line.expires_ms => Some(Overdue::Close(Close::TokenExpired)),
            Stage::Live(_) if line.since_ms > 0 && since >= socket.unfinished_s * 1000 => {
                Some(Overdue::Close(Close::Unfinished))
            }
            Stage::Live(_) => {
                let lost = line.pinged_ms > 0 && unanswered >= socket.pong_s * 1000;
                lost.then_some(Overdue::Close(Close::NoTraffic))
            }
        }
    }

    fn ping_who_is_silent(&mut self, key: usize) {
        let now = self.shared.clock.now_ms();
        let silence_ms = self.shared.config.socket.ping_every_s * 1000;
        let Some(line) = self.lines.get(key) else {
            return;
        };
        let silent = line.session().is_some() && now.saturating_sub(line.heard_ms) >= silence_ms;
        if silent && line.pinged_ms == 0 {
            line.pinged_ms = now;
            self.ping(key);
        }
    }

    fn ping(&mut self, key: usize) {
        match self.lines.get(key) {
            Some(line) if line.ping_message => self.lines.say(key, None, Event::Ping),
            Some(_) => self.lines.frame(key, OpCode::Ping, &[]),
            None => {}
        }
    }

    /// Sends everybody to another server, or to this one's successor.
    pub(super) fn send_all_away(&mut self) {
        self.leaving = true;
        for key in self.lines.keys() {
            self.send_away(key);
        }
        self.end_broken();
    }

    pub(super) fn send_away(&mut self, key: usize) {
        let drain = &self.shared.config.drain;
        let spread = drain.spread_ms.max(1);
        // Any number will do: all that counts is that not all come back at once.
        let after_ms = (key as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) % spread;
        let url = (!drain.url.is_empty()).then(|| drain.url.clone());
        self.close_with(key, Close::Shutdown, Some(after_ms), url);
    }
}
