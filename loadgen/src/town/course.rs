//! What one person intends to do, and when: her own schedule, which waits for nobody.
//!
//! Twenty thousand of them are held at once, so what is the same for everybody stays with the
//! town.

use std::time::Duration;

use nearcast_grid::Position;

use super::dice::Dice;
use super::person::Fate;
use super::route::Route;
use super::town::Town;

const NEVER: f64 = f64::INFINITY;
/// Who lost her connection is back within so much: the first step of every client's back-off.
const BACK_WITHIN_S: f64 = 1.0;
/// A move comes so much earlier or later than its interval, as phones have it, so that nobody
/// stays in step with a server's sweeps.
const JITTER: f64 = 0.1;
/// Keeps what a person does apart from what she is.
const COURSES: u64 = 1 << 32;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Act {
    /// Opens a connection and reads, with where she is; `resume`: tries to go on where the last
    /// one was. After `Silence` the old link may still be there.
    Connect { at: Position, resume: bool },
    /// Says where she is: where she said last, or at least the town's step from there.
    Move(Position),
    /// The link says nothing any more and is not closed either: neither side hears. `Connect`
    /// is next.
    Silence,
    /// Stops to read; goes on sending.
    Sleep,
    /// Reads again.
    Wake,
    /// Closes with `bye`.
    Leave,
    /// Drops the connection without a word.
    Drop,
}

/// Acts in order of time since the run began; endless, or until she leaves for good.
#[derive(Clone, Debug)]
pub struct Course<'t> {
    town: &'t Town,
    person: u32,
    dice: Dice,
    route: Route,
    link: Link,
    due: Due,
    /// The next of the town's storms.
    storm: u32,
}

#[derive(Clone, Copy, Debug)]
enum Link {
    Open {
        sleeps: bool,
    },
    /// Until she connects; `returns`: on the same visit.
    Closed {
        until_s: f64,
        returns: bool,
    },
}

/// When what happens next, of each kind.
#[derive(Clone, Copy, Debug)]
struct Due {
    moves_s: f64,
    leaves_s: f64,
    drops_s: f64,
    silence_s: f64,
    /// To sleep, or to wake.
    turns_s: f64,
}

#[derive(Clone, Copy, Debug)]
enum Next {
    Move,
    Leave,
    Drop,
    Silence,
    Turn,
}

impl<'t> Course<'t> {
    pub(super) fn new(town: &'t Town, person: usize) -> Self {
        let scenario = &town.scenario;
        let number = town.fates[person].number;
        let mut dice = Dice::new(town.seed, COURSES + u64::from(number));
        let route = Route::new(&town.world, person, &scenario.movement, &mut dice);
        let until_s = match town.world.span_s(person) {
            Some((begins_s, _)) => begins_s,
            None => dice.unit() * scenario.sessions.arrive_over_s,
        };
        Self {
            town,
            person: person as u32,
            dice,
            route,
            link: Link::Closed {
                until_s,
                returns: false,
            },
            due: Due {
                moves_s: NEVER,
                leaves_s: NEVER,
                drops_s: NEVER,
                silence_s: NEVER,
                turns_s: NEVER,
            },
            storm: 0,
        }
    }

    fn connect(&mut self, now_s: f64, returns: bool) -> Act {
        let town = self.town;
        let (trouble, fate) = (&town.scenario.trouble, self.fate());
        let at = self.tell(now_s);
        let moves_s = match self.route.next_s(&town.world, self.person as usize) {
            Some(next_s) => next_s,
            None => now_s + self.first_move_in_s(returns),
        };
        let leaves_s = match returns {
            // Her time may have come while she was away.
            true => self.due.leaves_s.max(now_s),
            false => self.visit_ends_s(now_s),
        };
        let mut after = |is_due: bool, mean_s: f64| match is_due {
            true => now_s + self.dice.about(mean_s),
            false => NEVER,
        };
        self.due = Due {
            moves_s,
            leaves_s,
            drops_s: after(trouble.reconnect_every_s > 0.0, trouble.reconnect_every_s),
            silence_s: after(fate.goes_silent, trouble.silent_after_s),
            turns_s: after(fate.sleeps, trouble.sleep_after_s),
        };
        while self.storm_s() <= now_s {
            self.storm += 1;
        }
        self.link = Link::Open { sleeps: false };
        Act::Connect {
            at,
            resume: returns && trouble.resume,
        }
    }

    fn go_on(&mut self, sleeps: bool) -> (f64, Act) {
        let (now_s, next) = self.next_due();
        let trouble = &self.town.scenario.trouble;
        let act = match next {
            Next::Move => self.step(now_s),
            Next::Leave => self.leave(now_s),
            Next::Drop => {
                let back_s = now_s + self.dice.unit() * BACK_WITHIN_S;
                self.lose(back_s);
                Act::Drop
            }
            Next::Silence => {
                let back_s = now_s + self.dice.about(trouble.silent_for_s);
                self.lose(back_s);
                Act::Silence
            }
            Next::Turn => {
                let (act, for_s) = match sleeps {
                    true => (Act::Wake, trouble.sleep_after_s),
                    false => (Act::Sleep, trouble.sleep_for_s),
                };
                self.due.turns_s = now_s + self.dice.about(for_s);
                self.link = Link::Open { sleeps: !sleeps };
                act
            }
        };
        (now_s, act)
    }

    /// Of two at once the one that stands first here.
    fn next_due(&self) -> (f64, Next) {
        let due = &self.due;
        let mut first = (due.moves_s, Next::Move);
        for other in [
            (due.leaves_s, Next::Leave),
            (self.storm_s().min(due.drops_s), Next::Drop),
            (due.silence_s, Next::Silence),
            (due.turns_s, Next::Turn),
        ] {
            if other.0 < first.0 {
                first = other;
            }
        }
        first
    }

    fn step(&mut self, now_s: f64) -> Act {
        let at = self.tell(now_s);
        let every_s = self.town.scenario.movement.move_every_s;
        let next_s = self.route.next_s(&self.town.world, self.person as usize);
        self.due.moves_s = next_s.unwrap_or_else(|| {
            let every_s = self.dice.between(1.0 - JITTER, 1.0 + JITTER) * every_s;
            now_s + every_s + self.thinks_s(self.town.scenario.think.between_s)
        });
        Act::Move(at)
    }

    /// Anywhere in what is between two moves, or when she has looked enough.
    fn first_move_in_s(&mut self, returns: bool) -> f64 {
        let before_first_s = self.town.scenario.think.before_first_s;
        if before_first_s > 0.0 && !returns {
            return self.thinks_s(before_first_s);
        }
        let every_s = self.town.scenario.movement.move_every_s;
        self.dice.unit() * every_s + self.thinks_s(self.town.scenario.think.between_s)
    }

    /// Who does not think throws no dice: her course is what it was before anybody did.
    fn thinks_s(&mut self, mean_s: f64) -> f64 {
        match mean_s > 0.0 {
            true => self.dice.about(mean_s),
            false => 0.0,
        }
    }

    fn leave(&mut self, now_s: f64) -> Act {
        let away_s = self.town.scenario.sessions.away_s;
        let comes_back = away_s > 0.0 && self.span_s().is_none();
        self.link = Link::Closed {
            until_s: match comes_back {
                true => now_s + self.dice.about(away_s),
                false => NEVER,
            },
            returns: false,
        };
        Act::Leave
    }

    fn lose(&mut self, until_s: f64) {
        let returns = true;
        self.link = Link::Closed { until_s, returns };
    }

    fn visit_ends_s(&mut self, now_s: f64) -> f64 {
        match (self.span_s(), self.town.scenario.sessions.stay_s) {
            (Some((_, ends_s)), _) => ends_s,
            (None, stay_s) if stay_s > 0.0 => now_s + self.dice.about(stay_s),
            _ => NEVER,
        }
    }

    fn tell(&mut self, now_s: f64) -> Position {
        let (town, person) = (self.town, self.person as usize);
        let movement = &town.scenario.movement;
        self.route.tell(
            now_s,
            &town.world,
            town.step_m,
            person,
            movement,
            &mut self.dice,
        )
    }

    fn storm_s(&self) -> f64 {
        let storms = &self.town.storms_s;
        storms.get(self.storm as usize).copied().unwrap_or(NEVER)
    }

    fn span_s(&self) -> Option<(f64, f64)> {
        self.town.world.span_s(self.person as usize)
    }

    fn fate(&self) -> Fate {
        self.town.fates[self.person as usize]
    }
}

impl Iterator for Course<'_> {
    type Item = (Duration, Act);

    fn next(&mut self) -> Option<Self::Item> {
        let (now_s, act) = match self.link {
            Link::Closed { until_s: NEVER, .. } => return None,
            Link::Closed { until_s, returns } => (until_s, self.connect(until_s, returns)),
            Link::Open { sleeps } => self.go_on(sleeps),
        };
        Some((Duration::from_secs_f64(now_s), act))
    }
}
