//! What the server says to a phone, message by message, and how it ends a connection.

use nearcast::client::{Closed, Heard};
use nearcast::wire::Event;
use nearcast::wire::closes::reconnect_by_range;

use super::Phone;
use crate::tally::Fault;

/// RFC 6455: the connection was lost, or a proxy in front of the server goes away.
const ENDED_ON_THE_WAY: [u16; 3] = [1001, 1005, 1006];
/// The client's own word for what it cannot read.
const UNREADABLE: u16 = 1002;

impl Phone<'_> {
    pub(super) fn hears(&mut self, heard: Heard) {
        match heard {
            Heard::Message(message) => self.is_told(&message.body),
            Heard::Closed(closed) => self.is_closed(&closed),
        }
    }

    fn is_told(&mut self, event: &Event) {
        let now_us = self.play.now_us();
        let mut people = 0;
        match event {
            Event::Welcome(welcome) => {
                self.back_off.begins_anew();
                if let Some(took) = self.call.is_answered() {
                    self.play.counts.called(took);
                }
                let is_heard = welcome.resumed && !self.reads_slowly();
                match &mut self.left {
                    Some(left) if is_heard => left.is_resumed(),
                    // Only now does the server hear of its end, if it has not found it dead.
                    left => *left = None,
                }
                if !std::mem::replace(&mut self.welcomed, true) {
                    self.play.counts.connected(1);
                }
            }
            Event::Changes(changes) => people = changes.moved.len() + changes.entered.len(),
            Event::Goodbye(goodbye) => self.away_ms = goodbye.after_ms,
            Event::Error(error) => {
                let why = format!("error {}: {}", error.code, error.message);
                self.finds(Fault::Refused, &why);
            }
            _ => {}
        }
        self.play.counts.frame(people);
        if let Some(eye) = &mut self.eye {
            eye.hears(event, now_us, self.play.world(), &mut self.judge);
            if self.judge.is_full() {
                self.tells();
            }
        }
    }

    /// The server has ended the connection, or says what nobody can read.
    fn is_closed(&mut self, closed: &Closed) {
        let Closed { code, reason } = closed;
        let fault = if *code == UNREADABLE {
            Fault::Protocol
        } else {
            Fault::Lost
        };
        self.finds(fault, &format!("closed with {code}: {reason}"));
        self.lets_go();
        if self.wants && (reconnect_by_range(*code) || ENDED_ON_THE_WAY.contains(code)) {
            self.comes_back();
        }
    }
}
