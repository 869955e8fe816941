//! What surrounds every request of a connection: limits, who asks, time, and the headers that
//! every answer has.

use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::MatchedPath;
use axum::response::IntoResponse;
use hyper::body::Incoming;
use hyper::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, HOST, HeaderMap, HeaderName, HeaderValue,
    REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::service::Service;
use hyper::{Request, Response, StatusCode};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::sleep;

use crate::metrics::Limit;

use super::door::{Door, Entry};
use super::patience::{Deadline, Patience, until_gone};
use super::peer::{Peer, Seat};
use super::problem::Problem;

/// Asked by who looks after the server, whose address may be everybody's.
const PROBES: [&str; 2] = ["/healthz", "/readyz"];
/// Answered at once after a start; all else when who was there before is back.
const AT_ONCE: [&str; 3] = ["/healthz", "/readyz", "/metrics"];
/// The route that becomes a WebSocket.
const SOCKET: &str = "/v1/ws";
/// What is counted of requests that no route has answered.
const NO_ROUTE: &str = "other";
/// Most bytes of a URL and of a whole head.
const MAX_URI: usize = 8 * 1024;
const MAX_HEAD: usize = 16 * 1024;

/// One connection's requests.
pub(super) struct Visit {
    pub(super) door: Arc<Door>,
    from: IpAddr,
    tls: bool,
    place: Place,
}

enum Place {
    Seated(Seat),
    Refused(
        Problem,
        #[expect(dead_code, reason = "held")] OwnedSemaphorePermit,
    ),
}

impl Visit {
    pub(super) fn new(door: Arc<Door>, from: IpAddr, tls: bool, entry: Entry) -> Self {
        let place = match entry {
            Entry::Seated(seat) => Place::Seated(seat),
            Entry::Refused(problem, permit) => Place::Refused(problem, permit),
        };
        Self {
            door,
            from,
            tls,
            place,
        }
    }

    pub(super) async fn answer(
        &self,
        request: Request<Incoming>,
        patience: Patience,
    ) -> Response<Body> {
        let times = self.door.times;
        // Twice: the answer also has to be taken.
        patience.renew(2 * times.request);
        let origin = self.door.origins.listed(request.headers());
        let is_local = is_localhost(request.headers());
        let method = request.method().clone();
        let mut response = match &self.place {
            Place::Refused(problem, _) => closing(problem.clone()),
            Place::Seated(seat) => self.respond(request, seat, &patience).await,
        };
        let route = response.extensions_mut().remove::<MatchedPath>();
        let route = route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
        let status = response.status();
        self.door.metrics.request(&method, route, status.as_u16());
        if status != StatusCode::SWITCHING_PROTOCOLS {
            dress(response.headers_mut(), self.tls && !is_local);
            self.door.origins.mark(origin, response.headers_mut());
        }
        response.map(|body| until_gone(body, patience, times.idle))
    }

    async fn respond(
        &self,
        request: Request<Incoming>,
        seat: &Seat,
        patience: &Patience,
    ) -> Response<Body> {
        if let Err(problem) = check_head(&request) {
            return closing(problem);
        }
        let door = &*self.door;
        let headers = request.headers();
        let peer = Peer::of(self.from, self.tls, headers, &door.proxies, seat.clone());
        let now = door.clock.now_ms();
        let is_probe = PROBES.contains(&request.uri().path());
        if !is_probe && let Err(after_ms) = door.addresses.request(peer.address, now) {
            return self.too_fast(Limit::RequestsPerAddress, after_ms);
        }
        if let Some(answer) = door.origins.preflight(request.method(), headers) {
            return answer;
        }
        if *door.restoring.borrow() && !AT_ONCE.contains(&request.uri().path()) {
            return Problem::restoring().into_response();
        }
        if let Some(upgrade) = door
            .upgrade
            .as_ref()
            .filter(|_| request.uri().path() == SOCKET)
        {
            if !door.origins.admits(headers) {
                return Problem::new(
                    StatusCode::FORBIDDEN,
                    "pages of this origin may not open sessions; see `http.origins`",
                )
                .into_response();
            }
            if let Err(after_ms) = door.addresses.handshake(peer.address, now) {
                return self.too_fast(Limit::HandshakesPerAddress, after_ms);
            }
            if let Err(full) = seat.belongs_to(peer.address) {
                return closing(door.too_many(full));
            }
            let mut answer = upgrade(request, peer).await;
            if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
                // It is counted by its client, and a proxy would send others' requests over it.
                close(&mut answer);
            }
            return answer;
        }
        self.route(request, peer, patience.clone()).await
    }

    fn too_fast(&self, limit: Limit, after_ms: u64) -> Response<Body> {
        self.door.metrics.limits.one(limit);
        let problem = Problem::later(
            StatusCode::TOO_MANY_REQUESTS,
            &limit.sentence(),
            after_ms.div_ceil(1000),
        );
        problem.into_response()
    }

    async fn route(
        &self,
        mut request: Request<Incoming>,
        peer: Peer,
        patience: Patience,
    ) -> Response<Body> {
        let alarm = pin!(sleep(self.door.times.request));
        let extensions = request.extensions_mut();
        extensions.insert(Deadline(alarm.deadline()));
        extensions.insert(patience);
        extensions.insert(peer);
        let answer = self.door.router.call(request);
        // A change that has begun is done to its end by the accounts, waited for or not.
        tokio::select! {
            biased;
            Ok(response) = answer => response,
            () = alarm => closing(Problem::later(
                StatusCode::SERVICE_UNAVAILABLE,
                "this took too long; it may be done all the same",
                1,
            )),
        }
    }
}

/// A head that is longer than it may be.
fn check_head(request: &Request<Incoming>) -> Result<(), Problem> {
    let uri = request.uri().path_and_query();
    let uri = uri.map_or(0, |uri| uri.as_str().len());
    if uri > MAX_URI {
        return Err(Problem::new(
            StatusCode::URI_TOO_LONG,
            format!("a URL has at most {MAX_URI} bytes"),
        ));
    }
    let headers = request.headers().iter();
    // With the colon, the blank and the end of the line.
    let head: usize = headers
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum();
    if uri + head > MAX_HEAD {
        return Err(Problem::new(
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            format!("a head has at most {MAX_HEAD} bytes"),
        ));
    }
    Ok(())
}

/// The last answer of its connection.
fn closing(problem: Problem) -> Response<Body> {
    let mut response = problem.into_response();
    close(&mut response);
    response
}

fn close(response: &mut Response<Body>) {
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(CONNECTION, close);
}

/// A browser keeps what it is told of TLS for the name, so for all ports of its own machine.
fn is_localhost(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let name = host.and_then(|host| host.split(':').next());
    name.is_some_and(|name| name.eq_ignore_ascii_case("localhost"))
}

/// What browsers are told about every answer that does not say otherwise.
fn dress(headers: &mut HeaderMap, is_strict: bool) {
    const ALWAYS: [(HeaderName, &str); 4] = [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
    ];
    for (name, value) in ALWAYS {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    if is_strict {
        headers
            .entry(STRICT_TRANSPORT_SECURITY)
            .or_insert(HeaderValue::from_static("max-age=31536000"));
    }
}
