//! Lists of strangers: the one that replaces a client's, and pages that change nothing.

use std::sync::Arc;

use nearcast_grid::{Cell, Vantage};

use crate::wire::{Encoding, Mode, NearbyWriter, Person};

use super::super::Broker;
use super::super::cursor::Cursor;
use super::super::nearby::{Page, Paged};
use super::super::session::Has;
use super::super::slot::Slot;
use super::super::worker::{Denied, Worker};
use super::super::world::Being;
use super::alias::as_str;
use super::choose::{Looker, Shown};

impl Worker {
    /// Appends the unasked list of strangers. Who does not fit enters with the next sweep.
    pub(in super::super) fn nearby_strangers(
        &mut self,
        place: u32,
        slot: Slot,
        limit: Option<usize>,
        now: u64,
        frame: &mut Vec<u8>,
    ) {
        if !self.sessions.at(place).has.is(Has::STRANGERS) {
            return;
        }
        let broker = Arc::clone(&self.broker);
        let looker = self.looker(slot, now);
        let mut list = looker.map_or_else(Vec::new, |viewer| {
            broker.by_distance(&viewer, self.chosen(slot, &viewer))
        });
        let total = list.len();
        list.truncate(limit.unwrap_or(total));
        let session = self.sessions.at_mut(place);
        let (encoding, seq): (Encoding, u64) = (session.encoding, session.next_seq());
        let mut nearby = NearbyWriter::begin(frame, encoding, None, seq, false, Mode::Strangers);
        if let Some(viewer) = looker {
            for (_, shown) in &list {
                broker.say_stranger(&viewer, *shown, |person| nearby.person(person));
            }
        }
        nearby.finish(None, total as u32);
        let crowd = &mut session.aside().crowd;
        let before = std::mem::take(&mut crowd.shown);
        crowd.shown = list.iter().map(|(_, shown)| *shown).collect();
        crowd.shown.sort_unstable_by_key(|shown| shown.slot);
        crowd.told = None;
        crowd.period = looker.map_or(0, |viewer| viewer.period);
        for shown in &crowd.shown {
            broker.pin(shown.slot);
        }
        for shown in before {
            broker.unpin(shown.slot);
        }
        let reach = |viewer: Looker| viewer.cell.parent(broker.streets.rules.reach);
        // A list does not say which cells are listened to; the next changes do.
        let elsewhere = looker.is_some_and(|viewer| crowd.around != Some(reach(viewer)));
        if elsewhere || list.len() < total {
            session.has.set(Has::CHOOSE, true);
            self.queue(place);
        }
    }

    pub(in super::super) fn page_of_strangers(
        &mut self,
        slot: Slot,
        session: Option<u32>,
        page: &Page<'_>,
        now: u64,
        mut say: impl FnMut(&Person<'_>),
    ) -> Result<Paged, Denied> {
        let broker = Arc::clone(&self.broker);
        let broker = &*broker;
        let after = page
            .cursor
            .map(|text| broker.read_cursor(slot, Mode::Strangers, text));
        let after = after.transpose()?;
        let Some(mut viewer) = self.looker(slot, now) else {
            return Ok(Paged {
                next: None,
                total: 0,
            });
        };
        let crowd = session.and_then(|place| self.sessions.at(place).aside.as_ref());
        let crowd = crowd.map(|aside| &aside.crowd);
        let chosen = match crowd {
            Some(crowd) => {
                viewer.period = crowd.period;
                // Who withdrew since the last sweep is not told of here either.
                let shown = crowd.shown.iter().copied();
                let sees = broker.world.resident(slot).flags.get().is(Being::OPEN);
                shown
                    .filter(|one| sees && broker.may_show(slot, &viewer, one.slot).is_ok())
                    .collect()
            }
            None => self.chosen(slot, &viewer),
        };
        // A cut among the aliases of before would tell whose they were.
        if after
            .as_ref()
            .is_some_and(|after| after.turn != broker.streets.aliases.turn(viewer.period))
        {
            return Err(Denied::Cursor);
        }
        // All pages of a list are sorted from where the first was.
        let sorter = Looker {
            cell: after
                .as_ref()
                .and_then(|after| Cell::from_u64(after.origin()))
                .unwrap_or(viewer.cell),
            ..viewer
        };
        let list = broker.by_distance(&sorter, chosen);
        let alias = |slot: Slot| broker.alias(sorter.number, slot, sorter.period);
        let start = after.as_ref().map_or(0, |after| {
            list.partition_point(|(distance_m, shown)| {
                !after.is_before(*distance_m, as_str(&alias(shown.slot)))
            })
        });
        let end = list.len().min(start.saturating_add(page.limit));
        for (_, shown) in &list[start..end] {
            broker.say_stranger(&viewer, *shown, &mut say);
        }
        let next = (end < list.len() && end > start).then(|| {
            let (distance_m, last) = list[end - 1];
            let alias = alias(last.slot);
            let turn = broker.streets.aliases.turn(sorter.period);
            let origin = sorter.cell.to_u64();
            let cursor = Cursor::new(Mode::Strangers, origin, turn, distance_m, as_str(&alias));
            broker.write_cursor(slot, &cursor)
        });
        Ok(Paged {
            next,
            total: list.len() as u32,
        })
    }
}

impl Broker {
    /// Sorted by distance from centre to centre, ties by alias.
    fn by_distance(&self, viewer: &Looker, chosen: Vec<Shown>) -> Vec<(f64, Shown)> {
        let from = Vantage::new(viewer.cell.centre());
        let mut list: Vec<_> = chosen
            .into_iter()
            .map(|shown| {
                let alias = self.alias(viewer.number, shown.slot, viewer.period);
                (from.distance_m(shown.cell.centre()), alias, shown)
            })
            .collect();
        list.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
        list.into_iter()
            .map(|(distance_m, _, shown)| (distance_m, shown))
            .collect()
    }
}
