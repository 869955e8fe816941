//! The real store, whose next load a test can hold back after it was read.

use async_trait::async_trait;
use tokio::sync::{Mutex, oneshot};

use crate::store::{
    Asked, Blocked, Device, Export, Imported, Known, Listed, Made, Part, ProfileChange, Report,
    Result, SharingChange, Sqlite, Store, User,
};
use crate::wire::UserId;

pub(super) struct Late {
    store: Sqlite,
    held: Mutex<Option<(oneshot::Sender<()>, oneshot::Receiver<()>)>>,
}

impl Late {
    pub(super) fn new(store: Sqlite) -> Self {
        Self {
            store,
            held: Mutex::default(),
        }
    }

    /// The first end hears that the next load was read, the second lets it go on.
    pub(super) async fn hold_next(&self) -> (oneshot::Receiver<()>, oneshot::Sender<()>) {
        let (read, is_read) = oneshot::channel();
        let (go_on, goes_on) = oneshot::channel();
        *self.held.lock().await = Some((read, goes_on));
        (is_read, go_on)
    }
}

macro_rules! passed_on {
    ($($name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)+) => {
        #[async_trait]
        impl Store for Late {
            async fn arrive(&self, user: &UserId, now: u64) -> Result<Known> {
                let known = self.store.arrive(user, now).await;
                let held = self.held.lock().await.take();
                if let Some((read, goes_on)) = held {
                    read.send(()).unwrap();
                    goes_on.await.unwrap();
                }
                known
            }

            $(async fn $name(&self, $($argument: $type),*) -> Result<$answer> {
                self.store.$name($($argument),*).await
            })+
        }
    };
}

passed_on! {
    user(user: &str) -> Option<User>;
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
    wave(by: &UserId, whom: &UserId, now: u64, since: u64) -> bool;
    report(report: &Report) -> u64;
    reports(after: u64, limit: usize) -> Vec<Report>;
    add_device(user: &UserId, device: &Device, hash: &[u8; 32]) -> bool;
    devices(user: &str) -> Vec<Device>;
    remove_device(user: &str, device: &str) -> bool;
    user_of_device(hash: &[u8; 32]) -> Option<UserId>;
    close() -> ();
}
