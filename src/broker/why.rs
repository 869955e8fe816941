//! Why somebody does not see somebody: every condition of the truth with its value.

use nearcast_grid::distance_m;
use serde::Serialize;

use super::Broker;
use super::channel::Edge;
use super::session::{Has, SessionId};
use super::slot::Slot;
use super::strangers::Hearing;
use super::view::margin_m;
use super::worker::{Denied, Worker};
use super::world::Being;

/// What decides whether `viewer` may see `subject`, for operators.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reasons {
    pub friends: bool,
    pub blocked: bool,
    /// The viewer has said where she is.
    pub viewer_located: bool,
    pub viewer_sessions: usize,
    /// The largest of her sessions; no session: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub radius_m: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub margin_m: Option<f64>,
    pub subject_active: bool,
    pub subject_shares: bool,
    pub subject_approximate: bool,
    /// Approximate, and a cell has been released.
    pub subject_released: bool,
    /// As it is shown, if both are somewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance_m: Option<f64>,
    /// The viewer's first session has her in view.
    pub in_view: bool,
    /// A look at the pair waits on its edge: the session could take no frame, or marks were too many.
    pub marked: bool,
    pub viewer_open: bool,
    pub subject_open: bool,
    pub same_pool: bool,
    /// They were friends, or one had blocked the other, and aliases have not changed since.
    pub just_parted: bool,
    #[serde(flatten)]
    pub hearing: Hearing,
}

/// What one session of the viewer makes of the subject.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outlook {
    /// Its modes.
    pub friends: bool,
    pub strangers: bool,
    pub radius_m: f32,
    /// It has not unfollowed her.
    pub follows: bool,
    /// She is in its view, as a friend or as a stranger.
    pub shows: bool,
    /// Its client is away and may resume.
    pub suspended: bool,
}

impl Worker {
    pub fn why(&mut self, viewer: &str, subject: &str, now: u64) -> Result<Reasons, Denied> {
        self.reading(|worker| {
            let broker = &*worker.broker;
            let (viewer, subject) = (broker.slot(viewer)?, broker.slot(subject)?);
            let (from, to) = (
                broker.world.resident(viewer),
                broker.world.resident(subject),
            );
            let (a, b) = (from.flags.get(), to.flags.get());
            let edge = broker.edge(viewer, subject);
            let has = |flag| edge.is_some_and(|edge| edge.has(flag));
            let sees = a.any(Being::HOME | Being::MULTI);
            let eye = broker.eye(viewer);
            let number = worker.number_of(viewer);
            Ok(Reasons {
                friends: broker.are_friends(viewer, subject),
                blocked: broker.streets.blocked(&broker.world, viewer, subject),
                viewer_located: a.is(Being::LOCATED),
                viewer_sessions: broker.sessions_of(viewer).len(),
                radius_m: sees.then(|| from.radius_m()),
                margin_m: sees.then(|| margin_m(from.radius_m())),
                subject_active: b.is(Being::ACTIVE),
                subject_shares: b.is(Being::SHARES),
                subject_approximate: b.is(Being::VEILED),
                subject_released: b.is(Being::RELEASED),
                distance_m: eye
                    .filter(|_| b.visible())
                    .map(|eye| distance_m(eye, to.position())),
                in_view: has(Edge::SHOWN),
                marked: has(Edge::MARKED),
                viewer_open: a.is(Being::OPEN),
                subject_open: b.is(Being::OPEN),
                same_pool: broker.streets.same_pool(viewer, subject),
                just_parted: {
                    let other = worker.number_of(subject);
                    broker.streets.are_just_parted(number, other, now)
                },
                hearing: broker.streets.hearing(number, subject),
            })
        })
    }

    /// For a session of this worker's.
    pub fn outlook(&mut self, session: SessionId, subject: &str) -> Result<Outlook, Denied> {
        self.reading(|worker| {
            let broker = &*worker.broker;
            let (viewer, live) = worker.sessions.named(session).ok_or(Denied::Ended)?;
            let subject = broker.slot(subject)?;
            let edge = broker.edge(viewer, subject);
            let shows_friend =
                live.has.is(Has::FIRST) && edge.is_some_and(|edge| edge.has(Edge::SHOWN));
            let beside = live
                .aside
                .as_ref()
                .is_some_and(|aside| aside.own.shows(subject) || aside.crowd.shows(subject));
            Ok(Outlook {
                friends: live.has.is(Has::FRIENDS),
                strangers: live.has.is(Has::STRANGERS),
                radius_m: live.radius_m,
                follows: !broker.hides(live, subject),
                shows: shows_friend || beside,
                suspended: live.has.is(Has::SUSPENDED),
            })
        })
    }
}

impl Broker {
    fn edge(&self, viewer: Slot, subject: Slot) -> Option<Edge> {
        let channel = &self.world.resident(viewer).channel;
        self.channels.find(channel, subject).map(Edge::read)
    }
}
