//! The account store: users, friendships, blocks, sharing and consent, durably.
//!
//! It decides nothing about who sees whom and knows nothing of sessions. What it has answered is
//! on disk. It never tells a user who else exists: who is asked, blocked or reported without ever
//! having come is stored and listed like anybody else, and `user` does not know her until she
//! comes. Every implementation passes the contract suite in `contract`.

mod measured;
mod sqlite;
mod types;

#[cfg(test)]
mod contract;

use async_trait::async_trait;

use crate::wire::UserId;

pub use measured::Measured;
pub use sqlite::Sqlite;
pub use types::{
    Asked, Blocked, DEVICES, Device, Export, Failed, Imported, Known, Lent, Listed, Made, Part,
    ProfileChange, Report, Result, Rules, SharingChange, User, Wave,
};

/// What a store promises. Each write is one transaction, durable when it is answered, and goes on
/// when its caller goes away. Times are milliseconds since 1970, given by the caller.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// A user with everything that decides whom she sees, as of one instant; makes her if she is
    /// new.
    async fn arrive(&self, user: &UserId, now: u64) -> Result<Known>;
    async fn user(&self, user: &str) -> Result<Option<User>>;
    /// The same of several, each in her place.
    async fn users(&self, users: &[&UserId]) -> Result<Vec<Option<User>>>;
    /// Makes or changes a user.
    async fn put_user(&self, user: &UserId, change: &ProfileChange, now: u64) -> Result<User>;
    /// Makes or changes a user.
    async fn put_sharing(&self, user: &UserId, change: &SharingChange, now: u64) -> Result<User>;
    /// Takes every trace of a user away, in other people's rows too; answers whether she was there.
    /// Reports by her and about her stay for moderation until the other side is erased too, without
    /// her name and without where she was. A block of her
    /// stays and keeps out who comes under her id again; until then it is listed as if made through
    /// an alias.
    async fn erase(&self, user: &str) -> Result<bool>;
    /// One transaction for all lines; answers the lines that were refused, by place, and why. Lines
    /// of users count before those of friendships.
    async fn import(&self, lines: &[Imported], now: u64) -> Result<Vec<(usize, &'static str)>>;
    async fn export(&self, user: &str) -> Result<Option<Export>>;

    /// Makes a friendship, and its users if they are new; requests between the two end.
    async fn befriend(&self, one: &UserId, other: &UserId, now: u64) -> Result<Made>;
    /// A request, or a friendship if the other side has asked before.
    async fn ask(&self, from: &UserId, to: &UserId, now: u64) -> Result<Asked>;
    /// Ends a friendship, withdraws a request, declines one. A declined request stays quiet, also
    /// when it is withdrawn and made again, until who declined asks herself. Answers whether they
    /// were friends.
    async fn unfriend(&self, user: &str, other: &str) -> Result<bool>;
    /// Takes as long whoever they are.
    async fn are_friends(&self, one: &str, other: &str) -> Result<bool>;
    async fn friends(&self, user: &str, part: Part<'_>) -> Result<Vec<Listed>>;
    /// Requests that wait for this user's answer.
    async fn requests(&self, user: &str, part: Part<'_>) -> Result<Vec<Listed>>;

    /// Ends a friendship, requests and waves between the two as well. A block by name and one
    /// through an alias stand side by side. One through an alias may be of who was erased: it holds
    /// as one that she left behind. False: as many as one may, or herself; nothing was stored.
    async fn block(&self, by: &UserId, whom: &UserId, alias: bool, now: u64) -> Result<bool>;
    /// `which`: a user, for a block made by name, or the id of a block made through an alias.
    /// Answers whom `by` blocked by this and does not block any more in any way.
    async fn unblock(&self, by: &str, which: &str) -> Result<Option<UserId>>;
    async fn blocks(&self, user: &str, part: Part<'_>) -> Result<Vec<Blocked>>;

    /// Answers whether both have waved, may meet, and neither blocks the other; then both waves are
    /// used up. One at who was erased leaves nothing.
    async fn wave(&self, by: &UserId, whom: &UserId, wave: Wave) -> Result<bool>;
    /// Stores a report, whatever its `id` says; answers the id that it got.
    async fn report(&self, report: &Report) -> Result<u64>;
    /// Oldest first, after the id `after`.
    async fn reports(&self, after: u64, limit: usize) -> Result<Vec<Report>>;

    /// Adds a device, or gives the one with this id a new token. False: [`DEVICES`] are there.
    async fn add_device(&self, user: &UserId, device: &Device, hash: &[u8; 32]) -> Result<bool>;
    async fn devices(&self, user: &str) -> Result<Vec<Device>>;
    async fn remove_device(&self, user: &str, device: &str) -> Result<bool>;
    /// Whose device token has this hash.
    async fn user_of_device(&self, hash: &[u8; 32]) -> Result<Option<UserId>>;

    /// Finishes what was begun and closes; from then on everything fails.
    async fn close(&self) -> Result<()>;
}
