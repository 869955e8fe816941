//! Import: lines of JSON in any number, written batch by batch, each durable before its answer.
//!
//! Memory holds one batch. A client that does not read its answers is not read from, and one that
//! goes away has written what it was answered.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::response::Response;
use hyper::body::{Bytes, Frame};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use tokio::sync::mpsc;

use super::caller::Backend;
use super::lines::{Batch, Lines};
use super::patience::Patience;
use super::problem::Problem;
use super::site::Site;
use super::told::expect_type;

/// Answers that may wait for a client that does not read.
const ANSWERS: usize = 4;
/// Lines that nothing follows for so long are written without waiting for a whole batch.
const LULL: Duration = Duration::from_secs(1);

pub(super) const CONTENT_TYPES: [&str; 3] = [
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
];

pub(super) async fn import(
    State(site): State<Arc<Site>>,
    _: Backend,
    Extension(patience): Extension<Patience>,
    request: Request,
) -> Result<Response, Problem> {
    expect_type(request.headers(), &CONTENT_TYPES)?;
    let (answers, answered) = mpsc::channel(ANSWERS);
    tokio::spawn(run(site, request.into_body(), patience, answers));
    let mut response = Response::new(Body::new(Answers(answered)));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPES[0]));
    Ok(response)
}

/// Ends with the body, or when nobody takes the answers any more.
async fn run(site: Arc<Site>, body: Body, patience: Patience, answers: mpsc::Sender<Bytes>) {
    let mut lines = Lines::new(body, site.config.http.import_batch);
    let time = Duration::from_secs(site.config.http.request_s);
    let mut number = 0;
    loop {
        patience.renew(2 * time);
        let batch = tokio::select! {
            batch = lines.batch(LULL) => batch,
            () = answers.closed() => return,
        };
        let Some(batch) = batch else { return };
        number += 1;
        let answer = write(&site, batch, number).await;
        let last = answer.failed;
        if answers.send(answer.line).await.is_err() || last {
            return;
        }
    }
}

/// What a batch is answered.
struct Answer {
    line: Bytes,
    /// The store did not take it: nothing behind it is tried.
    failed: bool,
}

#[derive(serde::Serialize)]
struct Report<'a> {
    batch: u64,
    lines: [u64; 2],
    imported: usize,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [Fault],
}

/// A line that was not taken.
#[derive(serde::Serialize)]
pub(super) struct Fault {
    pub(super) line: u64,
    pub(super) error: String,
}

async fn write(site: &Site, batch: Batch, number: u64) -> Answer {
    let hosts = &site.config.accounts.avatar_hosts;
    let (good, numbers, mut errors) = batch.read(hosts, site.clock.now_ms());
    let refused = match site.accounts.import(&good).await {
        Ok(refused) => refused,
        Err(refusal) => {
            let problem = Problem::from(refusal);
            // It may be on disk, and the world not yet up to date with it.
            let error = format!(
                "this batch may not be written, send it again: {}",
                problem.detail()
            );
            errors.push(Fault {
                line: batch.lines[0],
                error,
            });
            return answer(number, batch.lines, 0, errors, true);
        }
    };
    let imported = good.len() - refused.len();
    for (place, error) in refused {
        errors.push(Fault {
            line: numbers.get(place).copied().unwrap_or(batch.lines[0]),
            error: error.to_owned(),
        });
    }
    errors.sort_by_key(|fault| fault.line);
    answer(number, batch.lines, imported, errors, false)
}

fn answer(
    batch: u64,
    lines: [u64; 2],
    imported: usize,
    errors: Vec<Fault>,
    failed: bool,
) -> Answer {
    let report = Report {
        batch,
        lines,
        imported,
        errors: &errors,
    };
    let mut line = serde_json::to_vec(&report).expect("numbers and texts are JSON");
    line.push(b'\n');
    Answer {
        line: line.into(),
        failed,
    }
}

/// The answers as a body.
struct Answers(mpsc::Receiver<Bytes>);

impl hyper::body::Body for Answers {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let next = self.0.poll_recv(context);
        next.map(|line| line.map(|line| Ok(Frame::data(line))))
    }
}
