//! The account store in one SQLite file: what runs without anything else.
//!
//! Reads go to a few connections side by side, writes to one, which groups them. No statement is
//! made of text that came from outside.

mod open;
mod reason;
mod writer;

mod users;

mod between;
mod friends;

mod blocks;
mod ghosts;

mod devices;
mod lists;
mod strangers;

mod export;
mod import;

#[cfg(test)]
mod tests;

use async_trait::async_trait;
use sqlx::sqlite::SqlitePool;

use super::{
    Asked, Blocked, Device, Export, Failed, Imported, Known, Listed, Made, Part, ProfileChange,
    Report, Result, Rules, SharingChange, Store, User, Wave,
};
use crate::wire::UserId;
use reason::reason;
use writer::Writer;

pub struct Sqlite {
    readers: SqlitePool,
    writer: Writer,
    rules: Rules,
}

/// The verb phrase of a failure, for reads.
fn to(what: &'static str) -> impl Fn(sqlx::Error) -> Failed {
    move |error| Failed(format!("{what}: {}", reason(&error)))
}

#[async_trait]
impl Store for Sqlite {
    async fn arrive(&self, user: &UserId, now: u64) -> Result<Known> {
        let read = users::known(&self.readers, user.as_str()).await;
        if let Some(known) = read.map_err(to("read a user"))? {
            return Ok(known);
        }
        let (user, sharing) = (user.clone(), self.rules.default_sharing);
        let make = self.writer.write("make a user", move |on| {
            Box::pin(async move {
                users::make(on, &user, sharing, now).await?;
                users::known(on, user.as_str()).await
            })
        });
        let gone = || Failed("make a user: she is not there".into());
        make.await?.ok_or_else(gone)
    }

    async fn user(&self, user: &str) -> Result<Option<User>> {
        let read = users::read(&self.readers, user).await;
        read.map_err(to("read a user"))
    }

    async fn users(&self, users: &[&UserId]) -> Result<Vec<Option<User>>> {
        let read = users::read_all(&self.readers, users).await;
        read.map_err(to("read users"))
    }

    async fn put_user(&self, user: &UserId, change: &ProfileChange, now: u64) -> Result<User> {
        let (user, change) = (user.clone(), change.clone());
        let sharing = self.rules.default_sharing;
        let put = self.writer.write("change a user", move |on| {
            Box::pin(async move {
                let number = users::make(on, &user, sharing, now).await?;
                users::change_profile(on, number, &change).await?;
                users::read_made(on, &user).await
            })
        });
        put.await
    }

    async fn put_sharing(&self, user: &UserId, change: &SharingChange, now: u64) -> Result<User> {
        let (user, change) = (user.clone(), *change);
        let sharing = self.rules.default_sharing;
        let put = self.writer.write("change a user's sharing", move |on| {
            Box::pin(async move {
                let number = users::make(on, &user, sharing, now).await?;
                users::change_sharing(on, number, &change).await?;
                users::read_made(on, &user).await
            })
        });
        put.await
    }

    async fn erase(&self, user: &str) -> Result<bool> {
        let user = user.to_owned();
        let erase = self.writer.scrub("erase a user", move |on| {
            Box::pin(async move { users::erase(on, &user).await })
        });
        erase.await
    }

    async fn import(&self, lines: &[Imported], now: u64) -> Result<Vec<(usize, &'static str)>> {
        let (lines, rules) = (lines.to_vec(), self.rules);
        let import = self.writer.write("import", move |on| {
            Box::pin(async move { import::import(on, &lines, rules, now).await })
        });
        import.await
    }

    async fn export(&self, user: &str) -> Result<Option<Export>> {
        let export = export::export(&self.readers, user).await;
        export.map_err(to("export a user"))
    }

    async fn befriend(&self, one: &UserId, other: &UserId, now: u64) -> Result<Made> {
        let (one, other, rules) = (one.clone(), other.clone(), self.rules);
        let befriend = self.writer.write("make a friendship", move |on| {
            Box::pin(async move { friends::befriend(on, (&one, &other), rules, now).await })
        });
        befriend.await
    }

    async fn ask(&self, from: &UserId, to: &UserId, now: u64) -> Result<Asked> {
        let (from, to, rules) = (from.clone(), to.clone(), self.rules);
        let ask = self.writer.write("ask for friendship", move |on| {
            Box::pin(async move { friends::ask(on, (&from, &to), rules, now).await })
        });
        ask.await
    }

    async fn unfriend(&self, user: &str, other: &str) -> Result<bool> {
        let (user, other) = (user.to_owned(), other.to_owned());
        let unfriend = self.writer.write("end a friendship", move |on| {
            Box::pin(async move { friends::unfriend(on, &user, &other).await })
        });
        unfriend.await
    }

    async fn are_friends(&self, one: &str, other: &str) -> Result<bool> {
        let read = friends::are_friends(&self.readers, one, other).await;
        read.map_err(to("look for a friendship"))
    }

    async fn friends(&self, user: &str, part: Part<'_>) -> Result<Vec<Listed>> {
        let read = lists::friends(&self.readers, user, part).await;
        read.map_err(to("list friends"))
    }

    async fn requests(&self, user: &str, part: Part<'_>) -> Result<Vec<Listed>> {
        let read = lists::requests(&self.readers, user, part).await;
        read.map_err(to("list requests"))
    }

    async fn block(&self, by: &UserId, whom: &UserId, alias: bool, now: u64) -> Result<bool> {
        let (by, whom, rules) = (by.clone(), whom.clone(), self.rules);
        let alias = if alias { Some(fresh_id()?) } else { None };
        let block = self.writer.write("store a block", move |on| {
            Box::pin(
                async move { blocks::block(on, (&by, &whom), alias.as_deref(), rules, now).await },
            )
        });
        block.await
    }

    async fn unblock(&self, by: &str, which: &str) -> Result<Option<UserId>> {
        let (by, which) = (by.to_owned(), which.to_owned());
        let unblock = self.writer.write("remove a block", move |on| {
            Box::pin(async move { blocks::unblock(on, &by, &which).await })
        });
        unblock.await
    }

    async fn blocks(&self, user: &str, part: Part<'_>) -> Result<Vec<Blocked>> {
        let read = lists::blocks(&self.readers, user, part).await;
        read.map_err(to("list blocks"))
    }

    async fn wave(&self, by: &UserId, whom: &UserId, wave: Wave) -> Result<bool> {
        let (by, whom, rules) = (by.clone(), whom.clone(), self.rules);
        let waved = self.writer.write("store a wave", move |on| {
            Box::pin(async move { strangers::wave(on, (&by, &whom), rules, wave).await })
        });
        waved.await
    }

    async fn report(&self, report: &Report) -> Result<u64> {
        let report = report.clone();
        let store = self.writer.write("store a report", move |on| {
            Box::pin(async move { strangers::report(on, &report).await })
        });
        store.await
    }

    async fn reports(&self, after: u64, limit: usize) -> Result<Vec<Report>> {
        let read = strangers::reports(&self.readers, after, limit).await;
        read.map_err(to("list reports"))
    }

    async fn add_device(&self, user: &UserId, device: &Device, hash: &[u8; 32]) -> Result<bool> {
        let (user, device, hash, rules) = (user.clone(), device.clone(), *hash, self.rules);
        let add = self.writer.write("add a device", move |on| {
            Box::pin(async move { devices::add(on, &user, rules, &device, &hash).await })
        });
        add.await
    }

    async fn devices(&self, user: &str) -> Result<Vec<Device>> {
        let read = devices::list(&self.readers, user).await;
        read.map_err(to("list devices"))
    }

    async fn remove_device(&self, user: &str, device: &str) -> Result<bool> {
        let (user, device) = (user.to_owned(), device.to_owned());
        let remove = self.writer.write("remove a device", move |on| {
            Box::pin(async move { devices::remove(on, &user, &device).await })
        });
        remove.await
    }

    async fn user_of_device(&self, hash: &[u8; 32]) -> Result<Option<UserId>> {
        let read = devices::user_of(&self.readers, hash).await;
        read.map_err(to("read a device"))
    }

    async fn close(&self) -> Result<()> {
        self.readers.close().await;
        self.writer.close().await
    }
}

/// Random: says nothing about whom it blocks.
fn fresh_id() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failed(format!("store a block: read random bytes: {error}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
