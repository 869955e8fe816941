//! A small language for claims: people by name, answers as texts, one tick of time per act.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::store::{
    Asked, Blocked, Export, Imported, Known, Listed, Made, Part, Report, Rules, Store, User,
};
use crate::wire::{Sharing, UserId};

/// Limits small enough to be reached.
pub(crate) const RULES: Rules = Rules {
    default_sharing: Sharing::Exact,
    friends: 6,
    blocks: 4,
    requests: 3,
};

pub(crate) fn id(text: &str) -> UserId {
    UserId::new(text).unwrap()
}

pub(crate) struct Town<'a> {
    pub(crate) store: &'a dyn Store,
    now: AtomicU64,
}

impl<'a> Town<'a> {
    pub(crate) fn new(store: &'a dyn Store) -> Self {
        Self {
            store,
            now: AtomicU64::new(1_000),
        }
    }

    pub(crate) fn tick(&self) -> u64 {
        self.now.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) async fn arrive(&self, user: &str) -> Known {
        self.store.arrive(&id(user), self.tick()).await.unwrap()
    }

    pub(crate) async fn all_arrive(&self, users: &[&str]) {
        for user in users {
            self.arrive(user).await;
        }
    }

    pub(crate) async fn user(&self, user: &str) -> Option<User> {
        self.store.user(user).await.unwrap()
    }

    pub(crate) async fn befriend(&self, one: &str, other: &str) -> Made {
        self.store
            .befriend(&id(one), &id(other), self.tick())
            .await
            .unwrap()
    }

    pub(crate) async fn ask(&self, from: &str, to: &str) -> Asked {
        self.store
            .ask(&id(from), &id(to), self.tick())
            .await
            .unwrap()
    }

    pub(crate) async fn unfriend(&self, user: &str, other: &str) -> bool {
        self.store.unfriend(user, other).await.unwrap()
    }

    pub(crate) async fn are_friends(&self, one: &str, other: &str) -> bool {
        self.store.are_friends(one, other).await.unwrap()
    }

    pub(crate) async fn block(&self, by: &str, whom: &str) -> bool {
        self.store
            .block(&id(by), &id(whom), false, self.tick())
            .await
            .unwrap()
    }

    /// Answers the id of the block.
    pub(crate) async fn block_alias(&self, by: &str, whom: &str) -> String {
        let before = self.blocks(by).await;
        assert!(
            self.store
                .block(&id(by), &id(whom), true, self.tick())
                .await
                .unwrap()
        );
        let mut blocks = self.blocks(by).await;
        blocks.retain(|block| !before.contains(block));
        blocks.pop().unwrap()
    }

    /// Who is free now.
    pub(crate) async fn unblock(&self, by: &str, which: &str) -> Option<String> {
        let freed = self.store.unblock(by, which).await.unwrap();
        freed.map(|user| user.to_string())
    }

    pub(crate) async fn friends(&self, user: &str) -> Vec<String> {
        names(&self.store.friends(user, WHOLE).await.unwrap())
    }

    pub(crate) async fn requests(&self, user: &str) -> Vec<String> {
        names(&self.store.requests(user, WHOLE).await.unwrap())
    }

    /// Whom she has asked, as her export says.
    pub(crate) async fn requested(&self, user: &str) -> Vec<String> {
        names(&self.export(user).await.unwrap().requested)
    }

    pub(crate) async fn blocks(&self, user: &str) -> Vec<String> {
        let blocks = self.store.blocks(user, WHOLE).await.unwrap();
        blocks.iter().map(|block| block.key().to_owned()).collect()
    }

    pub(crate) async fn block_lines(&self, user: &str) -> Vec<Blocked> {
        self.store.blocks(user, WHOLE).await.unwrap()
    }

    pub(crate) async fn export(&self, user: &str) -> Option<Export> {
        self.store.export(user).await.unwrap()
    }

    pub(crate) async fn import(&self, lines: &[Imported]) -> Vec<(usize, &'static str)> {
        self.store.import(lines, self.tick()).await.unwrap()
    }

    pub(crate) async fn report(&self, by: &str, user: &str) -> u64 {
        let report = Report {
            id: 0,
            at: self.tick(),
            by: Some(id(by)),
            user: Some(id(user)),
            reason: Some("rude".into()),
            cell: "wydm9".into(),
        };
        self.store.report(&report).await.unwrap()
    }

    pub(crate) async fn reports(&self) -> Vec<Report> {
        self.store.reports(0, 100).await.unwrap()
    }
}

pub(crate) const WHOLE: Part<'static> = Part {
    after: None,
    limit: 1_000,
};

pub(crate) fn names(list: &[Listed]) -> Vec<String> {
    list.iter().map(|line| line.user.to_string()).collect()
}
