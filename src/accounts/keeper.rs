//! Where else something of a user is kept: outside the accounts' store and the world.

use async_trait::async_trait;

use crate::wire::UserId;

/// What an erasure has to reach. Given to the accounts when they are made, so that none is
/// forgotten.
#[async_trait]
pub trait Keeper: Send + Sync {
    /// As an operator calls it.
    fn name(&self) -> &'static str;

    /// Takes every trace of a user away, and answers true when that is done. False: it cannot be
    /// reached; it is done as soon as it can, before anything else is kept there.
    async fn erase(&self, user: &UserId) -> bool;
}

/// What became of an erasure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erased {
    pub was_there: bool,
    /// Which keepers could not be reached.
    pub pending: Vec<&'static str>,
}
