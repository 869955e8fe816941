//! A store whose calls are counted and timed.

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    Asked, Blocked, Device, Export, Imported, Known, Listed, Made, Part, ProfileChange, Report,
    Result, SharingChange, Store, User, Wave,
};
use crate::clock::Clock;
use crate::metrics::{Metrics, StoreCall};
use crate::wire::UserId;

pub struct Measured {
    pub store: Arc<dyn Store>,
    pub metrics: Arc<Metrics>,
    pub clock: Clock,
}

impl Measured {
    async fn measure<T>(
        &self,
        call: StoreCall,
        work: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        let began = self.clock.instant();
        let done = work.await;
        self.metrics.store.took(call, began.elapsed());
        if done.is_err() {
            self.metrics.store_failed.one(call);
        }
        done
    }
}

/// The same call of the store inside, with what it counts as.
macro_rules! measured {
    ($($call:ident $name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)+) => {
        #[async_trait]
        impl Store for Measured {
            $(
                async fn $name(&self, $($argument: $type),*) -> Result<$answer> {
                    self.measure(StoreCall::$call, self.store.$name($($argument),*)).await
                }
            )+
        }
    };
}

measured! {
    Arrive arrive(user: &UserId, now: u64) -> Known;
    Read user(user: &str) -> Option<User>;
    Read users(users: &[&UserId]) -> Vec<Option<User>>;
    Write put_user(user: &UserId, change: &ProfileChange, now: u64) -> User;
    Write put_sharing(user: &UserId, change: &SharingChange, now: u64) -> User;
    Erase erase(user: &str) -> bool;
    Import import(lines: &[Imported], now: u64) -> Vec<(usize, &'static str)>;
    Read export(user: &str) -> Option<Export>;
    Write befriend(one: &UserId, other: &UserId, now: u64) -> Made;
    Write ask(from: &UserId, to: &UserId, now: u64) -> Asked;
    Write unfriend(user: &str, other: &str) -> bool;
    Read are_friends(one: &str, other: &str) -> bool;
    Read friends(user: &str, part: Part<'_>) -> Vec<Listed>;
    Read requests(user: &str, part: Part<'_>) -> Vec<Listed>;
    Write block(by: &UserId, whom: &UserId, alias: bool, now: u64) -> bool;
    Write unblock(by: &str, which: &str) -> Option<UserId>;
    Read blocks(user: &str, part: Part<'_>) -> Vec<Blocked>;
    Write wave(by: &UserId, whom: &UserId, wave: Wave) -> bool;
    Write report(report: &Report) -> u64;
    Read reports(after: u64, limit: usize) -> Vec<Report>;
    Write add_device(user: &UserId, device: &Device, hash: &[u8; 32]) -> bool;
    Read devices(user: &str) -> Vec<Device>;
    Write remove_device(user: &str, device: &str) -> bool;
    Read user_of_device(hash: &[u8; 32]) -> Option<UserId>;
    Write close() -> ();
}
