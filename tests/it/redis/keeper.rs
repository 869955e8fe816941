//! A server that keeps positions in a Redis of the test, and what is asked of it.

use std::path::Path;

use serde_json::Value;

use crate::abuse::backend::Backend;
use crate::abuse::process::Process;
use crate::server::fresh_dir;

use super::store::{Redis, Waiting, until};

/// A round every tenth of a second.
const USUAL: [(&str, &str); 2] = [("SNAPSHOT_EVERY_MS", "100"), ("SNAPSHOT_LEASE_MS", "600")];

/// What cannot be erased now is soon said to be pending.
pub(super) const SOON: (&str, &str) = ("SNAPSHOT_ERASE_WAIT_MS", "500");

pub(super) struct Keeper {
    pub(super) process: Process,
    pub(super) backend: Backend,
}

impl Keeper {
    pub(super) async fn of(redis: &Redis) -> Self {
        Self::with(&redis.url(), &fresh_dir(), &[]).await
    }

    pub(super) async fn again(redis: &Redis, data: &Path) -> Self {
        Self::with(&redis.url(), data, &[]).await
    }

    pub(super) async fn with(url: &str, data: &Path, more: &[(&str, &str)]) -> Self {
        let mut keeper = Self::started(url, data, more).await;
        keeper.is_ready().await;
        keeper
    }

    /// Not yet ready, perhaps.
    pub(super) async fn started(url: &str, data: &Path, more: &[(&str, &str)]) -> Self {
        let mut settings = vec![("SNAPSHOT_REDIS_URL", url)];
        settings.extend(USUAL);
        settings.extend(more);
        let process = Process::at(data, &settings);
        let backend = Backend::of(&process).await;
        Self { process, backend }
    }

    pub(super) async fn is_ready(&mut self) -> Value {
        let waiting = Waiting::begins();
        loop {
            let answer = self.backend.ask("GET", "/readyz", "").await;
            match answer.status {
                200 => return answer.json(),
                503 => waiting.goes_on("it is ready").await,
                _ => panic!("{answer:?}"),
            }
        }
    }

    pub(super) async fn status(&mut self) -> Value {
        let answer = self.backend.ask("GET", "/v1/admin/snapshot", "").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// Waits until a round that began after this has kept all there was.
    pub(super) async fn has_kept(&mut self) {
        let before = self.status().await["rounds"].as_u64().unwrap();
        self.status_is("rounds", |rounds| rounds.as_u64() >= Some(before + 2))
            .await;
    }

    pub(super) async fn status_is(&mut self, name: &str, so: impl Fn(&Value) -> bool) {
        let waiting = Waiting::begins();
        loop {
            let status = self.status().await;
            if so(&status[name]) {
                return;
            }
            let what = format!("{name} of {status}; {}", self.process.log());
            waiting.goes_on(&what).await;
        }
    }

    /// As `/v1/admin/snapshot` and `/metrics` both say it.
    pub(super) async fn pending_erasures(&mut self) -> u64 {
        let pending = self.status().await["pending_erasures"].as_u64().unwrap();
        assert_eq!(self.pending_metric().await, pending);
        pending
    }

    /// Is told before anybody is served, too.
    pub(super) async fn pending_metric(&mut self) -> u64 {
        let metrics = self.backend.ask("GET", "/metrics", "").await.body;
        let line = metrics
            .split("\nnearcast_snapshot_pending_erasures ")
            .nth(1);
        let value = line.unwrap().lines().next();
        value.unwrap().parse().unwrap()
    }

    pub(super) async fn put(&mut self, path: &str, body: &str) {
        let answer = self.backend.ask("PUT", path, body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    /// Makes somebody and puts her somewhere.
    pub(super) async fn settle(&mut self, user: &str, lat: f64, lon: f64) {
        self.put(&format!("/v1/users/{user}"), "{}").await;
        self.backend.place(user, lat, lon).await;
    }

    /// Makes people, all in one place, and waits until they are kept.
    pub(super) async fn keeps(&mut self, users: &[&str]) {
        for user in users {
            self.settle(user, 1.0, 2.0).await;
        }
        self.has_kept().await;
    }

    /// Who is within a kilometre, the nearest first.
    pub(super) async fn around(&mut self, lat: f64, lon: f64) -> Vec<String> {
        let path = format!("/v1/within?lat={lat}&lon={lon}&radius_m=1000");
        let answer = self.backend.ask("GET", &path, "").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        names(&answer.json()["people"])
    }

    pub(super) async fn nearby(&mut self, user: &str, mode: &str) -> Value {
        let path = format!("/v1/users/{user}/nearby?mode={mode}");
        let answer = self.backend.ask("GET", &path, "").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["people"].clone()
    }

    /// SIGKILL, and a new server on what is left.
    pub(super) async fn killed_and_started(self, redis: &Redis) -> Self {
        let data = self.process.kill();
        Self::again(redis, &data).await
    }
}

pub(super) fn names(people: &Value) -> Vec<String> {
    let people = people.as_array().unwrap().iter();
    people
        .map(|person| person["user"].as_str().unwrap_or("an alias").to_owned())
        .collect()
}

/// Waits until Redis has somebody, or nobody of that name.
pub(super) fn until_kept(redis: &Redis, users: &[&str]) {
    until(&format!("{users:?} are kept"), || redis.kept() == users);
}
