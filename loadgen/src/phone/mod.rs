//! A person with her phone: she does what her course says when it says so, hears what the server
//! tells her in between, and comes back when she is sent away.

mod back_off;
mod call;
mod line;
mod wire;

mod hear;
mod left;

use std::time::Duration;

use nearcast::client::{Client, Closed, Heard, Returning};
use nearcast::wire::Command;
use nearcast::wire::client::Move;
use nearcast_grid::Position;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::drive::Play;
use crate::tally::Fault;
use crate::town::{Act, Reads};
use crate::truth::{Eye, Judge};

use back_off::BackOff;
use call::{Call, Unanswered};
use left::Left;
use line::{Refusal, connect};

/// How often a list is held against everybody who is to be in it.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Who comes later to a look has been kept from it, and did not hear either.
const LAG: Duration = Duration::from_millis(250);
/// Who has called for no longer cannot have been answered.
const JUST_CALLED: Duration = Duration::from_millis(100);
/// A link that was left behind is closed within so much more than a friend may take to be told.
const LEFT_WITHIN: Duration = Duration::from_secs(2);

/// Somebody while she lives.
struct Phone<'p> {
    play: &'p Play,
    person: usize,
    line: Option<Client>,
    /// She has been welcomed on it.
    welcomed: bool,
    /// A link that is gone, and neither side has been told.
    left: Option<Left>,
    sleeps: bool,
    returning: Option<Returning>,
    /// Where she is, whether or not she could say so.
    place: Option<Position>,
    /// Since when she could not.
    unsaid_us: Option<u64>,
    /// She is to be connected.
    wants: bool,
    back_at: Option<Instant>,
    call: Call,
    back_off: BackOff,
    /// What a goodbye asked for.
    away_ms: Option<u64>,
    eye: Option<Eye>,
    judge: Judge,
    look_at: Instant,
    /// When the server last let go of her: what was due before, it held up.
    free_at: Instant,
}

/// From the beginning of the run to its end.
pub(crate) async fn live(play: &Play, person: usize) {
    let mut phone = Phone {
        play,
        person,
        line: None,
        welcomed: false,
        left: None,
        sleeps: false,
        returning: None,
        place: None,
        unsaid_us: None,
        wants: false,
        back_at: None,
        call: Call::default(),
        back_off: BackOff::of(&play.world().town.people()[person].name),
        away_ms: None,
        eye: play.judges(person).then(|| Eye::new(person, play.world())),
        judge: Judge::default(),
        // Not all at once.
        look_at: play.began + LOOK_EVERY.mul_f64(person as f64 % 97.0 / 97.0),
        free_at: play.began,
    };
    for (intended, act) in play.world().town.course(person) {
        if intended >= play.lasts {
            break;
        }
        let due = play.began + intended;
        phone.hears_until(due).await;
        play.counts.lagged(phone.lag(due));
        phone.does(act, intended.as_micros() as u64).await;
    }
    phone.hears_until(play.ends()).await;
}

impl Phone<'_> {
    async fn hears_until(&mut self, due: Instant) {
        loop {
            let back_at = self.back_at.unwrap_or(due);
            let next = due.min(self.look_at).min(back_at);
            match self.hears_before(next).await {
                Some(heard) => self.hears(heard),
                None => {
                    let now = Instant::now();
                    if self.look_at <= now {
                        self.looks().await;
                    }
                    if let Some(at) = self.back_at.take_if(|at| *at <= now) {
                        self.call.begins(at);
                        let intended_us = self.unsaid_us.take();
                        self.connects(true, intended_us).await;
                    }
                    if due <= now {
                        return;
                    }
                }
            }
        }
    }

    /// None: the time has come.
    async fn hears_before(&mut self, next: Instant) -> Option<Heard> {
        loop {
            let line = self.line.as_mut().filter(|_| !self.sleeps);
            let closed = tokio::select! {
                () = sleep_until(next) => return None,
                heard = hears(line) => return Some(heard),
                closed = closes(self.left.as_mut()) => closed,
            };
            if let Some(fault) = self.left.take().and_then(|left| left.fault(&closed)) {
                self.finds(Fault::Protocol, &fault);
            }
        }
    }

    /// How late something is that nobody but the tool has held up.
    fn lag(&self, due: Instant) -> Duration {
        due.max(self.free_at).elapsed()
    }

    async fn does(&mut self, act: Act, intended_us: u64) {
        match act {
            Act::Connect { at, resume } => {
                (self.place, self.wants, self.back_at) = (Some(at), true, None);
                self.lets_go();
                let due = self.play.began + Duration::from_micros(intended_us);
                self.call.begins(due);
                self.connects(resume, None).await;
            }
            Act::Move(position) => {
                self.place = Some(position);
                self.moves(position, intended_us).await;
            }
            Act::Silence => {
                self.goes();
                if let Some(line) = self.line.take() {
                    self.returning = line.returning();
                    self.breaks_off();
                    self.left = Some(Left::new(line));
                }
            }
            // Who is not welcomed yet waits for that.
            Act::Sleep if !self.welcomed => {}
            Act::Sleep => {
                self.sleeps = true;
                if let Some(eye) = &mut self.eye {
                    eye.closes();
                }
            }
            Act::Wake => {
                let slept = std::mem::take(&mut self.sleeps);
                let now_us = self.play.now_us();
                if let Some(eye) = self.eye.as_mut().filter(|_| slept && self.welcomed) {
                    eye.opens(now_us);
                }
            }
            Act::Leave => {
                self.goes();
                if let Some(line) = &mut self.line {
                    // A lost connection has ended too.
                    let _ = line.say(Command::Bye).await;
                }
                self.lets_go();
                self.returning = None;
            }
            Act::Drop => {
                self.goes();
                self.lets_go();
            }
        }
        self.free_at = Instant::now();
    }

    /// She does not want to be connected any more.
    fn goes(&mut self) {
        (self.wants, self.back_at, self.unsaid_us) = (false, None, None);
        self.gives_up();
    }

    /// Opens a connection, and says on it where she is; `intended_us`: when she was to, if that is
    /// not now.
    async fn connects(&mut self, resume: bool, intended_us: Option<u64>) {
        let returning = self.returning.take().filter(|_| resume);
        let intended_us = intended_us.unwrap_or_else(|| self.play.now_us());
        let place = self.place.map(|place| (place, intended_us));
        self.call.tries();
        let connected = connect(self.play, self.person, place, returning);
        match timeout_at(self.play.ends(), connected).await {
            // She is still waiting when the run ends.
            Err(_) => {}
            Ok(Ok(line)) => {
                self.line = Some(line);
                (self.sleeps, self.welcomed) = (false, false);
                let now_us = self.play.now_us();
                if let Some(eye) = &mut self.eye {
                    eye.waits(now_us);
                }
            }
            Ok(Err(Refusal { why, is_final })) => {
                self.call.fails();
                self.finds(Fault::Refused, &why);
                if !is_final {
                    self.comes_back();
                }
            }
        }
        self.free_at = Instant::now();
    }

    async fn moves(&mut self, position: Position, intended_us: u64) {
        let Some(line) = &mut self.line else {
            if self.wants {
                self.unsaid_us.get_or_insert(intended_us);
            }
            return;
        };
        let world = self.play.world();
        // Noted first: others may hear of it before the call returns.
        world.says(self.person, position, intended_us, self.play.now_us());
        self.play.counts.moved();
        if line.say(Command::Move(Move::to(position))).await.is_err() {
            // What comes next is heard, and says why.
            world.breaks_off(self.person, self.play.now_us());
        }
    }

    /// After all that has come is heard.
    async fn looks(&mut self) {
        let lag = self.lag(self.look_at);
        self.look_at = Instant::now() + LOOK_EVERY;
        while let Some(heard) = self.hears_at_once().await {
            self.hears(heard);
        }
        let within = Duration::from_micros(self.play.world().rules.freshness_us) + LEFT_WITHIN;
        let open = self.left.as_ref().filter(|_| lag <= LAG);
        if let Some(fault) = open.and_then(|left| left.is_open_after(within)) {
            self.left = None;
            self.finds(Fault::Protocol, &fault);
        }
        let now_us = self.play.now_us();
        if let Some(eye) = &mut self.eye {
            if lag > LAG && self.welcomed {
                // She was kept from hearing, and others perhaps from speaking.
                eye.opens(now_us);
            } else {
                eye.is_looked_through(now_us, self.play.world(), &mut self.judge);
            }
        }
        self.tells();
    }

    /// What has come already.
    async fn hears_at_once(&mut self) -> Option<Heard> {
        let line = self.line.as_mut().filter(|_| !self.sleeps)?;
        tokio::select! {
            biased;
            heard = line.next() => Some(heard),
            () = std::future::ready(()) => None,
        }
    }

    fn comes_back(&mut self) {
        let asked_for = self.away_ms.take().map(Duration::from_millis);
        let wait = asked_for.unwrap_or_else(|| self.back_off.wait());
        self.back_at = Some(Instant::now() + wait);
    }

    fn lets_go(&mut self) {
        if let Some(line) = self.line.take() {
            self.returning = line.returning();
            self.breaks_off();
        }
    }

    fn breaks_off(&mut self) {
        self.call.fails();
        if std::mem::take(&mut self.welcomed) {
            self.play.counts.connected(-1);
        }
        self.play
            .world()
            .breaks_off(self.person, self.play.now_us());
        if let Some(eye) = &mut self.eye {
            eye.closes();
        }
    }

    /// She calls no more. Who was kept waiting in vain was refused, and her waiting is one of the
    /// times to connect, as short of the truth as it is; who has just called says nothing.
    fn gives_up(&mut self) {
        let Some(Unanswered { waited, untold }) = self.call.ends() else {
            return;
        };
        let freshness = Duration::from_micros(self.play.world().rules.freshness_us);
        let half = self.play.began.elapsed() / 2;
        if waited <= freshness.min(half.max(JUST_CALLED)) {
            return;
        }
        self.play.counts.called(waited);
        if untold {
            let why = format!("called for {} ms and was not answered", waited.as_millis());
            self.finds(Fault::Refused, &why);
        }
    }

    fn reads_slowly(&self) -> bool {
        let people = self.play.world().town.people();
        reads_at_most(people[self.person].reads).is_some()
    }

    fn finds(&mut self, fault: Fault, what: &str) {
        let name = &self.play.world().town.people()[self.person].name;
        self.judge.faults.add(fault, || format!("{name}: {what}"));
        self.play.counts.error();
    }

    /// What was found so far is everybody's.
    fn tells(&mut self) {
        self.play.counts.take(&mut self.judge);
    }
}

/// However she ends: also who is cut off while she connects is counted.
impl Drop for Phone<'_> {
    fn drop(&mut self) {
        self.gives_up();
        self.tells();
    }
}

/// Nothing comes where there is no line.
async fn hears(line: Option<&mut Client>) -> Heard {
    match line {
        Some(line) => line.next().await,
        None => std::future::pending().await,
    }
}

async fn closes(left: Option<&mut Left>) -> Closed {
    match left {
        Some(left) => left.closes().await,
        None => std::future::pending().await,
    }
}

/// How many bytes a second a phone reads at most.
fn reads_at_most(reads: Reads) -> Option<u32> {
    match reads {
        Reads::Always => None,
        Reads::Slowly { bytes_per_s } => Some(bytes_per_s),
    }
}

#[cfg(test)]
mod tests;
