//! Who is near: for a user as a new session would see it, for the backend in any circle.
//!
//! People are written by the encoder of the socket's frames, byte for byte.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use serde::Deserialize;

use crate::broker::Page;
use crate::wire::{DEFAULT_LIMIT, Mode, Person, Wrong, bounds, put_person_json};

use super::caller::{Backend, Owner};
use super::problem::Problem;
use super::site::Site;
use super::told::Query;

/// People in one answer of `within`.
const WITHIN_LIMIT: std::ops::RangeInclusive<u32> = 1..=1000;
const WITHIN_DEFAULT: u32 = 100;
/// Half of the earth's circumference: farther away is nobody.
const WITHIN_RADIUS_M: std::ops::RangeInclusive<f64> = 1.0..=20_100_000.0;

#[derive(Debug, Deserialize)]
pub(super) struct Near {
    mode: Option<Mode>,
    cursor: Option<String>,
    limit: Option<u32>,
    radius_m: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Circle {
    lat: Option<f64>,
    lon: Option<f64>,
    radius_m: Option<f64>,
    limit: Option<u32>,
}

/// `"people":[…]`, as they come.
struct People(Vec<u8>);

impl People {
    /// Behind what stands before the list.
    fn after(head: &str) -> Self {
        Self(format!("{head}\"people\":[").into_bytes())
    }

    fn add(&mut self, person: &Person<'_>) {
        if self.0.last() != Some(&b'[') {
            self.0.push(b',');
        }
        put_person_json(&mut self.0, person);
    }

    /// With what stands behind the list.
    fn answer(mut self, tail: &str) -> Response {
        self.0.push(b']');
        self.0.extend_from_slice(tail.as_bytes());
        let mut response = Response::new(Body::from(self.0));
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}

pub(super) async fn nearby(
    State(site): State<Arc<Site>>,
    owner: Owner,
    Query(near): Query<Near>,
) -> Result<Response, Problem> {
    let mode = near.mode.unwrap_or(Mode::Friends);
    let limit = bounds::limit(near.limit)?.unwrap_or(DEFAULT_LIMIT);
    let radius_m = bounds::radius_m(near.radius_m)?.unwrap_or(site.config.friends.radius_m);
    let cursor = near.cursor.map(|text| bounds::opaque("cursor", text));
    let cursor = cursor.transpose()?;
    let page = Page {
        id: None,
        cursor: cursor.as_deref(),
        limit: limit as usize,
    };
    let mut people = People::after(&format!("{{\"mode\":\"{mode}\","));
    let paged = site
        .accounts
        .nearby(&owner.user, mode, radius_m as f32, &page, |person| {
            people.add(person);
        })
        .await?;
    let next = paged.next.map_or_else(String::new, |next| {
        format!(",\"next\":{}", serde_json::Value::from(next))
    });
    Ok(people.answer(&format!("{next},\"total\":{}}}", paged.total)))
}

pub(super) async fn within(
    State(site): State<Arc<Site>>,
    _: Backend,
    Query(circle): Query<Circle>,
) -> Result<Response, Problem> {
    let centre = bounds::position(circle.lat, circle.lon)?;
    let radius_m = circle.radius_m.ok_or_else(|| Wrong::missing("radius_m"))?;
    bounds::within("radius_m", radius_m, &WITHIN_RADIUS_M)?;
    let limit = circle.limit.unwrap_or(WITHIN_DEFAULT);
    bounds::within("limit", limit, &WITHIN_LIMIT)?;
    let mut people = People::after("{");
    site.accounts
        .within(centre, radius_m, limit as usize, |person| {
            people.add(person)
        });
    Ok(people.answer("}"))
}
