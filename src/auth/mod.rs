//! Who is asking: users by signed tokens, the app's backend by server keys.
//!
//! How a token is verified is decided by the key, never by the token. Time is an argument. No
//! token and no key ever reaches a log, an error or a `Debug`.

mod claims;
mod development;
mod fetch;
mod flaw;
mod kept;
mod keys;
mod public_keys;
mod reach;
mod server_keys;
mod signing;
mod source;
mod token;
mod verifier;

#[cfg(test)]
mod tests;

use crate::wire::UserId;

pub use development::Development;
pub use kept::kept;
pub use keys::faults;
pub use reach::reach;
pub use signing::{Grant, sign};
pub use verifier::Verifier;

/// Fewest bytes of a secret that signs tokens.
pub const MIN_SECRET: usize = 32;

/// Most bytes of the claim `pool`.
pub const MAX_POOL: usize = 64;

/// What a valid token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    pub user: UserId,
    /// Expiry, ms since 1970; the leeway is not in it.
    pub expires_ms: u64,
    pub strangers: bool,
    pub pool: String,
}

/// Why a token was not accepted. `Expired` is told apart, since a client can fetch a new one: all
/// else about such a token is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejected {
    Invalid,
    Expired,
}

/// Who sent a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    Server,
    User(Claims),
}
