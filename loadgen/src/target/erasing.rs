//! Everybody of a town is erased, past what goes wrong with some.

use nearcast::client::rest;
use tokio::task::JoinSet;

use super::Target;
use super::accounts::shortened;
use crate::town::Town;

/// Under way at once.
const AT_ONCE: usize = 16;
/// A server that has said no so often will not say anything else.
const MOST_ERRORS: usize = 100;

pub(crate) struct Erasing {
    town: Town,
    all: usize,
    erased: usize,
    errors: usize,
    first: Option<String>,
}

impl Erasing {
    pub(crate) fn new(town: Town) -> Self {
        let people = town.people().iter();
        Self {
            all: people.map(|person| 1 + person.absent as usize).sum(),
            town,
            erased: 0,
            errors: 0,
            first: None,
        }
    }

    /// May be given up at any time: what came of it is known.
    pub(crate) async fn run(&mut self, target: &Target) {
        let people = self.town.people().iter();
        let mut names =
            people.flat_map(|person| person.absent_names().chain([person.name.clone()]));
        let mut under_way = JoinSet::new();
        loop {
            while under_way.len() < AT_ONCE
                && self.errors < MOST_ERRORS
                && let Some(name) = names.next()
            {
                let target = target.clone();
                under_way.spawn(async move { erase(&target, &name).await });
            }
            let Some(done) = under_way.join_next().await else {
                return;
            };
            match done.unwrap_or_else(|error| Err(error.to_string())) {
                Ok(()) => self.erased += 1,
                Err(why) => {
                    self.errors += 1;
                    self.first.get_or_insert(why);
                }
            }
        }
    }

    /// A sentence about those who are still there; none when nobody is.
    pub(crate) fn left(&self) -> Option<String> {
        let Self { all, errors, .. } = self;
        let left = all - self.erased;
        if left == 0 {
            return None;
        }
        let mut said = format!("{left} of {all} people are not erased");
        if let Some(first) = &self.first {
            let times = if *errors == 1 { "error" } else { "errors" };
            said += &format!(": {errors} {times}, the first: {first}");
        }
        Some(said)
    }
}

async fn erase(target: &Target, name: &str) -> Result<(), String> {
    let path = format!("/v1/users/{name}");
    let (trust, key) = (target.trust.as_ref(), &target.server_key);
    let answer = rest::ask(&target.address, trust, http::Method::DELETE, &path, key).await?;
    match answer.status {
        200 | 202 | 404 => Ok(()),
        status => Err(format!(
            "erase {name}: {status} {}",
            shortened(&answer.body)
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
    use tokio::net::TcpListener;

    use super::*;
    use crate::scenario::Scenario;
    use crate::target::Keys;

    /// Says no to those who are named by `refuses`, and counts who was asked for.
    async fn server(refuses: fn(&str) -> bool) -> (Target, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let mut stream = BufReader::new(stream);
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n") {
                    stream.read_line(&mut head).await.unwrap();
                }
                assert!(head.starts_with("DELETE /v1/users/"), "{head}");
                count.fetch_add(1, Ordering::Relaxed);
                let status = if refuses(&head) { "503 No" } else { "200 OK" };
                let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        let target = Target::new(&url, &Keys::throw_away(), Vec::new()).unwrap();
        (target, asked)
    }

    fn town(people: u32) -> Town {
        let mut scenario = Scenario {
            people,
            ..Scenario::default()
        };
        scenario.friends.absent = 1;
        Town::new(&scenario, 1, 0..1)
    }

    #[tokio::test]
    async fn who_cannot_be_erased_does_not_keep_the_others() {
        let (target, asked) = server(|head| head.contains("/p0000003 ")).await;
        let mut erasing = Erasing::new(town(20));
        erasing.run(&target).await;
        let said = erasing.left().unwrap();
        let expected = "1 of 40 people are not erased: 1 error, the first: erase p0000003: 503";
        assert_eq!(said.trim_end(), expected);
        assert_eq!(asked.load(Ordering::Relaxed), 40);
    }

    #[tokio::test]
    async fn a_server_that_always_says_no_is_not_asked_for_everybody() {
        let (target, asked) = server(|_| true).await;
        let mut erasing = Erasing::new(town(200));
        erasing.run(&target).await;
        let said = erasing.left().unwrap();
        assert!(said.starts_with("400 of 400 people are not"), "{said}");
        let asked = asked.load(Ordering::Relaxed);
        assert!((MOST_ERRORS..MOST_ERRORS + AT_ONCE).contains(&asked));
    }

    #[tokio::test]
    async fn when_nobody_is_left_nothing_is_said() {
        let (target, _) = server(|_| false).await;
        let mut erasing = Erasing::new(town(20));
        erasing.run(&target).await;
        assert_eq!(erasing.left(), None);
    }
}
