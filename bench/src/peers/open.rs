//! At a given rate: moves have times at which they are due, and latency counts from there to the
//! friend's readable socket, so that a peer that stalls is not spared what it held up.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::contender::{Contender, cpu_of};
use super::measured::Measured;
use super::writes::segments;
use crate::groups::Groups;

pub(super) struct Open<'a> {
    pub(super) groups: &'a Groups,
    pub(super) deliveries_per_s: u32,
    pub(super) warm_up: Duration,
    pub(super) length: Duration,
    /// How long stragglers are waited for.
    pub(super) patience: Duration,
}

/// Moves and how far everybody has heard of them.
struct Ears<'a> {
    groups: &'a Groups,
    tracks: Vec<Track>,
    ns: Histogram<u64>,
    /// Moves due before are the warm-up.
    from: Instant,
    heard: u64,
}

/// The moves of one group, in order.
struct Track {
    /// When a move was due, and the place of who made it.
    moves: Vec<(Instant, usize)>,
    /// By place in the group: the number of the next move to be heard of.
    next: Vec<usize>,
}

impl Open<'_> {
    pub(super) fn run(&self, contender: &mut dyn Contender) -> Result<Measured, String> {
        let friends = self.groups.friends();
        let apart = Duration::from_secs_f64(f64::from(friends) / f64::from(self.deliveries_per_s));
        let segments_before = segments(&contender.ports());
        let started = Instant::now();
        let (from, end) = (started + self.warm_up, started + self.warm_up + self.length);
        let mut ears = Ears::new(self.groups, from)?;
        let (mut due, mut turn, mut published) = (started, 0, 0);
        let mut late = histogram()?;
        let mut begun = None;
        while due < end {
            while due < end && due <= Instant::now() {
                if due >= from {
                    note(&mut late, due.elapsed());
                }
                let group = turn % self.groups.count();
                let track = &mut ears.tracks[group];
                let number = track.moves.len();
                track
                    .moves
                    .push((due, contender.mover(number, track.next.len())));
                contender.make_move(group, number)?;
                published += u64::from(friends);
                (due, turn) = (due + apart, turn + 1);
            }
            if begun.is_none() && due >= from {
                begun = Some((Instant::now(), cpu_of(contender)?, ears.heard));
            }
            // Without sleeping: a timer's slack would be measured as the peer's.
            ears.listen(contender)?;
        }
        let ended = (Instant::now(), cpu_of(contender)?, ears.heard);
        let begun = begun.unwrap_or(ended);
        while ears.heard < published && Instant::now() < end + self.patience {
            ears.listen(contender)?;
        }
        if ended.2 == begun.2 {
            return Err(format!("nothing was heard for {} s", self.length.as_secs()));
        }
        Ok(Measured {
            elapsed: ended.0 - begun.0,
            cpu: ended.1 - begun.1,
            heard: ended.2 - begun.2,
            published,
            delivered: ears.heard,
            segments: segments_before.until(&segments(&contender.ports())),
            ns: Some(ears.ns),
            late_ms: Some(late.value_at_quantile(0.99) as f64 / 1e6),
        })
    }
}

impl<'a> Ears<'a> {
    fn new(groups: &'a Groups, from: Instant) -> Result<Self, String> {
        let track = |group| Track {
            moves: Vec::new(),
            next: vec![0; groups.members(group).len()],
        };
        Ok(Self {
            groups,
            tracks: (0..groups.count()).map(track).collect(),
            ns: histogram()?,
            from,
            heard: 0,
        })
    }

    fn listen(&mut self, contender: &mut dyn Contender) -> Result<(), String> {
        if contender.wait(Duration::ZERO)? == 0 {
            return Ok(());
        }
        let now = Instant::now();
        contender.read(&mut |client, updates| {
            for _ in 0..updates {
                self.hear(client, now);
            }
        })
    }

    fn hear(&mut self, client: usize, now: Instant) {
        self.heard += 1;
        let seat = self.groups.seat(client);
        let due = seat.and_then(|(group, place)| {
            let track = &mut self.tracks[group as usize];
            track.hear(place as usize)
        });
        // One too many shows in the count.
        if let Some(due) = due.filter(|due| *due >= self.from) {
            note(&mut self.ns, now.saturating_duration_since(due));
        }
    }
}

/// Of nanoseconds.
fn histogram() -> Result<Histogram<u64>, String> {
    Histogram::new(3).map_err(|error| format!("make a histogram: {error}"))
}

fn note(histogram: &mut Histogram<u64>, time: Duration) {
    // Without bounds it takes every value.
    let _ = histogram.record(time.as_nanos() as u64);
}

impl Track {
    /// Somebody hears of a move: when it was due. Nobody hears of her own.
    fn hear(&mut self, place: usize) -> Option<Instant> {
        let next = self.next[place];
        let mut others = (next..).zip(self.moves.get(next..)?);
        let (number, (due, _)) = others.find(|(_, (_, mover))| *mover != place)?;
        self.next[place] = number + 1;
        Some(*due)
    }
}

#[cfg(test)]
mod tests {
    use super::super::contender::fake::Fake;
    use super::*;

    fn run(loses: Option<usize>) -> Measured {
        let groups = Groups::in_order('a', 6, 2);
        let open = Open {
            groups: &groups,
            deliveries_per_s: 2_000,
            warm_up: Duration::from_millis(100),
            length: Duration::from_millis(200),
            patience: Duration::from_millis(50),
        };
        open.run(&mut Fake::new(&groups, loses)).unwrap()
    }

    #[test]
    fn moves_keep_to_their_times_and_all_are_heard() {
        let measured = run(None);
        assert_eq!((measured.published, measured.delivered), (600, 600));
        // Those of the warm-up are not among the times.
        assert_eq!(measured.ns.unwrap().len(), 400);
        assert!(measured.late_ms.is_some_and(|late_ms| late_ms >= 0.0));
    }

    #[test]
    fn what_is_lost_is_missing_in_the_count() {
        let measured = run(Some(301));
        assert_eq!((measured.published, measured.delivered), (600, 599));
    }

    fn heard(movers: &[usize]) -> Vec<Vec<u64>> {
        let start = Instant::now();
        let at =
            |(second, mover): (usize, &usize)| (start + Duration::from_secs(second as u64), *mover);
        let mut track = Track {
            moves: movers.iter().enumerate().map(at).collect(),
            next: vec![0; 3],
        };
        let mut all = Vec::new();
        for place in 0..3 {
            let mut seconds = Vec::new();
            while let Some(due) = track.hear(place) {
                seconds.push((due - start).as_secs());
            }
            all.push(seconds);
        }
        all
    }

    #[test]
    fn each_friend_hears_of_every_move_but_her_own() {
        assert_eq!(
            heard(&[0, 1, 2, 0]),
            [vec![1, 2], vec![0, 2, 3], vec![0, 1, 3]]
        );
    }

    #[test]
    fn who_always_moves_hears_nothing() {
        assert_eq!(heard(&[2, 2]), [vec![0, 1], vec![0, 1], vec![]]);
    }
}
