//! P14: "who is within 8 km", the nearest 40 and all sorted, a million people in a hundred towns.
//!
//! Both sides hold the same people and get the same questions. Redis is charged what it says its
//! calls cost, which leaves out its socket: nearcast's side is a call in process.

use std::time::{Duration, Instant};

use clap::Args;
use serde_json::Value;

use crate::load::Load;
use crate::redis::Redis;
use crate::report::{self, Figure};
use crate::towns::{Place, SEARCH_M, Towns};

/// A page as a phone asks for it.
const NEAREST: usize = 40;
/// Questions before the first that counts, so that caches are as warm as they will be.
const WARM_UP: usize = 50;

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

    let mut parameters = load.parameters();
    parameters.push(("queries", (*queries).into()));
    let figures = [
        figure("redis_geoadd_per_s", loaded_per_s, "1/s", &parameters),
        figure("redis_rss_gb", redis_gb, "GB", &parameters),
        figure("redis_nearest_us", nearest.us_per_call, "µs", &parameters),
        figure("redis_nearest_hits", nearest.hits, "people", &parameters),
        figure("redis_all_us", all.us_per_call, "µs", &parameters),
        figure("redis_all_hits", all.hits, "people", &parameters),
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
