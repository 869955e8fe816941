//! Clients that come back: to a session of this hub, or on their way to another one.

use crate::auth::Claims;
use crate::metrics::ResumeOutcome;
use crate::wire::Close;
use crate::wire::client::Hello;

use super::asked::Question;
use super::commands::said;
use super::hub::Hub;
use super::line::Believed;
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
    /// The session to be taken up again is another hub's.
    pub(super) fn hand_over(
        &mut self,
        key: usize,
        id: Option<u32>,
        token: Box<Believed>,
        hello: Hello,
        ticket: Ticket,
    ) {
        let number = ticket.session.worker();
        if number >= self.shared.inboxes.len() {
            return self.ask(key, id, Question::Arrive(token, Box::new(hello)));
        }
        let Some(line) = self.lines.get(key) else {
            return;
        };
        // Bytes may have been read that are not obeyed yet; it goes when they are put aside.
        let aside = line.aside();
        aside.busy = true;
        aside.token = Some(token);
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

    /// The session that a client wants to come back to.
    pub(super) fn ticket(&self, hello: &Hello) -> Option<Ticket> {
        let resume = hello.resume.as_deref()?;
        self.shared.tickets.read(resume)
    }

    /// Takes a session of this hub up again, without any store; not if its time is over. What the
    /// claims say about strangers is known by now: they decide whom it lists.
    pub(super) fn resume(
        &mut self,
        key: usize,
        id: Option<u32>,
        claims: &Claims,
        hello: &Hello,
    ) -> bool {
        let Some(ticket) = self.ticket(hello) else {
            return false;
        };
        let (now, session) = (self.shared.clock.now_ms(), ticket.session);
        if session.worker() != self.worker.number() {
            return false;
        }
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
        true
    }
}
