//! Verifies credentials, with keys that are exchanged while it works.
//!
//! A verification reads one pointer and waits for nobody. Keys that cannot be refreshed stay.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::{Mutex, Notify};
use tokio::time::Instant;
use tracing::{debug, info, warn};

use super::flaw::Flaw;
use super::keys::Keys;
use super::token::Token;
use super::{Caller, Claims, Rejected};
use crate::config::Auth;

/// At most so often do tokens with unknown keys have the keys refreshed.
const UNKNOWN_EVERY: Duration = Duration::from_secs(10);

pub struct Verifier {
    keys: ArcSwap<Keys>,
    /// A token has named a key that is not known.
    missed: Notify,
    refreshes: Mutex<Refreshes>,
}

#[derive(Default)]
struct Refreshes {
    /// The last one for an unknown key.
    for_unknown: Option<Instant>,
    failing: bool,
}

impl Verifier {
    /// Knows the keys of the configuration and of a JWKS file; those of a URL come with
    /// [`Self::refresh`].
    ///
    /// # Errors
    /// Every fault of the configuration, a sentence each.
    pub fn new(auth: &Auth) -> Result<Arc<Self>, Vec<String>> {
        Ok(Arc::new(Self {
            keys: ArcSwap::from_pointee(Keys::new(auth)?),
            missed: Notify::new(),
            refreshes: Mutex::default(),
        }))
    }

    /// A user's token.
    ///
    /// # Errors
    /// When it is not to be believed, or not any more.
    pub fn token(&self, token: &str, now_ms: u64) -> Result<Claims, Rejected> {
        self.judge(token, now_ms).map_err(|flaw| {
            debug!(%flaw, "a token is refused");
            flaw.into()
        })
    }

    fn judge(&self, token: &str, now_ms: u64) -> Result<Claims, Flaw> {
        let keys = self.keys.load();
        let token = Token::parse(token).ok_or(Flaw::Form)?;
        let claims = keys.token(&token, now_ms);
        if claims == Err(Flaw::Signature) && keys.misses(&token) {
            self.missed.notify_one();
        }
        claims
    }

    /// A bearer credential: a server key or a user's token.
    ///
    /// # Errors
    /// When it is neither.
    pub fn bearer(&self, credential: &str, now_ms: u64) -> Result<Caller, Rejected> {
        if self.keys.load().server.contain(credential) {
            return Ok(Caller::Server);
        }
        self.token(credential, now_ms).map(Caller::User)
    }

    /// To be awaited before a credential is verified where one may wait: when it names a key that
    /// is not known yet, its source is asked first, so a rotation refuses nobody.
    pub async fn settle(&self, credential: &str) {
        if Token::parse(credential).is_some_and(|token| self.keys.load().misses(&token)) {
            self.refresh_for_unknown().await;
        }
    }

    /// Asks for the public keys now. To be awaited once before the server listens: without keys
    /// it would refuse everybody for good.
    ///
    /// # Errors
    /// When the source cannot be read or has no keys; those known before stay.
    pub async fn refresh(&self) -> Result<(), String> {
        let mut refreshes = self.refreshes.lock().await;
        self.refresh_in(&mut refreshes).await
    }

    /// Another configuration, whole or, when it has a fault, not at all. Of a URL that was asked
    /// before the keys stay when it does not answer.
    ///
    /// # Errors
    /// Every fault, a sentence each.
    pub async fn reload(&self, auth: &Auth) -> Result<(), Vec<String>> {
        let mut refreshes = self.refreshes.lock().await;
        let keys = Keys::new(auth)?;
        let old = self.keys.load_full();
        let public = match (&keys.source, &old.source) {
            (None, _) => Arc::default(),
            (Some(source), Some(before)) if source.is_url(before) => Arc::clone(&old.public),
            (Some(source), _) => {
                let public = source.keys().await;
                Arc::new(public.map_err(|fault| vec![format!("auth.jwks: {fault}")])?)
            }
        };
        let same = Arc::ptr_eq(&public, &old.public);
        self.keys.store(Arc::new(keys.with(public)));
        refreshes.for_unknown = None;
        if same {
            // What failed is in the log.
            let _ = self.refresh_in(&mut refreshes).await;
        }
        Ok(())
    }

    /// Keeps the public keys fresh until it is told to stop.
    pub async fn keep(self: Arc<Self>, stop: impl Future<Output = ()>) {
        tokio::select! {
            () = stop => {}
            () = self.keep_fresh() => {}
        }
    }

    async fn keep_fresh(&self) {
        loop {
            let due = Instant::now() + self.refresh_every();
            loop {
                tokio::select! {
                    () = tokio::time::sleep_until(due) => break,
                    () = self.missed.notified() => self.refresh_for_unknown().await,
                }
            }
            // What failed is in the log.
            let _ = self.refresh().await;
        }
    }

    fn refresh_every(&self) -> Duration {
        let keys = self.keys.load();
        let configured = keys.refresh_every;
        let source = keys.source.as_ref();
        source.map_or(configured, |source| source.every(configured))
    }

    async fn refresh_for_unknown(&self) {
        let mut refreshes = self.refreshes.lock().await;
        let lately = refreshes.for_unknown;
        if lately.is_some_and(|then| then.elapsed() < UNKNOWN_EVERY) {
            return;
        }
        // Even if nobody waits for its end.
        refreshes.for_unknown = Some(Instant::now());
        // What failed is in the log.
        let _ = self.refresh_in(&mut refreshes).await;
        // Whoever waited for this one finds it fresh, however long it took.
        refreshes.for_unknown = Some(Instant::now());
    }

    /// Nobody else exchanges the keys meanwhile: whoever does holds `refreshes`.
    async fn refresh_in(&self, refreshes: &mut Refreshes) -> Result<(), String> {
        let keys = self.keys.load_full();
        let Some(source) = &keys.source else {
            return Ok(());
        };
        let refreshed = source.keys().await.map(|public| {
            self.keys.store(Arc::new(keys.with(Arc::new(public))));
        });
        match &refreshed {
            Err(fault) if !refreshes.failing => {
                warn!(%fault, "the public keys cannot be refreshed, the old ones stay");
            }
            Ok(()) if refreshes.failing => info!("the public keys are refreshed again"),
            _ => {}
        }
        refreshes.failing = refreshed.is_err();
        refreshed
    }
}
