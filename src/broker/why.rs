//! Why somebody does not see somebody: every condition of the truth with its value.

use nearcast_grid::distance_m;

use super::view::margin_m;
use super::worker::{Denied, Worker};
use super::world::Being;

/// What decides whether `viewer` may see `subject`, for operators.
#[derive(Clone, Debug, PartialEq)]
pub struct Reasons {
    pub friends: bool,
    pub blocked: bool,
    /// The viewer has said where she is.
    pub viewer_located: bool,
    pub viewer_sessions: usize,
    /// The largest of her sessions; no session: none.
    pub radius_m: Option<f32>,
    pub margin_m: Option<f64>,
    pub subject_active: bool,
    pub subject_shares: bool,
    pub subject_approximate: bool,
    /// Approximate, and a cell has been released.
    pub subject_released: bool,
    /// As it is shown, if both are somewhere.
    pub distance_m: Option<f64>,
    /// The viewer's first session has her in view.
    pub in_view: bool,
    /// A look at the pair waits on its edge: the session could take no frame, or marks were too many.
    pub marked: bool,
    pub viewer_open: bool,
    pub subject_open: bool,
    pub same_pool: bool,
}

impl Worker {
    pub fn why(&mut self, viewer: &str, subject: &str) -> Result<Reasons, Denied> {
        self.reading(|worker| {
            let broker = &*worker.broker;
            let (viewer, subject) = (broker.slot(viewer)?, broker.slot(subject)?);
            let (from, to) = (
                broker.world.resident(viewer),
                broker.world.resident(subject),
            );
            let (a, b) = (from.flags.get(), to.flags.get());
            let word = broker.channels.find(&from.channel, subject);
            let edge = word.map(super::channel::Edge::read);
            let has = |flag| edge.is_some_and(|edge| edge.has(flag));
            let sees = a.any(Being::HOME | Being::MULTI);
            let eye = broker.eye(viewer);
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
                in_view: has(super::channel::Edge::SHOWN),
                marked: has(super::channel::Edge::MARKED),
                viewer_open: a.is(Being::OPEN),
                subject_open: b.is(Being::OPEN),
                same_pool: broker.streets.same_pool(viewer, subject),
            })
        })
    }
}
