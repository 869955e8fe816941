//! Strangers in a message: what may be known of each, and how many of them there can be.

use std::collections::BTreeSet;

use nearcast::wire::server::{PersonBuf, StrangerBuf};
use nearcast_grid::{Cell, distance_m};

use super::sight::is_about;
use super::{Eye, Judge, Said, World};
use crate::tally::Fault;

impl Eye {
    pub(super) fn sees_stranger(
        &self,
        stranger: &StrangerBuf,
        now_us: u64,
        world: &World,
        judge: &mut Judge,
    ) {
        let (grid, name) = (world.rules.privacy, self.name(world));
        if !world.town.people()[self.viewer].consents {
            judge.finds(Fault::Forbidden, || {
                format!("{name} was shown a stranger, and may see none")
            });
        }
        let cell = grid.cell_at(stranger.centre);
        if cell.centre() != stranger.centre || cell.text().to_string() != stranger.cell {
            judge.finds(Fault::Forbidden, || {
                format!("{name} was shown a stranger elsewhere than in the middle of a cell")
            });
            return;
        }
        let said_m = stranger.distance_m;
        let fits = |own: &Said| {
            let from = grid.cell_at(own.position).centre();
            is_about(distance_m(from, stranger.centre), said_m)
        };
        if !self.is_patient(now_us, world) && !self.is_from(now_us, world, fits) {
            judge.finds(Fault::Distance, || {
                format!("{name} was told that a stranger's cell is {said_m} m away, and it is not")
            });
        }
    }

    /// Whether there are enough people in the cells of these to be all whom she shows there.
    pub(super) fn are_so_many<'p>(
        &self,
        people: impl Iterator<Item = &'p PersonBuf>,
        now_us: u64,
        world: &World,
        judge: &mut Judge,
    ) {
        let grid = world.rules.privacy;
        let strangers = people.filter_map(|person| match person {
            PersonBuf::Stranger(stranger) => Some(grid.cell_at(stranger.centre).to_u64()),
            PersonBuf::Friend(_) => None,
        });
        let cells: BTreeSet<u64> = strangers.collect();
        let own = &world.town.people()[self.viewer];
        let may_be = |person: u32| {
            person as usize != self.viewer && own.friends.binary_search(&person).is_err()
        };
        // What she reads late was so at some time before.
        let late_us = match self.is_patient(now_us, world) {
            true => now_us,
            false => world.rules.freshness_us,
        };
        for cell in cells.into_iter().filter_map(Cell::from_u64) {
            let shown = self.aliases.values().filter(|&&one| one == cell.to_u64());
            let shown = shown.count();
            let there = world
                .consenting
                .count(cell, (now_us, late_us), shown, may_be);
            judge.checked += 1;
            if shown > there {
                let (name, cell) = (self.name(world), cell.text());
                judge.finds(Fault::Forbidden, || {
                    format!("{name} shows {shown} strangers in {cell}, where {there} were who consented and are no friends of hers")
                });
            }
        }
    }
}
