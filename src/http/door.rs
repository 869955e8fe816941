//! The door of one listener: whom it lets in, with which times, and what answers behind it.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};
use hyper_util::service::TowerToHyperService;
use ipnet::IpNet;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::clock::Clock;
use crate::config::Http;
use crate::limits::{Addresses, Full};
use crate::metrics::{Limit, Metrics};

use super::cors::Origins;
use super::peer::{Peer, Seat};
use super::problem::Problem;
use super::routes::{Part, router};
use super::site::Site;
use super::tls::Certificate;

/// Who takes a request for `/v1/ws`: judges it, answers it, and keeps the connection and the
/// peer's seat if that is to live on.
pub type Upgrade = Arc<
    dyn Fn(Request<Incoming>, Peer) -> Pin<Box<dyn Future<Output = Response<Body>> + Send>>
        + Send
        + Sync,
>;

/// Connections beyond the limits that are answered so at one time; more are closed without a word.
const REFUSALS: usize = 64;
/// Seconds after which a refused client may try again.
const RETRY_AFTER_S: u64 = 5;

pub struct Door {
    pub(super) router: TowerToHyperService<Router>,
    pub(super) upgrade: Option<Upgrade>,
    pub(super) certificate: Option<Arc<Certificate>>,
    pub(super) addresses: Arc<Addresses>,
    pub(super) proxies: Vec<IpNet>,
    pub(super) origins: Origins,
    pub(super) clock: Clock,
    pub(super) metrics: Arc<Metrics>,
    pub(super) times: Times,
    pub(super) restoring: watch::Receiver<bool>,
    /// How long stopping waits for requests.
    pub(super) grace: Duration,
    refusals: Arc<Semaphore>,
}

/// How long what is waited for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    /// The first head, and a TLS handshake.
    pub(super) head: Duration,
    /// A request, from its head to its answer.
    pub(super) request: Duration,
    /// The next head.
    pub(super) idle: Duration,
}

/// How a connection comes in.
pub(super) enum Entry {
    Seated(Seat),
    /// It is told why it may not, and closed.
    Refused(Problem, OwnedSemaphorePermit),
}

impl Times {
    fn of(http: &Http) -> Self {
        Self {
            head: Duration::from_secs(http.head_s),
            request: Duration::from_secs(http.request_s),
            idle: Duration::from_secs(http.idle_s),
        }
    }
}

impl Door {
    pub fn new(
        site: &Arc<Site>,
        part: Part,
        addresses: Arc<Addresses>,
        upgrade: Option<Upgrade>,
        certificate: Option<Arc<Certificate>>,
    ) -> Arc<Self> {
        let http = &site.config.http;
        Arc::new(Self {
            router: TowerToHyperService::new(router(Arc::clone(site), part)),
            upgrade,
            certificate,
            addresses,
            proxies: site.config.trusted_proxies(),
            origins: Origins::new(&http.origins),
            clock: site.clock,
            metrics: Arc::clone(&site.metrics),
            times: Times::of(http),
            restoring: site.restoring.clone(),
            grace: Duration::from_secs(site.config.drain.grace_s),
            refusals: Arc::new(Semaphore::new(REFUSALS)),
        })
    }

    /// None: too many already wait to be refused.
    pub(super) fn admit(&self, from: IpAddr) -> Option<Entry> {
        match self.addresses.connect(from) {
            Ok(connection) => Some(Entry::Seated(Seat::new(connection))),
            Err(full) => {
                let problem = self.too_many(full);
                let permit = Arc::clone(&self.refusals).try_acquire_owned().ok()?;
                Some(Entry::Refused(problem, permit))
            }
        }
    }

    /// What a connection beyond the limits is told.
    pub(super) fn too_many(&self, full: Full) -> Problem {
        self.metrics.limits.one(match full {
            Full::Connections => Limit::Connections,
            Full::ConnectionsPerAddress => Limit::ConnectionsPerAddress,
            Full::Addresses => Limit::Addresses,
        });
        match full {
            Full::ConnectionsPerAddress => Problem::later(
                StatusCode::TOO_MANY_REQUESTS,
                "this address has as many connections as one may have",
                RETRY_AFTER_S,
            ),
            Full::Connections | Full::Addresses => Problem::later(
                StatusCode::SERVICE_UNAVAILABLE,
                "the server has as many connections as it takes",
                RETRY_AFTER_S,
            ),
        }
    }
}
