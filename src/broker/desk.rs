//! A desk: what a look at the world found for one session, until it is written into one frame.

use crate::wire::{ChangesWriter, Encoding, Who, Why};

use super::Broker;
use super::channel::Edge;
use super::session::{Has, Session};
use super::slot::Slot;
use super::strangers::Say;
use super::user::IdBuffer;
use super::view::Sight;
use super::world::Being;

/// One session's verdicts, and the frame.
#[derive(Default)]
pub(super) struct Desk {
    pub(super) stays: Vec<(Slot, Sight)>,
    pub(super) entered: Vec<(Slot, Sight)>,
    pub(super) exited: Vec<(Slot, Why)>,
    pub(super) frame: Vec<u8>,
}

impl Desk {
    fn is_empty(&self) -> bool {
        self.stays.is_empty() && self.entered.is_empty() && self.exited.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.stays.clear();
        self.entered.clear();
        self.exited.clear();
        self.frame.clear();
    }

    /// Writes what was found into one frame; none if nothing was.
    pub(super) fn encode(&mut self, broker: &Broker, session: &mut Session, now: u64) {
        // Who is back before her exit was told has it taken back by her entry.
        self.exited
            .retain(|&(gone, _)| !broker.is_shown_anew(session, gone));
        let mut crowd = None;
        if let Some(aside) = &mut session.aside {
            crowd = aside.crowd.told.take();
            let anew = std::mem::take(&mut aside.anew);
            let again = self.stays.extract_if(.., |(slot, _)| anew.contains(slot));
            self.entered.extend(again);
        }
        if session.has.is(Has::ANEW) {
            session.has.set(Has::ANEW, false);
            self.entered.append(&mut self.stays);
        }
        if self.is_empty() && crowd.is_none() {
            return;
        }
        let (encoding, seq): (Encoding, u64) = (session.encoding, session.next_seq());
        let mut changes = ChangesWriter::begin(&mut self.frame, encoding, seq, now);
        for &(slot, sight) in &self.stays {
            broker.tell(slot, sight, None, |person| changes.moved(person));
        }
        let told = crowd.as_deref();
        if let Some(told) = told {
            broker.say_strangers(told, Say::Moved, &mut changes);
        }
        for &(slot, sight) in &self.entered {
            let profile = broker.profile(slot);
            broker.tell(slot, sight, profile.as_ref(), |person| {
                changes.entered(person)
            });
        }
        if let Some(told) = told {
            broker.say_strangers(told, Say::Entered, &mut changes);
        }
        for &(slot, why) in &self.exited {
            let mut buffer: IdBuffer = [0; 64];
            let stored = &broker.world.resident(slot).id;
            changes.exited(Who::User(broker.roster.id(slot, stored, &mut buffer)), why);
        }
        if let Some(told) = told {
            broker.say_strangers(told, Say::Exited, &mut changes);
            changes.cells(told.cells.iter().map(|cell| &**cell));
        }
        changes.finish();
    }
}

impl Broker {
    /// Whether somebody who left the world has come back with another slot, and a session shows
    /// her there.
    fn is_shown_anew(&self, session: &Session, gone: Slot) -> bool {
        let line = self.world.resident(gone);
        if line.flags.get().is(Being::RESIDENT) {
            return false;
        }
        let mut buffer: IdBuffer = [0; 64];
        let id = self.roster.id(gone, &line.id, &mut buffer);
        let (Ok(back), Some(viewer)) = (self.slot(id), session.slot) else {
            return false;
        };
        if session.has.is(Has::FIRST) {
            let channel = &self.world.resident(viewer).channel;
            let edge = self.channels.find(channel, back);
            edge.is_some_and(|word| Edge::read(word).has(Edge::SHOWN))
        } else {
            let aside = session.aside.as_ref();
            aside.is_some_and(|aside| aside.own.shows(back))
        }
    }
}
