//! What a hub asks of accounts, which may take a while: the line's other commands wait meanwhile,
//! the hub does not.

use std::sync::Arc;

use crate::accounts::{Arrived, Refusal};
use crate::broker::Denied;
use crate::wire::client::{Complaint, Hello, Settings, Target};
use crate::wire::{Close, ErrorCode, UserId};

use super::Inbound;
use super::hub::Hub;
use super::line::Believed;
use super::shared::Shared;

/// What is asked for a line.
pub(super) enum Question {
    /// Whether there is a key for the token that is not known yet.
    Settle(Box<Hello>),
    /// The same for the token of a `refresh`.
    SettleAnew(String),
    Arrive(Box<Believed>, Box<Hello>),
    /// She had arrived, and was let go of or erased before her session began.
    ArriveAgain(Box<Believed>, Box<Hello>),
    Renew(Box<Believed>),
    Share(Settings),
    /// Whether somebody who is not in the world is a friend, to be followed or not.
    Friend {
        friend: UserId,
        follows: bool,
    },
    Wave(String),
    Block(Target),
    Report(Complaint),
}

pub(super) struct Answer {
    pub(super) key: usize,
    pub(super) stamp: u32,
    id: Option<u32>,
    question: Question,
    told: Result<Told, Refusal>,
}

enum Told {
    Arrived(Arrived),
    Done,
}

impl Hub {
    pub(super) fn ask(&mut self, key: usize, id: Option<u32>, question: Question) {
        let session = self.lines.get(key).and_then(|line| line.session());
        // Before there is a session the question names the user.
        let user = session.and_then(|session| self.worker.user(session).ok());
        let is_gone = |user: &UserId| !self.worker.broker().is_resident(user.as_str());
        if user.as_ref().is_some_and(is_gone) {
            // Erased: the order to close is on its way.
            return;
        }
        let Some(line) = self.lines.get(key) else {
            return;
        };
        let stamp = line.stamp;
        line.aside().busy = true;
        let shared = Arc::clone(&self.shared);
        let inbox = self.shared.inboxes[self.worker.number()].clone();
        self.shared.runtime.spawn(async move {
            let told = put(&shared, user.as_ref(), &question).await;
            let answer = Answer {
                key,
                stamp,
                id,
                question,
                told,
            };
            // The hub is gone only when the server is.
            let _ = inbox.send(Inbound::Answer(Box::new(answer))).await;
        });
    }

    /// Goes on with a line whose question is answered.
    pub(super) fn finish(&mut self, answer: Answer) {
        let Answer {
            key,
            id,
            question,
            told,
            ..
        } = answer;
        let session = self.lines.get(key).and_then(|line| line.session());
        match (question, told, session) {
            (Question::Settle(hello), ..) => self.hello_again(key, id, *hello),
            (Question::SettleAnew(token), _, Some(session)) => {
                self.refresh_again(key, id, session, &token);
            }
            (
                Question::Arrive(token, hello) | Question::ArriveAgain(token, hello),
                Ok(Told::Arrived(arrived)),
                _,
            ) => {
                if !self.resume(key, id, &token.claims, &hello) {
                    self.arrived(key, id, &token, &hello, &arrived);
                }
            }
            (Question::Arrive(..) | Question::ArriveAgain(..), Err(refusal), _) => {
                self.close(
                    key,
                    match refusal {
                        Refusal::TooMany { .. } => Close::TooManyRequests,
                        Refusal::NotFound => Close::Erased,
                        _ => Close::Internal,
                    },
                );
            }
            (Question::Renew(token), Ok(_), _) => {
                self.renewed(key, &token.claims);
                self.ok(key, id);
            }
            (Question::Share(settings), Ok(_), Some(session)) => {
                self.apply(key, id, session, settings);
            }
            (Question::Friend { friend, follows }, Ok(_), Some(session)) => {
                let done = self.follow(key, session, &friend, follows);
                self.answer_friend(key, id, session, done);
            }
            (Question::Friend { .. }, Err(Refusal::Denied | Refusal::NotFound), Some(session)) => {
                self.answer_friend(key, id, session, Err(Denied::NotFriends))
            }
            (_, Ok(_), _) => self.ok(key, id),
            (_, Err(refusal), _) => {
                let (code, sentence) = reason(refusal);
                self.refuse(key, id, code, sentence);
            }
        }
    }
}

async fn put(shared: &Shared, user: Option<&UserId>, question: &Question) -> Result<Told, Refusal> {
    let accounts = &shared.accounts;
    let user = || user.ok_or(Refusal::Unavailable);
    match question {
        Question::Settle(hello) => {
            let token = hello.token.as_deref().unwrap_or_default();
            shared.verifier.settle(token).await;
        }
        Question::SettleAnew(token) => shared.verifier.settle(token).await,
        Question::Arrive(token, _) | Question::Renew(token) => {
            let arrived = accounts.arrive(&token.claims, token.judged).await;
            return arrived.map(Told::Arrived);
        }
        Question::ArriveAgain(token, _) => {
            let arrived = accounts.arrive_again(&token.claims).await;
            return arrived.map(Told::Arrived);
        }
        Question::Share(settings) => {
            if let Some(sharing) = settings.sharing {
                let shared = accounts.share(user()?, sharing, settings.sharing_for_s);
                shared.await?;
            }
        }
        Question::Friend { friend, .. } => accounts.bring_friend(user()?, friend).await?,
        Question::Wave(alias) => accounts.wave(user()?, alias).await?,
        Question::Block(whom) => accounts.block(user()?, whom).await?,
        Question::Report(Complaint { about, reason }) => {
            accounts.report(user()?, about, reason.as_deref()).await?;
        }
    }
    Ok(Told::Done)
}

fn reason(refusal: Refusal) -> (ErrorCode, String) {
    match refusal {
        Refusal::Denied | Refusal::Conflict | Refusal::NotFound => {
            (ErrorCode::Denied, "not with this person".to_owned())
        }
        Refusal::Bad(sentence) => (ErrorCode::BadRequest, sentence),
        Refusal::TooMany { limit, after_s } => (
            ErrorCode::TooManyRequests,
            format!("{}; again in {after_s} s", limit.sentence()),
        ),
        Refusal::Unavailable => (ErrorCode::Internal, "not now".to_owned()),
    }
}
