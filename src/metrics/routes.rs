//! Requests by route, method and status: as many routes as the router has, and no more.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::Method;

/// More than the router has; what comes beyond is counted as `other`.
const MOST_ROUTES: usize = 256;
const OTHER: &str = "other";

type Answers = BTreeMap<(&'static str, u16), u64>;

#[derive(Debug, Default)]
pub(super) struct Routes(Mutex<BTreeMap<String, Answers>>);

impl Routes {
    pub(super) fn answered(&self, method: &Method, route: &str, status: u16) {
        let mut routes = self.lock();
        let full = routes.len() >= MOST_ROUTES && !routes.contains_key(route);
        let route = if full { OTHER } else { route };
        if !routes.contains_key(route) {
            routes.insert(route.to_owned(), Answers::new());
        }
        if let Some(answers) = routes.get_mut(route) {
            *answers.entry((known(method), status)).or_default() += 1;
        }
    }

    pub(super) fn each(&self, mut each: impl FnMut(&str, &str, u16, u64)) {
        for (route, answers) in &*self.lock() {
            for ((method, status), count) in answers {
                each(route, method, *status, *count);
            }
        }
    }

    /// A panic while it was held leaves counts behind, each whole.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Answers>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A client can send any word as a method.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => OTHER,
    }
}
