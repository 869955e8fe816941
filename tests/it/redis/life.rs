//! What is so of somebody in a random life: what the accounts know for certain, and where she may
//! be after a crash, which is where she was when she was last kept, or has been since.

use nearcast::auth::Claims;
use nearcast::wire::{Sharing, UserId};
use nearcast_grid::Position;

/// What a token says about strangers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Permit {
    pub(super) strangers: bool,
    pub(super) pool: &'static str,
}

impl Permit {
    pub(super) fn claims(self, user: &UserId) -> Claims {
        Claims {
            user: user.clone(),
            expires_ms: u64::MAX,
            strangers: self.strangers,
            pool: self.pool.to_owned(),
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Life {
    /// None: she does not exist.
    pub(super) sharing: Option<Sharing>,
    pub(super) allowed: bool,
    pub(super) consents: bool,
    /// Where she was when she was kept, and since.
    pub(super) places: Vec<Position>,
    /// What her tokens have said, likewise.
    pub(super) permits: Vec<Permit>,
    /// She had been kept.
    pub(super) kept: bool,
    /// She has said where she is since the server started.
    moved: bool,
    /// And shown a token.
    claimed: bool,
}

impl Default for Life {
    fn default() -> Self {
        Self {
            sharing: None,
            allowed: false,
            consents: false,
            places: Vec::new(),
            permits: vec![Permit::default()],
            kept: false,
            moved: false,
            claimed: false,
        }
    }
}

impl Life {
    pub(super) fn goes_to(&mut self, position: Position) {
        self.places.push(position);
        self.moved = true;
    }

    pub(super) fn shows(&mut self, permit: Permit) {
        self.permits.push(permit);
        self.claimed = true;
    }

    /// All that was said is in Redis.
    pub(super) fn is_kept(&mut self) {
        if self.moved {
            self.places.drain(..self.places.len() - 1);
            self.kept = true;
        }
        if self.kept && self.claimed {
            self.permits.drain(..self.permits.len() - 1);
        }
    }

    /// `shown`: where she is, after a start, if that can be seen.
    pub(super) fn starts_anew(&mut self, shown: Option<Position>) {
        (self.moved, self.claimed) = (false, false);
        if self.is_shown() {
            self.places = shown.into_iter().collect();
            self.kept = shown.is_some();
            if !self.kept {
                self.permits = vec![Permit::default()];
            }
        } else if !self.kept {
            // Perhaps she is back, perhaps not.
            self.permits.push(Permit::default());
        }
    }

    /// By her exact position: one who shares her cell waits for its release, which never comes
    /// here.
    pub(super) fn is_shown(&self) -> bool {
        self.sharing == Some(Sharing::Exact)
    }

    /// To strangers, going by one of her tokens.
    pub(super) fn is_open(&self, permit: &Permit) -> bool {
        self.consents && (self.allowed || permit.strangers)
    }
}
