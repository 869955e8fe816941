//! A hub: one thread with its share of the sessions. It waits for its connections, for orders and
//! for time, and is the only one to touch its broker worker and its lines.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::accounts::Order;
use crate::broker::{Move, SessionId, Worker};
use crate::metrics::Tally;

use super::asked::Answer;
use super::line::{Aside, Later, Line, Stage};
use super::lines::Lines;
use super::returning::Parting;
use super::shared::Shared;
use super::{Inbound, Visitor};

pub(super) struct Hub {
    pub(super) shared: Arc<Shared>,
    pub(super) worker: Worker,
    pub(super) lines: Lines,
    pub(super) tally: Arc<Tally>,
    pub(super) orders: mpsc::Receiver<Order>,
    pub(super) inbox: mpsc::Receiver<Inbound>,
    /// What one round of reading brought, to be taken at once.
    pub(super) moves: Vec<(SessionId, Move)>,
    /// Whose they are: the line, and the id of a move that wants an answer.
    pub(super) movers: Vec<(usize, Option<u32>)>,
    /// Lines that go to another hub when what was read of them is put aside.
    pub(super) parting: Vec<Parting>,
    /// Where every line is read into.
    pub(super) buffer: Vec<u8>,
    /// Whoever comes is sent away.
    pub(super) leaving: bool,
    pub(super) ended: bool,
}

/// Lines are looked at in quarters, each line once a second.
const LOOK: Duration = Duration::from_millis(250);
/// How often it is swept for what came over REST, when sessions do not wait for a sweep.
const TIDY: Duration = Duration::from_millis(20);
/// As much as one read takes.
const BUFFER: usize = 64 * 1024;

impl Hub {
    /// Within the runtime that will run it.
    pub(super) fn new(
        shared: Arc<Shared>,
        worker: Worker,
        orders: mpsc::Receiver<Order>,
        inbox: mpsc::Receiver<Inbound>,
    ) -> io::Result<Self> {
        let tally = shared.metrics.tally(worker.number());
        let hubs = shared.inboxes.len().max(1);
        let expected = shared.config.limits.connections.div_ceil(hubs);
        Ok(Self {
            lines: Lines::new(
                expected,
                shared.config.socket.waiting_max,
                Arc::clone(&tally),
            )?,
            tally,
            shared,
            worker,
            orders,
            inbox,
            moves: Vec::new(),
            movers: Vec::new(),
            parting: Vec::new(),
            buffer: vec![0; BUFFER],
            leaving: false,
            ended: false,
        })
    }

    pub(super) async fn run(mut self) -> io::Result<()> {
        let flush = self.flush();
        let mut sweeps = every(flush.unwrap_or(TIDY));
        let mut looks = every(LOOK);
        let (mut ready, mut turn) = (Vec::new(), 0);
        let poke = Arc::clone(&self.shared.pokes[self.worker.number()]);
        while !self.ended {
            tokio::select! {
                polled = self.lines.ready(&mut ready) => {
                    polled?;
                    self.read_all(&mut ready);
                    self.sweep_at_once();
                }
                Some(order) = self.orders.recv() => self.carry_out_all(order),
                Some(inbound) = self.inbox.recv() => {
                    self.receive(inbound);
                    self.sweep_at_once();
                }
                _ = sweeps.tick() => {
                    self.tidy();
                    self.sweep();
                }
                () = poke.notified(), if flush.is_none() => self.sweep(),
                _ = looks.tick() => {
                    self.look_at_quarter(turn);
                    turn += 1;
                }
            }
        }
        Ok(())
    }

    /// The time between sweeps; none: after every round.
    fn flush(&self) -> Option<Duration> {
        let flush_ms = self.shared.config.broker.flush_ms;
        (flush_ms > 0).then(|| Duration::from_millis(flush_ms))
    }

    /// Where sessions do not wait for a tick, those of other hubs do not either.
    fn sweep_at_once(&mut self) {
        if self.flush().is_some() {
            return;
        }
        self.sweep();
        for (number, poke) in self.shared.pokes.iter().enumerate() {
            if number != self.worker.number() {
                poke.notify_one();
            }
        }
    }

    fn tidy(&mut self) {
        if self.worker.number() == 0 {
            self.worker.tidy(self.shared.clock.now_ms());
        }
    }

    fn sweep(&mut self) {
        let clock = self.shared.clock;
        let began = clock.instant();
        self.worker.sweep(clock.now_ms(), &mut self.lines);
        self.tally.sweeps.took((), began.elapsed());
        self.end_broken();
    }

    /// Takes the moves that were read, all at once, and answers those that ask for it.
    pub(super) fn take_moves(&mut self) {
        if self.moves.is_empty() {
            return;
        }
        let now = self.shared.clock.now_ms();
        let Self {
            worker,
            lines,
            tally,
            moves,
            movers,
            ..
        } = self;
        worker.move_all(moves, now, |place, moved| {
            let (key, id) = movers[place];
            super::commands::answer_move(lines, tally, key, id, moved);
        });
        moves.clear();
        movers.clear();
    }

    fn receive(&mut self, inbound: Inbound) {
        match inbound {
            Inbound::Visitor(visitor) => self.welcome_in(visitor),
            Inbound::Moved(moved) => self.take_over(*moved),
            Inbound::Answer(answer) => self.hear_answer(*answer),
            Inbound::Drain => self.send_all_away(),
            Inbound::End => self.ended = true,
        }
    }

    fn welcome_in(&mut self, visitor: Visitor) {
        let (line, first) = Line::new(visitor, self.shared.clock.now_ms());
        line.hold_unsent(self.shared.config.socket.notsent_lowat);
        let Ok(key) = self.lines.add(line) else {
            // The connection has ended already.
            self.shared.counts[self.worker.number()].sub(1);
            return;
        };
        if self.leaving {
            return self.send_away(key);
        }
        if !first.is_empty() {
            self.hear(key, &first);
        }
        // What came behind the request may be in its TLS buffers, where no poll sees it.
        self.read(key);
        self.take_moves();
        self.end_broken();
    }

    fn hear_answer(&mut self, answer: Answer) {
        let key = answer.key;
        let named = self.lines.named(key, answer.stamp);
        // Sent away meanwhile, it gets no session any more.
        let Some(line) = named.filter(|line| line.stage != Stage::Closing) else {
            return;
        };
        let Aside {
            later, asked, pong, ..
        } = line
            .aside
            .take()
            .map_or_else(Aside::default, |aside| *aside);
        self.lines.cork(key);
        if let Some(payload) = pong {
            self.pong(key, &payload);
        }
        self.finish(answer);
        if let Some((method, began)) = asked {
            self.tally.commands.took(method, began.elapsed());
        }
        self.go_on(key, later);
        // What came meanwhile may be in its TLS buffers, where no poll sees it.
        self.read(key);
        self.take_moves();
        self.end_broken();
    }

    /// Answers what a line said while it was waited for, up to what is to be waited for again.
    pub(super) fn go_on(&mut self, key: usize, later: Vec<Later>) {
        for later in later {
            if self.waits(key) {
                self.put_off(key, later);
            } else {
                self.answer(key, later.said);
            }
        }
        self.take_moves();
        self.lines.uncork();
        self.lines.watch(key);
    }
}

fn every(period: Duration) -> Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    ticks
}
