//! The one connection that writes: waiting writes share a transaction and its fsync.
//!
//! Each write has a savepoint of its own, so one that fails takes no other with it. Nobody is
//! answered before the transaction is on disk, and a caller who goes away changes nothing.

use std::pin::Pin;

use sqlx::{Connection, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use super::reason::reason;
use crate::store::{Failed, Result};

/// Writes that wait; beyond, callers wait to be let in.
const WAITING: usize = 1024;
/// Writes in one transaction: bounds how long the first of them waits for the last.
const GROUP: usize = 128;

pub(super) type Work<'c, T> = Pin<Box<dyn Future<Output = sqlx::Result<T>> + Send + 'c>>;

/// Tells a caller, once it is known whether her write is on disk.
type Answer = Box<dyn FnOnce(std::result::Result<(), &str>) + Send>;
type Job = Box<dyn for<'c> FnOnce(&'c mut SqliteConnection) -> Work<'c, Answer> + Send>;

enum Turn {
    Write(Job),
    /// What it takes away is not left in the log beside the file either. Copies that SQLite left in
    /// the file when it moved rows between pages go with the next `VACUUM` only.
    Scrub(Job),
    Close(oneshot::Sender<Result<()>>),
}

pub(super) struct Writer {
    turns: mpsc::Sender<Turn>,
}

impl Writer {
    pub(super) fn start(connection: SqliteConnection) -> Self {
        let (turns, waiting) = mpsc::channel(WAITING);
        tokio::spawn(run(connection, waiting));
        Self { turns }
    }

    /// Runs `work` in a transaction; `what` is the verb phrase of its failure.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl for<'c> FnOnce(&'c mut SqliteConnection) -> Work<'c, T> + Send + 'static,
    ) -> Result<T> {
        let (job, answer) = job(what, work);
        self.take_turn(what, Turn::Write(job)).await?;
        answer.await.unwrap_or_else(|_| Err(ended(what)))
    }

    /// The same for a write that takes away what nobody may find again.
    pub(super) async fn scrub<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl for<'c> FnOnce(&'c mut SqliteConnection) -> Work<'c, T> + Send + 'static,
    ) -> Result<T> {
        let (job, answer) = job(what, work);
        self.take_turn(what, Turn::Scrub(job)).await?;
        answer.await.unwrap_or_else(|_| Err(ended(what)))
    }

    pub(super) async fn close(&self) -> Result<()> {
        let what = "close the account store";
        let (done, closed) = oneshot::channel();
        self.take_turn(what, Turn::Close(done)).await?;
        closed.await.unwrap_or_else(|_| Err(ended(what)))
    }

    async fn take_turn(&self, what: &str, turn: Turn) -> Result<()> {
        let sent = self.turns.send(turn).await;
        sent.map_err(|_| ended(what))
    }
}

fn ended(what: &str) -> Failed {
    Failed(format!(
        "{what}: the account store is closed, or just failed"
    ))
}

fn job<T: Send + 'static>(
    what: &'static str,
    work: impl for<'c> FnOnce(&'c mut SqliteConnection) -> Work<'c, T> + Send + 'static,
) -> (Job, oneshot::Receiver<Result<T>>) {
    let (tell, answer) = oneshot::channel();
    let job: Job = Box::new(move |connection| {
        Box::pin(async move {
            match work(connection).await {
                Ok(value) => Ok(Box::new(move |stored: std::result::Result<(), &str>| {
                    // Nobody listens when the caller has gone.
                    let _ = tell.send(match stored {
                        Ok(()) => Ok(value),
                        Err(why) => Err(Failed(format!("{what}: {why}"))),
                    });
                }) as Answer),
                Err(error) => {
                    let _ = tell.send(Err(Failed(format!("{what}: {}", reason(&error)))));
                    Err(error)
                }
            }
        })
    });
    (job, answer)
}

async fn run(mut connection: SqliteConnection, mut waiting: mpsc::Receiver<Turn>) {
    let mut turns = Vec::with_capacity(GROUP);
    loop {
        if waiting.recv_many(&mut turns, GROUP).await == 0 {
            return;
        }
        let mut jobs = Vec::with_capacity(turns.len());
        let mut scrub = false;
        let mut closing = None;
        for turn in turns.drain(..) {
            match turn {
                Turn::Write(job) => jobs.push(job),
                Turn::Scrub(job) => {
                    scrub = true;
                    jobs.push(job);
                }
                Turn::Close(done) => {
                    waiting.close();
                    closing = Some(done);
                }
            }
        }
        write_group(&mut connection, jobs, scrub).await;
        if let Some(done) = closing {
            // Whoever came after the closing is told so when her turn is dropped.
            let _ = done.send(close(connection).await);
            return;
        }
    }
}

/// Writes that are not reached because the transaction was lost are dropped, which their callers
/// hear.
async fn write_group(connection: &mut SqliteConnection, jobs: Vec<Job>, scrub: bool) {
    if jobs.is_empty() {
        return;
    }
    let mut answers = Vec::with_capacity(jobs.len());
    let stored = commit(connection, jobs, &mut answers).await;
    if stored.is_err() {
        // Fails when SQLite has rolled back by itself, which is as good.
        let _ = sqlx::query("ROLLBACK").execute(&mut *connection).await;
    } else if scrub && let Err(error) = checkpoint(connection).await {
        // What was written is written; the next scrub, or the close, tries again.
        let why = reason(&error);
        tracing::warn!(why, "empty the log of the account store");
    }
    let stored = stored.map_err(|error| reason(&error));
    for answer in answers {
        answer(stored.as_ref().copied().map_err(String::as_str));
    }
}

async fn commit(
    connection: &mut SqliteConnection,
    jobs: Vec<Job>,
    answers: &mut Vec<Answer>,
) -> sqlx::Result<()> {
    execute(connection, "BEGIN IMMEDIATE").await?;
    for job in jobs {
        execute(connection, "SAVEPOINT job").await?;
        match job(&mut *connection).await {
            Ok(answer) => answers.push(answer),
            // Fails when SQLite had to give up the whole transaction: then all are told.
            Err(_) => execute(connection, "ROLLBACK TO job").await?,
        }
        execute(connection, "RELEASE job").await?;
    }
    execute(connection, "COMMIT").await
}

async fn checkpoint(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    execute(connection, "PRAGMA wal_checkpoint(TRUNCATE)").await
}

async fn execute(connection: &mut SqliteConnection, sql: &'static str) -> sqlx::Result<()> {
    sqlx::query(sql).execute(connection).await.map(drop)
}

async fn close(mut connection: SqliteConnection) -> Result<()> {
    let closed = match checkpoint(&mut connection).await {
        Ok(()) => connection.close().await,
        Err(error) => Err(error),
    };
    closed.map_err(|error| Failed(format!("close the account store: {}", reason(&error))))
}
