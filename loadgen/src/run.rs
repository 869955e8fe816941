//! One run, from its accounts to its verdict.

use std::collections::BTreeMap;
use std::net::{IpAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use nearcast::clock::Clock;

use crate::cli::Wishes;
use crate::drive::Order;
use crate::files;
use crate::hall::Hall;
use crate::report::{self, Occasion, Run};
use crate::say;
use crate::scenario::Scenario;
use crate::stop::Stop;
use crate::tally::Tally;
use crate::target::{Erasing, Keys, Meter, Started, Target, fill};
use crate::town::Town;

/// When nothing is said, and nothing else ends it.
const DURATION: Duration = Duration::from_secs(60);
/// Above so many people not everybody is judged.
const JUDGED: u32 = 100_000;
/// Until every process has read its order, and
const LEAD_MS: u64 = 1_000;
/// made its people, so many a millisecond.
const MADE_A_MS: u64 = 20;

/// Why there is no verdict.
pub(crate) enum Fault {
    /// Of what was asked.
    Usage(String),
    /// Of the server, or of this machine.
    Unreached(String),
    /// Whoever began it has ended it.
    Stopped,
}

/// What is played.
pub(crate) struct Piece {
    /// As the report names it.
    pub(crate) name: String,
    pub(crate) scenario: Scenario,
    pub(crate) tracks: Option<PathBuf>,
    pub(crate) faster: f64,
}

/// # Errors
/// When it did not come to a verdict.
pub(crate) async fn run(piece: Piece, wishes: &Wishes, stop: &Stop) -> Result<Run, Fault> {
    let mut order = order(&piece, wishes);
    let town = order.town().map_err(Fault::Usage)?;
    if let Some(ends_s) = town.ends_s().filter(|ends_s| *ends_s < 1.0) {
        return Err(Fault::Usage(format!(
            "the tracks last {ends_s:.3} s at this pace: a run takes a second at least"
        )));
    }
    are_of_this_machine(&wishes.source).map_err(Fault::Usage)?;
    order.lasts_ms = lasts(wishes, &town).as_millis() as u64;
    let people = town.people().len() as u32;
    order.one_of = people.div_ceil(JUDGED).max(1);
    let most = files::connections(&piece, people, wishes.processes);
    files::has_room_for(most).map_err(Fault::Usage)?;
    if let Some(dir) = &wishes.report {
        let made = std::fs::create_dir_all(dir);
        made.map_err(|error| Fault::Usage(format!("make {}: {error}", dir.display())))?;
    }
    // Kept to the end, and ends with it however that comes.
    let (started, process) = server(wishes, &mut order, stop).await?;
    let target = order.target().map_err(Fault::Usage)?;
    is_for(&target, &piece).map_err(Fault::Usage)?;
    let meter = process.map(Meter::new).transpose().map_err(Fault::Usage)?;
    let ready = stop.unless(target.is_ready()).await;
    ready.ok_or(Fault::Stopped)?.map_err(Fault::Unreached)?;
    target.server().map_err(Fault::Usage)?;

    // From here on there are people who are to be erased, whatever comes.
    say(&format!("{people} people are made ..."));
    let run = match stop.unless(fill(&target, &town)).await {
        None => Err(Fault::Stopped),
        Some(Err(why)) => Err(Fault::Unreached(why)),
        Some(Ok(())) => judged(&piece, &mut order, town, wishes, meter, stop).await,
    };
    if wishes.cleanup {
        match order.town() {
            Ok(town) => clean_up(Erasing::new(town), &target, stop).await,
            Err(why) => say(&format!("nobody is erased: {why}")),
        }
    }
    drop(started);
    run
}

/// Plays it, and writes what is to be kept of it.
async fn judged(
    piece: &Piece,
    order: &mut Order,
    town: Town,
    wishes: &Wishes,
    meter: Option<Meter>,
    stop: &Stop,
) -> Result<Run, Fault> {
    let ends_s = town.ends_s();
    let (tally, trouble) = played(order, town, wishes, meter, stop).await?;
    let run = Run::new(occasion(piece, wishes, order, ends_s, &tally), &tally);
    let invalid = trouble.or_else(|| run.behind(wishes.lateness));
    let run = run.judged(&wishes.slo.clone().unwrap_or_default(), invalid);
    if let Some(dir) = &wishes.report {
        report::write(&run, dir).map_err(Fault::Unreached)?;
        say(&format!("the report: {}", dir.join("index.html").display()));
    }
    Ok(run)
}

async fn clean_up(mut erasing: Erasing, target: &Target, stop: &Stop) {
    say("erasing them ... (Ctrl-C leaves the rest)");
    // What came of it is said either way.
    let _ = stop.unless_again(erasing.run(target)).await;
    if let Some(left) = erasing.left() {
        say(&left);
    }
}

/// Whole seconds. The last points of tracks are to be told before the end.
fn lasts(wishes: &Wishes, town: &Town) -> Duration {
    let all_of_it = || {
        let ends_s = town.ends_s()?;
        Some(Duration::from_secs(ends_s.ceil() as u64) + wishes.freshness)
    };
    let lasts = wishes.duration.or_else(all_of_it).unwrap_or(DURATION);
    Duration::from_secs(lasts.as_secs())
}

/// Starts one if that is asked; the order then says where it is. Answers its process, if one knows
/// it.
async fn server(
    wishes: &Wishes,
    order: &mut Order,
    stop: &Stop,
) -> Result<(Option<Started>, Option<u32>), Fault> {
    if wishes.start_server {
        let started = Started::start(wishes.server.as_deref(), &order.keys, &order.setup);
        let started = stop.unless(started).await.ok_or(Fault::Stopped)?;
        let started = started.map_err(Fault::Unreached)?;
        order.url.clone_from(&started.url);
        let process = started.process();
        return Ok((Some(started), process));
    }
    if order.url.is_empty() {
        let what = "say --start-server, or --url with --secret and --server-key";
        return Err(Fault::Usage(what.to_owned()));
    }
    Ok((None, wishes.server_pid))
}

/// Slow links and source addresses are the tool's own doing, below TLS.
fn is_for(target: &Target, piece: &Piece) -> Result<(), String> {
    if target.trust.is_none() {
        return Ok(());
    }
    if piece.scenario.trouble.slow > 0.0 {
        return Err("trouble.slow: links are made slow without TLS only; say http://".to_owned());
    }
    if !target.sources.is_empty() {
        return Err("--source: addresses are chosen without TLS only; say http://".to_owned());
    }
    Ok(())
}

fn are_of_this_machine(sources: &[IpAddr]) -> Result<(), String> {
    for &source in sources {
        if source.is_unspecified() || source.is_multicast() {
            return Err(format!("--source {source}: nobody comes from there"));
        }
        let bound = TcpListener::bind((source, 0));
        bound.map_err(|error| format!("--source {source}: {error}"))?;
    }
    Ok(())
}

/// What the app's backend would know; a server that is started is given some.
fn keys(wishes: &Wishes) -> Keys {
    match (&wishes.secret, &wishes.server_key) {
        (Some(secret), Some(server_key)) if !wishes.start_server => Keys {
            secret: secret.clone(),
            server_key: server_key.clone(),
        },
        _ => Keys::throw_away(),
    }
}

fn order(piece: &Piece, wishes: &Wishes) -> Order {
    Order {
        scenario: piece.scenario.clone(),
        tracks: piece.tracks.clone(),
        faster: piece.faster,
        seed: wishes.seed,
        run: format!("l{:x}", Clock::start().now_ms()),
        part: 0,
        parts: 1,
        url: wishes.url.clone().unwrap_or_default(),
        keys: keys(wishes),
        sources: wishes.source.clone(),
        begins_ms: 0,
        lasts_ms: 0,
        freshness_ms: wishes.freshness.as_millis() as u64,
        setup: wishes.setup,
        one_of: 1,
    }
}

/// Plays it, here or in several processes. Answers what was seen, and why it is worth nothing.
async fn played(
    order: &mut Order,
    town: Town,
    wishes: &Wishes,
    meter: Option<Meter>,
    stop: &Stop,
) -> Result<(Tally, Option<String>), Fault> {
    let people = town.people().len() as u32;
    let sampled = (order.one_of > 1).then(|| people.div_ceil(order.one_of));
    let mut hall = Hall::new(people, sampled);
    order.begins_ms = Clock::start().now_ms() + LEAD_MS;
    if wishes.processes > 1 {
        order.begins_ms += u64::from(people) / MADE_A_MS;
        return hall.leads(order, wishes.processes, meter, stop).await;
    }
    let play = order.play(town).map_err(Fault::Unreached)?;
    let seconds = |second| hall.hears(&second);
    let trouble = play.run(meter, seconds, stop.told()).await.err();
    Ok((hall.tally, trouble))
}

/// `ends_s`: when nobody moves any more, since the last points of tracks are behind.
fn occasion(
    piece: &Piece,
    wishes: &Wishes,
    order: &Order,
    ends_s: Option<f64>,
    tally: &Tally,
) -> Occasion {
    let mut parameters: BTreeMap<String, String> = piece.scenario.parameters();
    for (name, value) in [
        ("people", tally.people.to_string()),
        ("seed", wishes.seed.to_string()),
        ("freshness_ms", wishes.freshness.as_millis().to_string()),
        ("processes", wishes.processes.to_string()),
    ]
    .into_iter()
    .chain(wishes.setup.parameters())
    {
        parameters.insert(name.to_owned(), value);
    }
    let last = tally.seconds().last();
    let duration_s = last.map_or(0.0, |last| f64::from(last.at_s) + 1.0);
    let planned_s = order.lasts_ms as f64 / 1000.0;
    let arriving = Duration::from_secs_f64(piece.scenario.sessions.arrive_over_s);
    let settled = wishes.warm_up.unwrap_or(arriving + wishes.freshness);
    let moving_s = ends_s.unwrap_or(duration_s).min(duration_s);
    Occasion {
        title: piece.scenario.title.clone(),
        scenario: piece.name.clone(),
        parameters,
        started: iso(order.begins_ms),
        duration_s,
        ended_early_of_s: Some(planned_s).filter(|planned_s| duration_s < *planned_s),
        measured_from_s: settled.as_secs_f64().ceil().min(moving_s / 2.0) as u32,
    }
}

fn iso(ms: u64) -> String {
    let at = jiff::Timestamp::from_millisecond(ms as i64).unwrap_or_default();
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
