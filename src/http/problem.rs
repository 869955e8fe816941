//! Errors as their readers get them: `application/problem+json` with a sentence to act on.
//!
//! A sentence never says whether somebody else exists.

use std::fmt;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use serde::Serialize;

use crate::accounts::Refusal;
use crate::auth::Rejected;
use crate::wire::Wrong;

/// An answer that is an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    detail: String,
    retry_after_s: Option<u64>,
}

/// As RFC 9457 has it; `about:blank` says that the status is all there is to the type.
#[derive(Serialize)]
struct Document<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: &'a str,
}

impl Problem {
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            retry_after_s: None,
        }
    }

    /// The request itself is wrong.
    pub(super) fn bad(detail: impl fmt::Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail.to_string())
    }

    /// A field of it is.
    pub(super) fn field(name: &str, problem: impl fmt::Display) -> Self {
        Self::bad(format_args!("{name}: {problem}"))
    }

    pub(super) fn forbidden(detail: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    pub(super) fn not_found(detail: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// To be tried again later.
    pub(super) fn later(status: StatusCode, detail: &str, after_s: u64) -> Self {
        Self {
            retry_after_s: Some(after_s.max(1)),
            ..Self::new(status, detail)
        }
    }

    pub(super) fn restoring() -> Self {
        Self::later(
            StatusCode::SERVICE_UNAVAILABLE,
            "the server has just started and restores positions",
            1,
        )
    }

    /// The sentence.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

impl From<Wrong> for Problem {
    fn from(wrong: Wrong) -> Self {
        Self::bad(wrong)
    }
}

impl From<Rejected> for Problem {
    fn from(rejected: Rejected) -> Self {
        let detail = match rejected {
            Rejected::Expired => "the token has expired",
            Rejected::Invalid => "the credential is not valid",
        };
        Self::new(StatusCode::UNAUTHORIZED, detail)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Denied => Self::forbidden("not allowed, or not with this person"),
            Refusal::NotFound => Self::not_found("there is no such user, or no such alias"),
            Refusal::Conflict => Self::new(StatusCode::CONFLICT, "one of the two blocks the other"),
            Refusal::Bad(sentence) => Self::bad(sentence),
            Refusal::TooMany { limit, after_s } => {
                Self::later(StatusCode::TOO_MANY_REQUESTS, &limit.sentence(), after_s)
            }
            Refusal::Unavailable => Self::later(
                StatusCode::SERVICE_UNAVAILABLE,
                "this cannot be done at the moment",
                1,
            ),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let document = Document {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.detail,
        };
        let body = serde_json::to_vec(&document).expect("texts and a number are JSON");
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(after_s) = self.retry_after_s {
            headers.insert(RETRY_AFTER, HeaderValue::from(after_s));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
