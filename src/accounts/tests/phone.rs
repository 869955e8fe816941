//! Phones: what their sessions are told, as lines.

use super::id;
use crate::broker::{SessionId, Sink};
use crate::wire::server::{Event, WhoBuf};
use crate::wire::{Encoding, decode_server};

/// A socket's session, and the lines that its client heard.
pub(super) struct Phone {
    pub(super) user: String,
    pub(super) session: SessionId,
    pub(super) place: (f64, f64),
    pub(super) heard: Vec<String>,
    /// Of the last stranger who entered.
    pub(super) alias: String,
}

pub(super) struct Air<'a>(pub(super) &'a mut [Phone]);

impl Sink for Air<'_> {
    fn is_full(&mut self, _: SessionId) -> bool {
        false
    }

    fn frame(&mut self, session: SessionId, frame: &[u8]) {
        let phone = self.0.iter_mut().find(|phone| phone.session == session);
        phone.expect("a frame is for a phone").hear(frame);
    }
}

impl Phone {
    fn hear(&mut self, frame: &[u8]) {
        match decode_server(Encoding::Json, frame).unwrap().body {
            Event::Changes(changes) => {
                for (people, what) in [(changes.entered, "entered"), (changes.moved, "moved")] {
                    for one in people {
                        self.note(one.who().into(), what);
                    }
                }
                for exit in changes.exited {
                    self.note(exit.who, &format!("exited: {}", exit.why));
                }
            }
            Event::Nearby(nearby) => {
                for one in nearby.people {
                    self.note(one.who().into(), "listed");
                }
            }
            other => panic!("nobody asked for {other:?}"),
        }
    }

    fn note(&mut self, who: WhoBuf, what: &str) {
        let name = match who {
            WhoBuf::User(user) => user.to_string(),
            WhoBuf::Alias(alias) => {
                self.alias = alias;
                "stranger".to_owned()
            }
        };
        self.heard.push(format!("{name} {what}"));
    }
}

impl From<crate::wire::Who<'_>> for WhoBuf {
    fn from(who: crate::wire::Who<'_>) -> Self {
        match who {
            crate::wire::Who::User(user) => Self::User(id(user)),
            crate::wire::Who::Alias(alias) => Self::Alias(alias.to_owned()),
        }
    }
}
