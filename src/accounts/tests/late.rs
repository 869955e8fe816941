//! The real store, whose next read a test can hold back when it is done.

use async_trait::async_trait;
use tokio::sync::{Mutex, oneshot};

use crate::store::{
    Asked, Blocked, Device, Export, Imported, Known, Listed, Made, Part, ProfileChange, Report,
    Result, SharingChange, Sqlite, Store, User, Wave,
};
use crate::wire::UserId;

pub(super) struct Late {
    store: Sqlite,
    load: Gate,
    look: Gate,
}

/// Where a read is held back when a test has said so.
#[derive(Default)]
struct Gate(Mutex<Option<Held>>);

struct Held {
    /// Reads that pass before.
    others: usize,
    read: oneshot::Sender<()>,
    goes_on: oneshot::Receiver<()>,
}

impl Gate {
    async fn hold_after(&self, others: usize) -> (oneshot::Receiver<()>, oneshot::Sender<()>) {
        let (read, is_read) = oneshot::channel();
        let (go_on, goes_on) = oneshot::channel();
        *self.0.lock().await = Some(Held {
            others,
            read,
            goes_on,
        });
        (is_read, go_on)
    }

    async fn pass(&self) {
        let held = {
            let mut gate = self.0.lock().await;
            if let Some(held) = gate.as_mut().filter(|held| held.others > 0) {
                held.others -= 1;
                return;
            }
            gate.take()
        };
        if let Some(held) = held {
            held.read.send(()).unwrap();
            held.goes_on.await.unwrap();
        }
    }
}

impl Late {
    pub(super) fn new(store: Sqlite) -> Self {
        Self {
            store,
            load: Gate::default(),
            look: Gate::default(),
        }
    }

    /// The first end hears that the next load was read, the second lets it go on.
    pub(super) async fn hold_next(&self) -> (oneshot::Receiver<()>, oneshot::Sender<()>) {
        self.load.hold_after(0).await
    }

    /// The same for looks at users' own rows: for the one after the next, since the next one tells
    /// whether who asks is still there.
    pub(super) async fn hold_second_look(&self) -> (oneshot::Receiver<()>, oneshot::Sender<()>) {
        self.look.hold_after(1).await
    }
}

macro_rules! passed_on {
    ($($name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)+) => {
        #[async_trait]
        impl Store for Late {
            async fn arrive(&self, user: &UserId, now: u64) -> Result<Known> {
                let known = self.store.arrive(user, now).await;
                self.load.pass().await;
                known
            }

            async fn user(&self, user: &str) -> Result<Option<User>> {
                let row = self.store.user(user).await;
                self.look.pass().await;
                row
            }

            $(async fn $name(&self, $($argument: $type),*) -> Result<$answer> {
                self.store.$name($($argument),*).await
            })+
        }
    };
}

passed_on! {
    users(users: &[&UserId]) -> Vec<Option<User>>;
    put_user(user: &UserId, change: &ProfileChange, now: u64) -> User;
    put_sharing(user: &UserId, change: &SharingChange, now: u64) -> User;
    erase(user: &str) -> bool;
    import(lines: &[Imported], now: u64) -> Vec<(usize, &'static str)>;
    export(user: &str) -> Option<Export>;
    befriend(one: &UserId, other: &UserId, now: u64) -> Made;
    ask(from: &UserId, to: &UserId, now: u64) -> Asked;
    are_friends(one: &str, other: &str) -> bool;
    unfriend(user: &str, other: &str) -> bool;
    friends(user: &str, part: Part<'_>) -> Vec<Listed>;
    requests(user: &str, part: Part<'_>) -> Vec<Listed>;
    block(by: &UserId, whom: &UserId, alias: bool, now: u64) -> bool;
    unblock(by: &str, which: &str) -> Option<UserId>;
    blocks(user: &str, part: Part<'_>) -> Vec<Blocked>;
    wave(by: &UserId, whom: &UserId, wave: Wave) -> bool;
    report(report: &Report) -> u64;
    reports(after: u64, limit: usize) -> Vec<Report>;
    add_device(user: &UserId, device: &Device, hash: &[u8; 32]) -> bool;
    devices(user: &str) -> Vec<Device>;
    remove_device(user: &str, device: &str) -> bool;
    user_of_device(hash: &[u8; 32]) -> Option<UserId>;
    close() -> ();
}
