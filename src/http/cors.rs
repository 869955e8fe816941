//! Which web pages may use REST: none but those whose origin is listed in `http.origins`. Those of
//! the same host may open sessions too.

use axum::body::Body;
use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HOST,
    HeaderMap, HeaderValue, ORIGIN, VARY,
};
use hyper::{Method, Response, StatusCode};

/// The list; empty: no page of another origin.
#[derive(Clone, Debug)]
pub(super) struct Origins(Vec<String>);

impl Origins {
    pub(super) fn new(listed: &[String]) -> Self {
        Self(listed.to_vec())
    }

    /// The origin of a request, if it is listed.
    pub(super) fn listed(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = only(headers)?;
        let text = origin.to_str().ok()?;
        self.0
            .iter()
            .any(|listed| listed.eq_ignore_ascii_case(text))
            .then(|| origin.clone())
    }

    /// Whether who asks may open a session: a program, a page of the server's own host, or one of
    /// a listed origin. Browsers do not ask before they open a WebSocket.
    pub(super) fn admits(&self, headers: &HeaderMap) -> bool {
        if !headers.contains_key(ORIGIN) {
            return true;
        }
        let Some(origin) = only(headers) else {
            return false;
        };
        let own = headers.get(HOST).and_then(|host| host.to_str().ok());
        let host = origin.to_str().ok().and_then(|text| text.split_once("://"));
        let is_own = match (own, host) {
            (Some(own), Some((_, host))) => own.eq_ignore_ascii_case(host),
            _ => false,
        };
        is_own || self.listed(headers).is_some()
    }

    /// The answer to a browser that asks before it sends, if this is such a question.
    pub(super) fn preflight(&self, method: &Method, headers: &HeaderMap) -> Option<Response<Body>> {
        let asks = method == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        if !asks || self.listed(headers).is_none() {
            return None;
        }
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let answers = [
            (ACCESS_CONTROL_ALLOW_METHODS, "GET, PUT, POST, DELETE"),
            (ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type"),
            (ACCESS_CONTROL_MAX_AGE, "600"),
        ];
        for (name, value) in answers {
            response
                .headers_mut()
                .insert(name, HeaderValue::from_static(value));
        }
        Some(response)
    }

    /// Says on an answer which origin may read it.
    pub(super) fn mark(&self, origin: Option<HeaderValue>, answer: &mut HeaderMap) {
        if self.0.is_empty() {
            return;
        }
        // Caches keep the answers to different origins apart.
        answer.append(VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = origin {
            answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            answer.insert(
                ACCESS_CONTROL_EXPOSE_HEADERS,
                HeaderValue::from_static("retry-after, www-authenticate"),
            );
        }
    }
}

/// The origin that a request names. A browser names one; of two, neither is to be believed.
fn only(headers: &HeaderMap) -> Option<&HeaderValue> {
    let mut named = headers.get_all(ORIGIN).iter();
    named.next().filter(|_| named.next().is_none())
}
