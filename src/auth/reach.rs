//! Whether public keys can be had from where the configuration says.

use super::source::Source;
use crate::config::Auth;

/// Asks the source of public keys once, a URL too. The sentence says what came instead of keys.
pub async fn reach(auth: &Auth) -> Result<(), String> {
    if auth.jwks.is_empty() {
        return Ok(());
    }
    let keys = Source::parse(&auth.jwks)?.keys().await;
    keys.map(drop)
}
