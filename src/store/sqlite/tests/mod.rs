//! The contract on SQLite, and what only a file can promise.

mod data_dir;
mod disk;
mod opening;

use data_dir::DataDir;

use super::Sqlite;
use crate::store::contract::{RULES, contract};

async fn open() -> (Sqlite, DataDir) {
    let dir = DataDir::new();
    let store = Sqlite::open(dir.path(), RULES).await.unwrap();
    (store, dir)
}

contract!(super::open);
