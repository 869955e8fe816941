//! Every route with its methods, and what each answer has around it.

use std::sync::Arc;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post, put};
use hyper::{Method, StatusCode, Uri};

use super::problem::Problem;
use super::site::Site;
use super::{
    admin, aliases, blocks, friends, gateway, health, import, nearby, openapi, position, reports,
    sharing, users,
};

/// Which part of the routes a listener has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Everything,
    /// Without operations: they are on a listener of their own.
    Public,
    Operations,
}

type Route = (&'static str, MethodRouter<Arc<Site>>);

/// What apps and their backends use.
fn public() -> Vec<Route> {
    vec![
        (
            "/v1/users/{id}",
            get(users::read).put(users::write).delete(users::erase),
        ),
        ("/v1/users/{id}/export", get(users::export)),
        (
            "/v1/users/{id}/sharing",
            get(sharing::read).put(sharing::write),
        ),
        ("/v1/users/{id}/friends", get(friends::list)),
        (
            "/v1/users/{id}/friends/{friend}",
            put(friends::make).delete(friends::end),
        ),
        ("/v1/users/{id}/requests", get(friends::requests)),
        ("/v1/users/{id}/blocks", get(blocks::list)),
        (
            "/v1/users/{id}/blocks/{other}",
            put(blocks::make).delete(blocks::end),
        ),
        ("/v1/users/{id}/nearby", get(nearby::nearby)),
        ("/v1/users/{id}/position", post(position::report)),
        ("/v1/within", get(nearby::within)),
        ("/v1/import", post(import::import)),
        ("/v1/aliases/resolve", post(aliases::resolve)),
        ("/v1/reports", get(reports::list)),
        ("/v1/gateway", get(gateway::gateway)),
        ("/openapi.json", get(openapi::document)),
    ]
}

/// What operators and their tools use.
fn operations() -> Vec<Route> {
    vec![
        ("/metrics", get(health::counts)),
        ("/v1/admin/stats", get(admin::stats)),
        ("/v1/admin/channels/{kind}/{key}", get(admin::channel)),
        ("/v1/admin/why", get(admin::why)),
        ("/v1/admin/snapshot", get(admin::snapshot)),
        ("/v1/admin/drain", post(admin::drain)),
    ]
}

/// What a balancer asks, on every listener.
fn health() -> Vec<Route> {
    vec![
        ("/healthz", get(health::alive)),
        ("/readyz", get(health::ready)),
    ]
}

fn listed(part: Part) -> Vec<Route> {
    let mut routes = health();
    if part != Part::Operations {
        routes.extend(public());
    }
    if part != Part::Public {
        routes.extend(operations());
    }
    routes
}

pub(super) fn router(site: Arc<Site>, part: Part) -> Router {
    listed(part)
        .into_iter()
        .fold(Router::new(), |router, (path, methods)| {
            router.route(path, methods)
        })
        .route_layer(from_fn(name))
        .fallback(unknown)
        .method_not_allowed_fallback(not_allowed)
        .with_state(site)
}

/// Says on the answer which route gave it, for those who count.
async fn name(path: MatchedPath, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.extensions_mut().insert(path);
    response
}

async fn unknown(uri: Uri) -> Problem {
    let path = crate::wire::short(uri.path());
    Problem::new(StatusCode::NOT_FOUND, format!("there is no route {path}"))
}

async fn not_allowed(method: Method, request: Request) -> Problem {
    let path = crate::wire::short(request.uri().path());
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        format!("{path} takes no {method}"),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use hyper::header::ALLOW;
    use hyper::service::Service;
    use hyper_util::service::TowerToHyperService;

    use super::*;

    /// What a route allows, without the HEAD that comes with each GET.
    async fn methods(route: MethodRouter) -> BTreeSet<String> {
        let service = TowerToHyperService::new(route);
        let request = hyper::Request::builder()
            .method(Method::TRACE)
            .body(axum::body::Body::empty())
            .unwrap();
        let answer = service.call(request).await.unwrap();
        let allow = answer.headers()[ALLOW].to_str().unwrap().to_lowercase();
        let methods = allow.split(',').filter(|method| *method != "head");
        methods.map(str::to_owned).collect()
    }

    #[tokio::test]
    async fn the_document_has_every_route_with_every_method_and_no_other() {
        let document: serde_json::Value = serde_json::from_str(openapi::DOCUMENT).unwrap();
        let documented: BTreeSet<(String, String)> = document["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, item)| {
                let keys = item.as_object().unwrap().keys();
                keys.filter(|key| *key != "parameters")
                    .map(|method| (path.clone(), method.clone()))
            })
            .collect();
        let site = Site::of_nobody().await;
        let mut routed = BTreeSet::new();
        for (path, route) in listed(Part::Everything) {
            for method in methods(route.with_state(Arc::clone(&site))).await {
                routed.insert((path.to_owned(), method));
            }
        }
        assert_eq!(documented, routed);
    }
}
