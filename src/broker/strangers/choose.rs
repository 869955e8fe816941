//! Who of the strangers around is shown to one viewer: her own privacy cell first, then ring by
//! ring, by hash within a ring, never by true distance.

use std::sync::Arc;

use nearcast_grid::{Cell, CellText, Vantage};

use crate::wire::{ChangesWriter, Person, Seen, Stranger, Who, Why};

use super::super::Broker;
use super::super::marks::Mark;
use super::super::session::{Has, SessionId};
use super::super::slot::Slot;
use super::super::sweep::Sink;
use super::super::sync::Ordering;
use super::super::worker::{Denied, Worker};
use super::super::world::Being;
use super::alias::as_str;

/// What one session has been shown of strangers.
#[derive(Default)]
pub(in super::super) struct Crowd {
    /// Sorted by slot.
    pub(super) shown: Vec<Shown>,
    /// What the next frame is to say.
    pub(in super::super) told: Option<Box<Told>>,
    /// The period whose aliases the client knows.
    pub(super) period: u64,
    /// The reach cell around which its client knows that it listens.
    pub(super) around: Option<Cell>,
}

/// A stranger as she is shown.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Shown {
    pub(super) slot: Slot,
    pub(super) cell: Cell,
    pub(super) now: bool,
}

/// One session's news of strangers.
pub(in super::super) struct Told {
    viewer: Looker,
    entered: Vec<Shown>,
    moved: Vec<Shown>,
    exited: Vec<(Slot, Why)>,
    /// The cells listened to, if they changed.
    pub(in super::super) cells: Vec<CellText>,
}

/// Which of the news is to be said.
#[derive(Clone, Copy, PartialEq)]
pub(in super::super) enum Say {
    Entered,
    Moved,
    Exited,
}

/// A viewer of strangers: nothing of her is finer than her cell.
#[derive(Clone, Copy)]
pub(super) struct Looker {
    pub(super) number: u64,
    pub(super) period: u64,
    pub(super) cell: Cell,
}

impl Told {
    fn is_empty(&self) -> bool {
        self.entered.is_empty()
            && self.moved.is_empty()
            && self.exited.is_empty()
            && self.cells.is_empty()
    }
}

impl Worker {
    /// Asks every session with a view of strangers to choose anew when an epoch was released.
    pub(in super::super) fn wake_curious(&mut self) {
        let epoch = self.broker.streets.epoch.load(Ordering::Acquire);
        if std::mem::replace(&mut self.tray.epoch, epoch) == epoch {
            return;
        }
        let curious = std::mem::take(&mut self.curious);
        for &place in &curious {
            self.sessions.at_mut(place).has.set(Has::CHOOSE, true);
            self.queue(place);
        }
        self.curious = curious;
    }

    /// Compares who may be shown with who is. When aliases have changed, the client's list is
    /// replaced at once by a `nearby`; otherwise the difference goes into the next frame.
    pub(in super::super) fn choose(&mut self, id: SessionId, now: u64, sink: &mut impl Sink) {
        let session = self.sessions.at_mut(id.place());
        session.has.set(Has::CHOOSE, false);
        let Some(slot) = session.slot.filter(|_| session.has.is(Has::STRANGERS)) else {
            return;
        };
        let Some(viewer) = self.looker(slot, now) else {
            return;
        };
        if self.sessions.at_mut(id.place()).aside().crowd.period != viewer.period {
            let mut frame = Vec::new();
            self.nearby_strangers(id.place(), slot, None, now, &mut frame);
            sink.frame(id, &frame);
            // What the list does not say follows with this sweep, whoever else it looks at.
            let has = &mut self.sessions.at_mut(id.place()).has;
            if !has.is(Has::CHOOSE) {
                return;
            }
            has.set(Has::CHOOSE, false);
        }
        let chosen = self.chosen(slot, &viewer);
        let broker = Arc::clone(&self.broker);
        let crowd = &mut self.sessions.at_mut(id.place()).aside().crowd;
        let told = crowd.difference(&broker, slot, &viewer, chosen);
        crowd.told = (!told.is_empty()).then(|| Box::new(told));
    }

    /// The cells that a user's view of strangers listens to, her own first, and how far she is
    /// sure to hear from anywhere in it; for `welcome`, from which her client knows them.
    pub fn cells(&mut self, session: SessionId, now: u64) -> Result<(Vec<CellText>, f64), Denied> {
        self.reading(|worker| {
            let (slot, live) = worker.sessions.named(session).ok_or(Denied::Ended)?;
            if !live.has.is(Has::STRANGERS) {
                return Ok((Vec::new(), 0.0));
            }
            let Some(viewer) = worker.looker(slot, now) else {
                return Ok((Vec::new(), 0.0));
            };
            let reach = viewer.cell.parent(worker.broker.streets.rules.reach);
            let session = worker.sessions.at_mut(session.place());
            session.aside().crowd.around = Some(reach);
            Ok((
                reach.block().iter().map(|cell| cell.text()).collect(),
                reach.reach_m(),
            ))
        })
    }

    /// Whether two strangers may be named to each other: both may be shown, each to the other.
    pub fn may_meet(&mut self, one: &str, other: &str, now: u64) -> bool {
        self.reading(|worker| {
            let broker = &worker.broker;
            let (Ok(one), Ok(other)) = (broker.slot(one), broker.slot(other)) else {
                return false;
            };
            let are_strangers =
                |viewer, subject| broker.cell_for(viewer, subject) != Err(Why::Left);
            let [first, second] = [one, other].map(|slot| worker.number_of(slot));
            are_strangers(one, other)
                && are_strangers(other, one)
                && !broker.streets.are_just_parted(first, second, now)
                && !broker.streets.are_just_parted(second, first, now)
        })
    }

    pub(super) fn looker(&mut self, slot: Slot, now: u64) -> Option<Looker> {
        let being = self.broker.world.resident(slot).flags.get();
        if !being.is(Being::RESIDENT) {
            return None;
        }
        let number = self.number_of(slot);
        let cell = self.believed_cell(slot, number, now)?;
        let pool = self.broker.streets.veil(slot).pool.load(Ordering::Acquire);
        if self.listen_around(slot, number, cell, pool) {
            // Who withdraws where nobody listens any more would stay in the views.
            self.mark(being, Mark::strangers(slot));
        }
        Some(Looker {
            number,
            period: now / self.broker.streets.rules.alias_ms,
            cell,
        })
    }
}

impl Crowd {
    pub(in super::super) fn shows(&self, one: Slot) -> bool {
        let place = self.shown.binary_search_by_key(&one, |shown| shown.slot);
        place.is_ok()
    }

    /// Takes over what was chosen and answers how it differs from what was shown.
    fn difference(
        &mut self,
        broker: &Broker,
        slot: Slot,
        viewer: &Looker,
        chosen: Vec<Shown>,
    ) -> Told {
        let reach = viewer.cell.parent(broker.streets.rules.reach);
        let cells = if self.around.replace(reach) == Some(reach) {
            Vec::new()
        } else {
            reach.block().iter().map(|cell| cell.text()).collect()
        };
        let mut told = Told {
            viewer: *viewer,
            entered: Vec::new(),
            moved: Vec::new(),
            exited: Vec::new(),
            cells,
        };
        let mut before = self.shown.iter().peekable();
        for one in &chosen {
            while let Some(gone) = before.next_if(|old| old.slot < one.slot) {
                let why = broker.why_gone(slot, viewer, gone.slot);
                told.exited.push((gone.slot, why));
            }
            match before.next_if(|old| old.slot == one.slot) {
                Some(old) if old == one => {}
                Some(_) => told.moved.push(*one),
                None => told.entered.push(*one),
            }
        }
        for gone in before {
            let why = broker.why_gone(slot, viewer, gone.slot);
            told.exited.push((gone.slot, why));
        }
        for one in &told.entered {
            broker.pin(one.slot);
        }
        for (gone, _) in &told.exited {
            broker.unpin(*gone);
        }
        self.shown = chosen;
        told
    }
}

impl Broker {
    /// The cell in which `subject` may be shown to a viewer as a stranger, or why she may not.
    pub(super) fn may_show(&self, slot: Slot, viewer: &Looker, subject: Slot) -> Result<Cell, Why> {
        let cell = self.cell_for(slot, subject)?;
        let streets = &self.streets;
        let hidden = streets.partings.hidden(viewer.number, viewer.period);
        if hidden.is(streets.number(subject)) {
            return Err(Why::Left);
        }
        Ok(cell)
    }

    /// The same, but for those who have just been parted.
    pub(super) fn cell_for(&self, viewer: Slot, subject: Slot) -> Result<Cell, Why> {
        let streets = &self.streets;
        let apart = subject == viewer
            || !self
                .world
                .resident(subject)
                .flags
                .get()
                .is(Being::OPEN | Being::SHARES)
            || !streets.same_pool(viewer, subject)
            || streets.blocked(&self.world, viewer, subject)
            || self.are_friends(viewer, subject);
        if apart {
            Err(Why::Left)
        } else {
            streets.released(subject).ok_or(Why::Inactive)
        }
    }

    fn why_gone(&self, slot: Slot, viewer: &Looker, subject: Slot) -> Why {
        let may_show = self.may_show(slot, viewer, subject);
        may_show.err().unwrap_or(Why::Radius)
    }

    pub(super) fn say_stranger(
        &self,
        viewer: &Looker,
        shown: Shown,
        say: impl FnOnce(&Person<'_>),
    ) {
        let alias = self.alias(viewer.number, shown.slot, viewer.period);
        let profile = self.profile(shown.slot);
        let (cell, centre) = (shown.cell.text(), shown.cell.centre());
        say(&Person::Stranger(Stranger {
            alias: as_str(&alias),
            cell: &cell,
            centre,
            distance_m: Vantage::new(viewer.cell.centre()).distance_m(centre),
            seen: if shown.now { Seen::Now } else { Seen::Recent },
            name: profile
                .as_ref()
                .and_then(|profile| profile.stranger_name.as_deref()),
        }));
    }

    /// Says one kind of a session's news.
    pub(in super::super) fn say_strangers(
        &self,
        told: &Told,
        what: Say,
        changes: &mut ChangesWriter<'_>,
    ) {
        let viewer = &told.viewer;
        match what {
            Say::Entered => told.entered.iter().for_each(|shown| {
                self.say_stranger(viewer, *shown, |person| changes.entered(person));
            }),
            Say::Moved => told.moved.iter().for_each(|shown| {
                self.say_stranger(viewer, *shown, |person| changes.moved(person));
            }),
            Say::Exited => told.exited.iter().for_each(|&(slot, why)| {
                let alias = self.alias(viewer.number, slot, viewer.period);
                changes.exited(Who::Alias(as_str(&alias)), why);
            }),
        }
    }
}
