//! What people do with their phones.

use nearcast::broker::{About, Change, Denied, Move, Moved, Page};
use nearcast::wire::{Event, Mode, decode_server};

use super::{Phone, Town};
use crate::places::Place;

impl Town {
    pub(crate) fn walk(&mut self, phone: Phone, place: Place) -> Moved {
        self.stand(phone, place);
        let moved = self.say(phone, place);
        self.second();
        moved
    }

    /// All phones of a user are where she is.
    pub(super) fn stand(&mut self, phone: Phone, place: Place) {
        let user = self.user(phone);
        for screen in self.screens.iter_mut().filter(|one| one.user == user) {
            screen.place = place;
        }
    }

    /// Moves, by the phone's own clock.
    pub(crate) fn walk_at(&mut self, phone: Phone, place: Place, at: u64) -> Moved {
        let said = Move {
            at: Some(at),
            ..Self::at(place)
        };
        let moved = self.say_that(phone, &said).unwrap();
        if moved != Moved::Older {
            self.stand(phone, place);
        }
        self.second();
        moved
    }

    /// A move without a socket, through a worker that does not hold the session.
    pub(crate) fn report(&mut self, phone: Phone, place: Place) {
        let away = 1 - self.screens[phone.0].session.worker();
        let user = self.user(phone);
        self.stand(phone, place);
        self.workers[away]
            .report(&user, &Self::at(place), self.now)
            .unwrap();
        self.second();
    }

    pub(crate) fn at(place: Place) -> Move {
        Move {
            position: place.position(),
            about: About::new(None, None, None),
            at: None,
        }
    }

    pub(super) fn say(&mut self, phone: Phone, place: Place) -> Moved {
        self.say_that(phone, &Self::at(place)).unwrap()
    }

    pub(crate) fn say_that(&mut self, phone: Phone, said: &Move) -> Result<Moved, Denied> {
        let session = self.screens[phone.0].session;
        self.workers[session.worker()].move_to(session, said, self.now)
    }

    /// The unasked list of a mode.
    pub(crate) fn look(&mut self, phone: Phone, mode: Mode, limit: Option<usize>) {
        let (now, session) = (self.now, self.screens[phone.0].session);
        let mut frame = Vec::new();
        self.workers[session.worker()]
            .nearby(session, mode, limit, now, &mut frame)
            .unwrap();
        if !frame.is_empty() {
            self.hear(phone.0, &frame);
        }
    }

    /// A page that was asked for: who is on it, and the cursor of the next.
    pub(crate) fn page(
        &mut self,
        phone: Phone,
        mode: Mode,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<String>, Option<String>), Denied> {
        let (now, session) = (self.now, self.screens[phone.0].session);
        let page = Page {
            id: Some(9),
            cursor,
            limit,
        };
        let mut frame = Vec::new();
        self.workers[session.worker()].page(session, mode, &page, now, &mut frame)?;
        let message = decode_server(self.screens[phone.0].encoding, &frame).unwrap();
        assert_eq!(message.id, Some(9));
        let Event::Nearby(nearby) = message.body else {
            panic!("a page is a nearby");
        };
        assert!(nearby.page);
        assert_eq!(
            nearby.seq, self.screens[phone.0].seq,
            "a page repeats the last seq"
        );
        let people = nearby.people.iter();
        let people = people.map(|person| self.who(phone.0, person)).collect();
        Ok((people, nearby.next))
    }

    pub(crate) fn set(&mut self, phone: Phone, change: &Change) {
        let screen = &mut self.screens[phone.0];
        let session = screen.session;
        screen.radius_m = change.radius_m.unwrap_or(screen.radius_m);
        if change.friends == Some(false) {
            screen.friends.clear();
        }
        if change.strangers == Some(false) {
            screen.strangers.clear();
        }
        self.workers[session.worker()].set(session, change).unwrap();
        if change.friends == Some(true) {
            self.look(phone, Mode::Friends, None);
        }
        if change.strangers == Some(true) {
            self.look(phone, Mode::Strangers, None);
        }
        self.second();
    }

    pub(crate) fn unfollow(&mut self, phone: Phone, other: Phone) {
        let (now, session, user) = (self.now, self.screens[phone.0].session, self.user(other));
        let mut frame = Vec::new();
        self.workers[session.worker()]
            .unfollow(session, &user, now, &mut frame)
            .unwrap();
        if !frame.is_empty() {
            self.hear(phone.0, &frame);
        }
        self.second();
    }

    pub(crate) fn follow(&mut self, phone: Phone, other: Phone) {
        let (session, user) = (self.screens[phone.0].session, self.user(other));
        self.workers[session.worker()]
            .follow(session, &user)
            .unwrap();
        self.second();
    }

    /// The phone can take nothing for now.
    pub(crate) fn stall(&mut self, phone: Phone) {
        self.screens[phone.0].full = true;
    }

    pub(crate) fn wake(&mut self, phone: Phone) {
        self.screens[phone.0].full = false;
        self.second();
    }

    /// The phone says nothing more, but listens.
    pub(crate) fn fall_silent(&mut self, phone: Phone) {
        self.screens[phone.0].on = false;
    }

    /// The connection breaks.
    pub(crate) fn lose(&mut self, phone: Phone) {
        let (now, session) = (self.now, self.screens[phone.0].session);
        self.screens[phone.0].on = false;
        self.workers[session.worker()].suspend(session, now);
        self.second();
    }

    /// The phone comes back and says which frame it saw last.
    pub(crate) fn resume(&mut self, phone: Phone, missed: u64) -> Result<bool, Denied> {
        self.take_up(phone, None, missed)
    }

    /// The same, from another place.
    pub(crate) fn resume_at(
        &mut self,
        phone: Phone,
        place: Place,
        missed: u64,
    ) -> Result<bool, Denied> {
        self.take_up(phone, Some(place), missed)
    }

    fn take_up(&mut self, phone: Phone, place: Option<Place>, missed: u64) -> Result<bool, Denied> {
        let (session, seq) = (self.screens[phone.0].session, self.screens[phone.0].seq);
        let goes_on = self.workers[session.worker()].resume(session, seq.wrapping_sub(missed))?;
        self.screens[phone.0].on = !self.screens[phone.0].observes;
        if let Some(place) = place {
            self.stand(phone, place);
            self.say(phone, place);
        }
        if !goes_on {
            self.look(phone, Mode::Friends, None);
        }
        self.second();
        Ok(goes_on)
    }

    /// The session ends.
    pub(crate) fn leave(&mut self, phone: Phone) {
        let (now, session) = (self.now, self.screens[phone.0].session);
        self.screens[phone.0].on = false;
        self.workers[session.worker()].close(session, now);
        self.second();
    }

    pub(super) fn turn_off_all(&mut self, user: &str) {
        for screen in self.screens.iter_mut().filter(|one| one.user == user) {
            screen.on = false;
        }
    }
}
