//! Who is near: for a user as a new session would see it, for the backend in any circle.
//!
//! People are written by the encoder of the socket's frames, byte for byte.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use hyper::Uri;
use hyper::header::{CONTENT_TYPE, HeaderValue};

use crate::broker::Page;
use crate::wire::{Person, put_person_json};

use super::caller::{Backend, Owner};
use super::problem::Problem;
use super::said;
use super::site::Site;

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
    uri: Uri,
) -> Result<Response, Problem> {
    let near = said::nearby(&uri)?;
    let mode = near.mode;
    let radius_m = near.radius_m.unwrap_or(site.config.friends.radius_m);
    let page = Page {
        id: None,
        cursor: near.cursor.as_deref(),
        limit: near.limit as usize,
    };
    let mut people = People::after(&format!("{{\"mode\":\"{mode}\","));
    let paged = site
        .accounts
        .nearby(
            &owner.user,
            owner.claims(),
            mode,
            radius_m as f32,
            &page,
            |person| {
                people.add(person);
            },
        )
        .await?;
    let next = paged.next.map_or_else(String::new, |next| {
        format!(",\"next\":{}", serde_json::Value::from(next))
    });
    Ok(people.answer(&format!("{next},\"total\":{}}}", paged.total)))
}

pub(super) async fn within(
    State(site): State<Arc<Site>>,
    _: Backend,
    uri: Uri,
) -> Result<Response, Problem> {
    let said::Circle {
        centre,
        radius_m,
        limit,
    } = said::within(&uri)?;
    let mut people = People::after("{");
    site.accounts
        .within(centre, radius_m, limit as usize, |person| {
            people.add(person)
        });
    Ok(people.answer("}"))
}
