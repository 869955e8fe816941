//! How many there were of late, so that room that was for more is given back.

/// The most of late: a crowd is forgotten by and by, so that who has few and many by turns does not
/// give back and take again all the time.
#[derive(Default)]
pub(super) struct Peak(usize);

impl Peak {
    pub(super) fn see(&mut self, count: usize) {
        self.0 = count.max(self.0 - self.0.div_ceil(4));
    }

    /// For how many there is to be room, at least so many.
    pub(super) fn keeps(&self, least: usize) -> usize {
        2 * self.0.max(least)
    }
}
