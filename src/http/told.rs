//! What a request tells: its body and its query, and how JSON and queries are read: strictly.
//!
//! A fault names the field. Unknown fields are ignored; a body is never larger than `http.max_body`
//! and never waited for longer than the request's time.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body as _;
use hyper::header::{CONTENT_TYPE, HeaderMap};
use hyper::http::request::Parts;
use hyper::{StatusCode, Uri};
use serde::de::DeserializeOwned;

use super::patience::Deadline;
use super::problem::Problem;
use super::site::Site;
use crate::wire::Object;

/// The bytes of a JSON body.
pub(super) struct Whole(pub(super) Vec<u8>);

/// A query string.
pub(super) struct Query<T>(pub(super) T);

/// Reads an object; the sentence names field and fault.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let Object(value) = serde_path_to_error::deserialize(&mut json).map_err(sentence)?;
    match json.end() {
        Ok(()) => Ok(value),
        Err(_) => Err("malformed JSON: more than one value".to_owned()),
    }
}

/// The same from JSON that was read already.
pub(super) fn read_value<T: DeserializeOwned>(value: &serde_json::Value) -> Result<T, String> {
    let read = serde_path_to_error::deserialize::<_, Object<T>>(value);
    read.map(|Object(value)| value).map_err(sentence)
}

fn sentence(error: serde_path_to_error::Error<serde_json::Error>) -> String {
    let path = crate::wire::short(&error.path().to_string());
    let error = error.into_inner();
    let said = error.to_string();
    // serde_json counts a number that no f64 holds as syntax.
    let value = error.is_data() || said.starts_with("number out of range");
    let end = said.rfind(" at line ").filter(|_| value);
    let short = crate::wire::short(&said[..end.unwrap_or(said.len())]);
    match (value, path.as_str()) {
        (true, ".") => short,
        (true, path) => format!("{path}: {short}"),
        (false, _) => format!("malformed JSON: {short}"),
    }
}

/// Reads the query of a URL; the sentence names field and fault.
pub(super) fn read_query<T: DeserializeOwned>(uri: &Uri) -> Result<T, Problem> {
    axum::extract::Query::try_from_uri(uri)
        .map(|axum::extract::Query(value)| value)
        .map_err(|error| {
            let sentence = error.body_text();
            let plain = sentence.strip_prefix("Failed to deserialize query string: ");
            Problem::bad(format_args!(
                "query: {}",
                crate::wire::short(plain.unwrap_or(&sentence))
            ))
        })
}

/// Whether the content type is one of these; a request without one is believed.
pub(super) fn expect_type(headers: &HeaderMap, accepted: &[&str]) -> Result<(), Problem> {
    let Some(value) = headers.get(CONTENT_TYPE) else {
        return Ok(());
    };
    let text = value.to_str().unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim();
    if accepted
        .iter()
        .any(|name| essence.eq_ignore_ascii_case(name))
    {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        format!("the body has to be {}", accepted.join(" or ")),
    ))
}

async fn whole(body: Body, most: usize, deadline: Option<Deadline>) -> Result<Vec<u8>, Problem> {
    let too_large = || {
        Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("a body has at most {most} bytes"),
        )
    };
    if body.size_hint().lower() > most as u64 {
        return Err(too_large());
    }
    let collect = Limited::new(body, most).collect();
    let collected = match deadline {
        Some(Deadline(at)) => tokio::time::timeout_at(at, collect).await,
        None => Ok(collect.await),
    };
    match collected {
        Ok(Ok(body)) => Ok(body.to_bytes().into()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(Problem::bad("the body ended early")),
        Err(_) => Err(Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "the body did not come in time",
        )),
    }
}

impl FromRequest<Arc<Site>> for Whole {
    type Rejection = Problem;

    async fn from_request(request: Request, site: &Arc<Site>) -> Result<Self, Problem> {
        expect_type(request.headers(), &["application/json"])?;
        let deadline = request.extensions().get::<Deadline>().copied();
        let most = site.config.http.max_body;
        whole(request.into_body(), most, deadline).await.map(Self)
    }
}

impl<T: DeserializeOwned> FromRequestParts<Arc<Site>> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Site>) -> Result<Self, Problem> {
        read_query(&parts.uri).map(Self)
    }
}

/// For a field that may be absent, or `null` to take away what is there.
pub(super) fn nullable<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: serde::Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    serde::Deserialize::deserialize(deserializer).map(Some)
}
