//! Operations: how full the server is, who sees whom and why, and sending everybody away.

use std::sync::Arc;

use axum::extract::State;
use hyper::StatusCode;
use nearcast_grid::{Cell, distance_m};
use serde::{Deserialize, Serialize};

use crate::broker::{Outlook, Reasons};
use crate::metrics::SnapshotState;
use crate::wire::{Person, UserId};

use super::caller::{Backend, InPath};
use super::problem::Problem;
use super::site::Site;
use super::told::Query;

/// People who are looked at to count those in a cell; the desk is busy meanwhile.
const MOST_COUNTED: usize = 10_000;

#[derive(Serialize)]
pub(super) struct Stats {
    node: String,
    version: &'static str,
    draining: bool,
    /// WebSockets.
    sessions: usize,
    connections: usize,
    residents: usize,
    residents_max: usize,
    edges: usize,
    edges_max: usize,
    marks_dropped: u64,
}

/// What a user's channel is: who she is to those who watch her.
#[derive(Serialize)]
pub(super) struct UserChannel {
    user: UserId,
    sessions: usize,
    located: bool,
    active: bool,
    shares: bool,
    approximate: bool,
    released: bool,
    open_to_strangers: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    radius_m: Option<f32>,
}

/// Who is in a cell, as far as friends may be shown it.
#[derive(Serialize)]
pub(super) struct CellChannel {
    cell: String,
    people: usize,
    /// Too many are around to be looked at all.
    more: bool,
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Channel {
    User(UserChannel),
    Cell(CellChannel),
}

#[derive(Deserialize)]
pub(super) struct Pair {
    viewer: UserId,
    subject: UserId,
}

/// Every condition of "sees" with its value.
#[derive(Serialize)]
pub(super) struct Why {
    viewer: UserId,
    subject: UserId,
    #[serde(flatten)]
    reasons: Reasons,
    viewer_permitted: bool,
    viewer_consents: bool,
    subject_permitted: bool,
    subject_consents: bool,
    /// What each of the viewer's sessions makes of it.
    sessions: Vec<Outlook>,
}

/// How positions are kept outside the process.
#[derive(Serialize)]
pub(super) struct Snapshot {
    state: &'static str,
    /// Why it is not as it should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// Counts those who have written there.
    #[serde(skip_serializing_if = "Option::is_none")]
    epoch: Option<u64>,
    /// Age of the oldest change that may not be kept.
    lag_ms: u64,
    last_changes: u64,
    last_round_ms: u64,
    rounds: u64,
    changes: u64,
    errors: u64,
    restored: u64,
    malformed: u64,
    expired: u64,
    erased: u64,
    pending_erasures: u64,
}

#[derive(Serialize)]
pub(super) struct Draining {
    draining: bool,
}

pub(super) async fn stats(State(site): State<Arc<Site>>, _: Backend) -> axum::Json<Stats> {
    let broker = &site.broker;
    let levels = (site.levels)();
    axum::Json(Stats {
        node: site.node.clone(),
        version: env!("CARGO_PKG_VERSION"),
        draining: site.is_draining(),
        sessions: levels.clients,
        connections: levels.connections,
        residents: broker.residents(),
        residents_max: broker.config().users,
        edges: broker.edges_used(),
        edges_max: broker.config().edges,
        marks_dropped: broker.marks_dropped(),
    })
}

pub(super) async fn channel(
    State(site): State<Arc<Site>>,
    _: Backend,
    InPath([kind, key]): InPath<2>,
) -> Result<axum::Json<Channel>, Problem> {
    match kind.as_str() {
        "user" => user_channel(&site, &key).await.map(Channel::User),
        "cell" => cell_channel(&site, &key).map(Channel::Cell),
        _ => Err(Problem::not_found(
            "a channel is that of a user or of a cell",
        )),
    }
    .map(axum::Json)
}

async fn user_channel(site: &Site, key: &str) -> Result<UserChannel, Problem> {
    let user = UserId::new(key).map_err(|error| Problem::field("key", error))?;
    let own = site.accounts.why(key, key).await?;
    Ok(UserChannel {
        user,
        sessions: own.viewer_sessions,
        located: own.viewer_located,
        active: own.subject_active,
        shares: own.subject_shares,
        approximate: own.subject_approximate,
        released: own.subject_released,
        open_to_strangers: own.subject_open,
        radius_m: own.radius_m,
    })
}

fn cell_channel(site: &Site, key: &str) -> Result<CellChannel, Problem> {
    let cell = Cell::parse(key).map_err(|error| Problem::field("key", error))?;
    let bounds = cell.bounds();
    let centre = cell.centre();
    let corners = [
        (bounds.south, bounds.west),
        (bounds.south, bounds.east),
        (bounds.north, bounds.west),
        (bounds.north, bounds.east),
    ];
    // The farthest corner, and what is between a corner and the outermost point of an edge.
    let radius_m = corners
        .iter()
        .filter_map(|&(lat, lon)| nearcast_grid::Position::new(lat, lon).ok())
        .map(|corner| distance_m(centre, corner) * 1.05)
        .fold(0.0, f64::max);
    let grid = cell.grid();
    let mut people = 0;
    let found = site
        .accounts
        .within(centre, radius_m, MOST_COUNTED, |person| {
            if let Person::Friend(friend) = person {
                people += usize::from(grid.cell_at(friend.position) == cell);
            }
        });
    Ok(CellChannel {
        cell: key.to_ascii_lowercase(),
        people,
        more: found >= MOST_COUNTED,
    })
}

pub(super) async fn snapshot(State(site): State<Arc<Site>>, _: Backend) -> axum::Json<Snapshot> {
    let counts = &site.metrics.snapshot;
    let now = counts.now(site.clock.now_ms());
    let (state, why, epoch) = match now.state {
        SnapshotState::Off => ("off", None, None),
        SnapshotState::Away(why) => ("away", Some(why), None),
        SnapshotState::Refused(why) => ("refused", Some(why), None),
        SnapshotState::Waiting(holder) => {
            let why = format!("another server writes there: {holder}");
            ("waiting", Some(why), None)
        }
        SnapshotState::Writing(epoch) => ("writing", None, Some(epoch)),
    };
    axum::Json(Snapshot {
        state,
        why,
        epoch,
        lag_ms: now.lag_ms,
        last_changes: now.last_changes,
        last_round_ms: now.last_round_ms,
        rounds: counts.rounds.get(()),
        changes: counts.changes.get(()),
        errors: counts.errors.get(()),
        restored: counts.restored.get(()),
        malformed: counts.malformed.get(()),
        expired: counts.expired.get(()),
        erased: counts.erased.get(()),
        pending_erasures: now.pending_erasures,
    })
}

pub(super) async fn why(
    State(site): State<Arc<Site>>,
    _: Backend,
    Query(pair): Query<Pair>,
) -> Result<axum::Json<Why>, Problem> {
    let Pair { viewer, subject } = pair;
    let reasons = site.accounts.why(viewer.as_str(), subject.as_str()).await?;
    let (viewers, subjects) = (
        site.accounts.opening(&viewer).await?,
        site.accounts.opening(&subject).await?,
    );
    let sessions = site.accounts.outlooks(viewer.as_str(), &subject).await;
    Ok(axum::Json(Why {
        viewer,
        subject,
        reasons,
        viewer_permitted: viewers.permitted,
        viewer_consents: viewers.consents,
        subject_permitted: subjects.permitted,
        subject_consents: subjects.consents,
        sessions,
    }))
}

/// Sessions are asked to leave; this and all other routes go on.
pub(super) async fn drain(
    State(site): State<Arc<Site>>,
    _: Backend,
) -> (StatusCode, axum::Json<Draining>) {
    if !site.draining.send_replace(true) {
        tracing::info!("draining: asked for over HTTP");
    }
    (
        StatusCode::ACCEPTED,
        axum::Json(Draining { draining: true }),
    )
}
