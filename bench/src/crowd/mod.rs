//! P8: what a move costs as a stadium fills: strangers, everybody crossing a privacy cell each
//! epoch, one in a hundred leaving and arriving each second, epochs and sweeps included.
//!
//! Time is simulated, second by second; the processor time of whole epochs is divided by the moves
//! made in it. A step counts only if the viewers in it were shown strangers.

mod place;

use std::fs;
use std::time::{Duration, Instant};

use clap::Args;
use nearcast::broker::{
    About, Account, Broker, Config, Hello, Move, Page, SessionId, Sink, Worker,
};
use nearcast::wire::{Encoding, Event, Mode, decode_server};
use nearcast_grid::Position;
use serde_json::Value;

use crate::load::Load;
use crate::report::{self, Figure, Goal};
use crate::sample::Sample;
use crate::seed::Seed;
use place::{Place, centre, corner};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    load: Load,
}

/// How many people the place fills with, step by step.
const STEPS: [u32; 5] = [1_000, 3_000, 10_000, 30_000, 100_000];
const START: u64 = 1_800_000_000_000;
const EPOCH_S: u64 = 15;
/// Everybody's second move of an epoch comes so long after the first.
const HALF_S: u64 = 7;
/// Until views are full: everybody's first cell has been released, and a few have been since.
const WARM_UP_EPOCHS: u64 = 4;
/// A simulated minute is timed, less of it where the seconds end first.
const TIMED_EPOCHS: u64 = 4;
/// Leave, and are followed by others, each second: of a hundred.
const CHURN_PERCENT: usize = 1;
/// Viewers who are asked at the end whom they see.
const ASKED: usize = 200;

/// One of those present.
#[derive(Clone, Copy)]
struct Person {
    /// Nobody else ever had this number.
    number: u32,
    session: SessionId,
    /// Two neighbouring privacy cells, between which she goes to and fro.
    cells: [Position; 2],
}

struct Crowd {
    place: Place,
    workers: Vec<Worker>,
    people: Vec<Person>,
    admitted: u32,
    /// The south-west privacy cell of the block, by row and column.
    corner: (i64, i64),
    random: Seed,
    now: u64,
    moves: u64,
    sink: Counter,
}

#[derive(Default)]
struct Counter {
    frames: u64,
    bytes: u64,
    sample: Sample,
}

impl Sink for Counter {
    fn is_full(&mut self, _: SessionId) -> bool {
        false
    }

    fn frame(&mut self, _: SessionId, frame: &[u8]) {
        self.frames += 1;
        self.bytes += frame.len() as u64;
        self.sample.offer(frame);
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), String> {
    let load = &arguments.load;
    let last = load.users.min(STEPS[STEPS.len() - 1]);
    let steps = STEPS.iter().copied().filter(|&people| people < last);
    let steps: Vec<u32> = steps.chain([last]).collect();
    let judged = steps == STEPS;
    let mut figures = Vec::new();
    for place in [Place::Block, Place::Stadium] {
        let mut costs_us = Vec::new();
        for &people in &steps {
            let mut parameters = parameters(load, place);
            parameters.push(("people", people.into()));
            let mut add = |name, value, unit| {
                figures.push(figure(name, value, unit, parameters.clone()));
            };
            let mut crowd = Crowd::gather(place, people, load)?;
            for _ in 0..WARM_UP_EPOCHS {
                crowd.epoch()?;
            }
            (crowd.moves, crowd.sink) = (0, Counter::default());
            let started = Instant::now();
            let before_us = cpu_us()?;
            for _ in 0..TIMED_EPOCHS {
                crowd.epoch()?;
                if started.elapsed() > Duration::from_secs(load.seconds) {
                    break;
                }
            }
            let cost_us = (cpu_us()? - before_us) / crowd.moves as f64;
            let in_view = crowd.strangers_in_view()?;
            let per_frame = crowd.told_per_frame()?;
            costs_us.push(cost_us);
            add("us_per_move", cost_us, "µs");
            add(
                "frames_per_move",
                crowd.sink.frames as f64 / crowd.moves as f64,
                "",
            );
            add("told_per_frame", per_frame, "people");
            add("strangers_in_view", in_view, "people");
        }
        let (first, last) = (costs_us[0], costs_us[costs_us.len() - 1]);
        figures.push(Figure {
            goal: judged.then_some(Goal::AtMost(2.0)),
            ..figure("full_to_empty", last / first, "×", parameters(load, place))
        });
    }
    report::print(&figures, load.json)
}

/// Processor time of this thread, which does all the work: what others do on the machine between
/// one step and the next is no cost of a move.
fn cpu_us() -> Result<f64, String> {
    let path = "/proc/thread-self/schedstat";
    let text = fs::read_to_string(path).map_err(|error| format!("read {path}: {error}"))?;
    let nanoseconds = text.split(' ').next().and_then(|word| word.parse().ok());
    let nanoseconds: f64 = nanoseconds.ok_or_else(|| format!("{path} has no number"))?;
    Ok(nanoseconds / 1e3)
}

fn parameters(load: &Load, place: Place) -> Vec<(&'static str, Value)> {
    vec![
        ("place", place.name().into()),
        ("threads", load.threads.into()),
        ("seconds", load.seconds.into()),
        ("seed", load.seed.into()),
        ("encoding", "protobuf".into()),
    ]
}

fn figure(
    name: &'static str,
    value: f64,
    unit: &'static str,
    parameters: Vec<(&'static str, Value)>,
) -> Figure {
    Figure {
        bench: "crowd",
        name,
        value,
        unit,
        goal: None,
        parameters,
    }
}

impl Crowd {
    /// Everybody arrives.
    fn gather(place: Place, people: u32, load: &Load) -> Result<Self, String> {
        let config = Config {
            // Who has left keeps her slot until nobody's view names her.
            users: people as usize * 2 + 1024,
            edges: 1024,
            marks: people as usize * 64 + 1024,
            ..Config::default()
        };
        assert_eq!(config.strangers.epoch_ms, EPOCH_S * 1000);
        let corner = corner(config.strangers.reach)?;
        let mut crowd = Self {
            place,
            workers: Broker::new(config, load.threads as usize),
            people: Vec::with_capacity(people as usize),
            admitted: 0,
            corner,
            random: Seed::new(load.seed),
            now: START,
            moves: 0,
            sink: Counter::default(),
        };
        for _ in 0..people {
            let person = crowd.arrive()?;
            crowd.people.push(person);
        }
        Ok(crowd)
    }

    fn worker(&mut self, number: u32) -> &mut Worker {
        let place = number as usize % self.workers.len();
        &mut self.workers[place]
    }

    /// Somebody whom nobody has seen before comes, open to strangers and curious.
    fn arrive(&mut self) -> Result<Person, String> {
        let number = self.admitted;
        self.admitted += 1;
        let cells = self.neighbours()?;
        let now = self.now;
        let account = Account {
            open: true,
            ..Account::default()
        };
        let hello = Hello {
            encoding: Encoding::Protobuf,
            friends: false,
            strangers: true,
            radius_m: 8_047.0,
            observes: false,
        };
        let user = crate::towns::id(number);
        let worker = self.worker(number);
        let mut come = || {
            worker.admit(&user, &account, now)?;
            let session = worker.open(&user, &hello)?.session;
            worker.move_to(session, &said(cells[0], 0), now)?;
            let mut frame = Vec::new();
            worker.nearby(session, Mode::Strangers, None, now, &mut frame)?;
            Ok(session)
        };
        Ok(Person {
            number,
            session: come().map_err(failed("arrive"))?,
            cells,
        })
    }

    fn leave(&mut self, place: usize) -> Result<(), String> {
        let (
            now,
            Person {
                number, session, ..
            },
        ) = (self.now, self.people[place]);
        let worker = self.worker(number);
        worker.close(session, now);
        let erased = worker.erase(&crate::towns::id(number));
        erased.map(drop).map_err(failed("leave"))
    }

    /// Centres of a privacy cell of this place, and of the one east or west of it.
    fn neighbours(&mut self) -> Result<[Position; 2], String> {
        let (columns, rows) = (self.place.columns(), self.place.rows());
        let mut draw = |most: i64| (self.random.next() % most as u64) as i64;
        let row = rows.start + draw(rows.end - rows.start);
        let column = columns.start + draw(columns.end - columns.start - 1);
        let first = draw(2);
        let at = |column| {
            let (south, west) = self.corner;
            centre(south + row, west + column)
        };
        Ok([at(column + first)?, at(column + 1 - first)?])
    }

    /// Fifteen simulated seconds: everybody moves twice, and each second some leave.
    fn epoch(&mut self) -> Result<(), String> {
        for second in 0..EPOCH_S {
            self.now += 1000;
            for _ in 0..self.people.len() * CHURN_PERCENT / 100 {
                let place = (self.random.next() % self.people.len() as u64) as usize;
                self.leave(place)?;
                self.people[place] = self.arrive()?;
            }
            self.move_those_of(second)?;
            self.workers[0].tidy(self.now);
            for worker in &mut self.workers {
                worker.sweep(self.now, &mut self.sink);
            }
        }
        Ok(())
    }

    /// Somebody ends two epochs in one of her cells and then two in the other, and where she ends
    /// an epoch in the cell in which she began it, she was in the other one in between. So she
    /// crosses a border in each epoch, and of half of the people a new cell is released in it.
    fn move_those_of(&mut self, second: u64) -> Result<(), String> {
        let epoch = self.now / (EPOCH_S * 1000);
        for person in &self.people {
            let first = u64::from(person.number) % HALF_S;
            let half = match second {
                _ if second == first => 0,
                _ if second == first + HALF_S => 1,
                _ => continue,
            };
            let turn = epoch + u64::from(person.number / 7 % 4);
            let at = [[1, 0], [1, 0], [0, 1], [0, 1]][(turn % 4) as usize][half];
            let place = person.number as usize % self.workers.len();
            let step = said(person.cells[at], epoch * 2 + half as u64);
            self.workers[place]
                .move_to(person.session, &step, self.now)
                .map_err(failed("move"))?;
            self.moves += 1;
        }
        Ok(())
    }

    /// How many strangers a viewer is shown, on average, as she would read it page by page.
    fn strangers_in_view(&mut self) -> Result<f64, String> {
        let asked = self.people.len().min(ASKED);
        let page = Page {
            limit: 1,
            ..Page::default()
        };
        let mut all = 0.0;
        for place in 0..asked {
            let Person {
                number, session, ..
            } = self.people[place * (self.people.len() / asked)];
            let (now, mut frame) = (self.now, Vec::new());
            self.worker(number)
                .page(session, Mode::Strangers, &page, now, &mut frame)
                .map_err(failed("ask for a page"))?;
            let message = decode_server(Encoding::Protobuf, &frame).map_err(|refused| {
                format!("check a page of strangers: it does not decode: {refused}")
            })?;
            match message.body {
                Event::Nearby(nearby) => all += f64::from(nearby.total),
                other => return Err(format!("check a page of strangers: it is {other:?}")),
            }
        }
        let mean = all / asked as f64;
        if mean < 5.0 {
            return Err(format!(
                "a viewer sees {mean:.1} strangers: nothing was measured"
            ));
        }
        Ok(mean)
    }

    /// How many strangers a frame tells of, by those that were kept.
    fn told_per_frame(&mut self) -> Result<f64, String> {
        let counts = self.sink.sample.counts(Encoding::Protobuf)?;
        Ok(counts.iter().sum::<f64>() / counts.len() as f64)
    }
}

/// A place in a cell, each time another one, so that every move is one.
fn said(centre: Position, step: u64) -> Move {
    let north = 1_000 * (step % 16) as i32;
    Move {
        position: Position::from_e7(centre.lat_e7() + north, centre.lon_e7())
            .expect("a town is far from the pole"),
        about: About::new(None, None, None),
        at: None,
    }
}

fn failed(what: &'static str) -> impl Fn(nearcast::broker::Denied) -> String {
    move |denied| format!("{what}: {denied:?}")
}
