//! P14: "who is within 8 km", the nearest 40 and all sorted, a million people in a hundred towns.
//!
//! Both sides hold the same people and get the same questions. Redis is charged what it says its
//! calls cost, which leaves out its socket: nearcast's side is a call in process.

use std::hint::black_box;
use std::time::{Duration, Instant};

use clap::Args;
use nearcast::broker::{About, Account, Broker, Config, Move, Worker};
use nearcast::wire::Person;
use nearcast_grid::Position;
use serde_json::Value;

use crate::load::Load;
use crate::redis::Redis;
use crate::report::{self, Figure, Goal};
use crate::towns::{self, Place, SEARCH_M, Towns};

/// A page as a phone asks for it.
const NEAREST: usize = 40;
/// Questions before the first that counts, so that caches are as warm as they will be.
const WARM_UP: usize = 50;
/// Redis measures on a sphere and rounds to a grid of half a metre: a few people at the border
/// are others, and more than so many in a hundred are a mistake.
const TOLERANCE_PERCENT: f64 = 1.0;
/// Users whom the goals are for.
const JUDGED_AT: u32 = 1_000_000;
const NOW: u64 = 1_800_000_000_000;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    load: Load,
    /// Questions per figure, fewer where the seconds end first
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..))]
    queries: u32,
}

/// One kind of question, asked of one side.
#[derive(Debug, Clone, Copy)]
struct Answers {
    us_per_call: f64,
    /// People in an answer, on average.
    hits: f64,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), String> {
    let Arguments { load, queries } = arguments;
    let towns = Towns::new(load.seed);
    let questions = towns.questions(*queries as usize);
    let limit = Duration::from_secs(load.seconds);

    let mut redis = Redis::start()?;
    let started = Instant::now();
    redis.load(towns.people(load.users))?;
    let loaded_per_s = f64::from(load.users) / started.elapsed().as_secs_f64();
    let nearest = ask_redis(&mut redis, &questions, Some(NEAREST), limit)?;
    let all = ask_redis(&mut redis, &questions, None, limit)?;
    let redis_gb = redis.rss()?.now_gb;
    drop(redis);

    let mut town = settle(&towns, load)?;
    let our_nearest = ask_broker(&mut town, &questions, Some(NEAREST), limit)?;
    let our_all = ask_broker(&mut town, &questions, None, limit)?;
    agree("nearest", our_nearest, nearest)?;
    agree("all", our_all, all)?;

    let judged = load.users == JUDGED_AT;
    let mut parameters = load.parameters(&["friends", "threads"]);
    parameters.push(("queries", (*queries).into()));
    let times = |redis: Answers, ours: Answers| redis.us_per_call / ours.us_per_call;
    let figures = [
        figure("nearest_us", our_nearest.us_per_call, "µs", &parameters),
        figure("nearest_hits", our_nearest.hits, "people", &parameters),
        figure("all_us", our_all.us_per_call, "µs", &parameters),
        figure("all_hits", our_all.hits, "people", &parameters),
        figure("redis_geoadd_per_s", loaded_per_s, "1/s", &parameters),
        figure("redis_rss_gb", redis_gb, "GB", &parameters),
        figure("redis_nearest_us", nearest.us_per_call, "µs", &parameters),
        figure("redis_nearest_hits", nearest.hits, "people", &parameters),
        figure("redis_all_us", all.us_per_call, "µs", &parameters),
        figure("redis_all_hits", all.hits, "people", &parameters),
        Figure {
            goal: judged.then_some(Goal::AtLeast(30.0)),
            ..figure(
                "nearest_times_redis",
                times(nearest, our_nearest),
                "×",
                &parameters,
            )
        },
        Figure {
            goal: judged.then_some(Goal::AtLeast(10.0)),
            ..figure("all_times_redis", times(all, our_all), "×", &parameters)
        },
    ];
    report::print(&figures, load.json)
}

fn ask_redis(
    redis: &mut Redis,
    questions: &[Place],
    limit: Option<usize>,
    at_most: Duration,
) -> Result<Answers, String> {
    for &question in questions.iter().take(WARM_UP) {
        redis.within(question, SEARCH_M, limit)?;
    }
    redis.forget_costs()?;
    let started = Instant::now();
    let mut people = 0;
    for &question in questions {
        people += redis.within(question, SEARCH_M, limit)?;
        if started.elapsed() > at_most {
            break;
        }
    }
    let cost = redis.cost()?;
    Ok(Answers {
        us_per_call: cost.us_per_call,
        hits: people as f64 / cost.calls as f64,
    })
}

/// A broker that holds the same people, each with an account and a reported position.
fn settle(towns: &Towns, load: &Load) -> Result<Worker, String> {
    let config = Config {
        users: load.users as usize,
        // Nobody has a friend here.
        edges: 1024,
        marks: 1024,
        collected: 1024,
        ..Config::default()
    };
    let mut worker = Broker::new(config, 1).remove(0);
    for (number, place) in (0..).zip(towns.people(load.users)) {
        let user = towns::id(number);
        let said = Move {
            position: position(place)?,
            about: About::new(None, None, None),
            at: None,
        };
        worker
            .admit(&user, &Account::default(), NOW)
            .and_then(|()| worker.report(&user, &said, NOW))
            .map_err(|denied| format!("bring {user} into the world: {denied:?}"))?;
    }
    worker.tidy(NOW);
    Ok(worker)
}

fn ask_broker(
    worker: &mut Worker,
    questions: &[Place],
    limit: Option<usize>,
    at_most: Duration,
) -> Result<Answers, String> {
    let centres = questions.iter().map(|place| position(*place));
    let centres = centres.collect::<Result<Vec<Position>, String>>()?;
    let limit = limit.unwrap_or(usize::MAX);
    // As who writes an answer would: each person's id and distance are read.
    let mut ask = |centre| {
        let (mut metres, mut letters) = (0.0, 0);
        let people = worker.within(centre, SEARCH_M, limit, NOW, |person| {
            if let Person::Friend(friend) = person {
                metres += friend.distance_m;
                letters += friend.user.len();
            }
        });
        black_box((metres, letters));
        people
    };
    for &centre in centres.iter().take(WARM_UP) {
        ask(centre);
    }
    let started = Instant::now();
    let (mut people, mut calls) = (0, 0);
    for &centre in &centres {
        people += ask(centre);
        calls += 1;
        if started.elapsed() > at_most {
            break;
        }
    }
    Ok(Answers {
        us_per_call: started.elapsed().as_secs_f64() * 1e6 / f64::from(calls),
        hits: people as f64 / f64::from(calls),
    })
}

fn position(place: Place) -> Result<Position, String> {
    Position::new(place.lat, place.lon).map_err(|error| format!("a place of the towns: {error}"))
}

/// Both sides were asked the same and must have found the same.
fn agree(kind: &str, ours: Answers, redis: Answers) -> Result<(), String> {
    let apart_percent = (ours.hits - redis.hits).abs() / redis.hits * 100.0;
    if redis.hits > 0.0 && apart_percent <= TOLERANCE_PERCENT {
        return Ok(());
    }
    Err(format!(
        "compare the answers ({kind}): nearcast finds {:.1} people, Redis {:.1}",
        ours.hits, redis.hits
    ))
}

fn figure(
    name: &'static str,
    value: f64,
    unit: &'static str,
    parameters: &[(&'static str, Value)],
) -> Figure {
    Figure {
        bench: "within",
        name,
        value,
        unit,
        goal: None,
        parameters: parameters.to_vec(),
    }
}
