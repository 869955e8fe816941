//! Aliases: what a stranger is called, by one viewer and for one period. An alias is one block of
//! AES over who is meant, who looks and when: the server reads it back without a table, and nobody
//! else learns anything from it, not even that two of them mean the same person.

use std::hash::Hasher;

use aes::Aes128;
use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use siphasher::sip::SipHasher24;

use super::super::slot::Slot;
use super::super::worker::{Denied, Worker};
use super::super::{Boundary, Broker};

pub(in super::super) struct Aliases {
    cipher: Aes128,
    key: [u8; 16],
    start: u64,
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const LEN: usize = 22;

/// Who looks and when are one word: enough of the viewer's number that hardly any two call somebody
/// the same, of the start, and of the period that it comes again after four million of them.
const TURN_BITS: u32 = 34;
const PERIOD_BITS: u32 = 22;
const PERIODS: u64 = (1 << PERIOD_BITS) - 1;

/// An alias as it is written.
pub(super) type AliasText = [u8; LEN];

impl Aliases {
    pub(super) fn new(key: [u8; 16], start: u64) -> Self {
        Self {
            cipher: Aes128::new(&Array::from(key)),
            key,
            start,
        }
    }

    /// Of a user, by her id.
    pub(super) fn number(&self, user: &str) -> u64 {
        self.hash("user", user)
    }

    pub(super) fn pool(&self, pool: &str) -> u64 {
        self.hash("pool", pool)
    }

    /// A keyed hash that is not told to anybody.
    fn hash(&self, what: &str, text: &str) -> u64 {
        let mut hasher = SipHasher24::new_with_key(&self.key);
        hasher.write(what.as_bytes());
        hasher.write_u8(0);
        hasher.write(text.as_bytes());
        hasher.finish()
    }

    /// What `viewer` calls `subject` in a period.
    pub(super) fn write(&self, viewer: u64, subject: u64, period: u64) -> AliasText {
        let mut block = [0; 16];
        block[..8].copy_from_slice(&subject.to_le_bytes());
        let sealed = viewer << TURN_BITS | self.turn(period);
        block[8..].copy_from_slice(&sealed.to_le_bytes());
        let mut block = Array::from(block);
        self.cipher.encrypt_block(&mut block);
        let word = u128::from_be_bytes(block.into());
        std::array::from_fn(|place| DIGITS[(word >> (6 * (LEN - 1 - place))) as usize & 63])
    }

    /// Whom `viewer` means, if this is what she called somebody in one of the periods.
    fn read(&self, viewer: u64, text: &str, periods: [u64; 2]) -> Option<u64> {
        let text: &AliasText = text.as_bytes().try_into().ok()?;
        let mut word: u128 = 0;
        for (place, digit) in text.iter().enumerate() {
            let value = DIGITS.iter().position(|known| known == digit)? as u128;
            if place == 0 && value > 3 {
                return None;
            }
            word = word << 6 | value;
        }
        let mut block = Array::from(word.to_be_bytes());
        self.cipher.decrypt_block(&mut block);
        let word = u128::from_le_bytes(block.into());
        let (subject, sealed) = (word as u64, (word >> 64) as u64);
        // Of whichever start.
        let of_hers = (sealed ^ viewer << TURN_BITS) >> TURN_BITS == 0;
        let is_then = |period: &u64| (sealed ^ period) & PERIODS == 0;
        (of_hers && periods.iter().any(is_then)).then_some(subject)
    }

    /// A period of this start, in which nobody's alias changes.
    pub(super) fn turn(&self, period: u64) -> u64 {
        let turn = self.start << PERIOD_BITS | period & PERIODS;
        turn & ((1 << TURN_BITS) - 1)
    }
}

/// An alias is made of the digits above.
pub(super) fn as_str(alias: &AliasText) -> &str {
    std::str::from_utf8(alias).unwrap_or_default()
}

impl Worker {
    /// The user whom a viewer knows by an alias of this period or the one before, erased or not.
    pub fn resolve(&mut self, viewer: &str, alias: &str, now: u64) -> Result<String, Denied> {
        self.reading(|worker| {
            let broker = &worker.broker;
            let number = worker.meant(viewer, alias, now)?.1;
            if let Some(slot) = broker.streets.numbers.get(&number).map(|slot| *slot) {
                let mut buffer = [0; 64];
                let stored = &broker.world.resident(slot).id;
                return Ok(broker.roster.id(slot, stored, &mut buffer).to_owned());
            }
            let departed = broker.streets.departed.get(&number);
            let user = departed.map(|departed| departed.user.to_string());
            user.ok_or(Denied::Unknown)
        })
    }

    /// A block of somebody who is known by alias; it holds when the alias has long changed.
    pub fn block_alias(&mut self, viewer: &str, alias: &str, now: u64) -> Result<Boundary, Denied> {
        self.reading(|worker| {
            let (viewer, number) = worker.meant(viewer, alias, now)?;
            let subject = worker.broker.streets.numbers.get(&number).map(|slot| *slot);
            worker.block_slots(viewer, subject.ok_or(Denied::Unknown)?)?;
            Ok(worker.broker.pulses.boundary())
        })
    }

    /// What a viewer calls somebody in this period.
    pub fn alias(&mut self, viewer: &str, subject: &str, now: u64) -> Result<String, Denied> {
        self.reading(|worker| {
            let broker = &worker.broker;
            let (viewer, subject) = (broker.slot(viewer)?, broker.slot(subject)?);
            let (viewer, subject) = (worker.number_of(viewer), worker.number_of(subject));
            let period = now / broker.streets.rules.alias_ms;
            let alias = broker.streets.aliases.write(viewer, subject, period);
            Ok(as_str(&alias).to_owned())
        })
    }

    /// The viewer, and the number of whom she means.
    fn meant(&self, viewer: &str, alias: &str, now: u64) -> Result<(Slot, u64), Denied> {
        let streets = &self.broker.streets;
        let viewer = self.broker.slot(viewer)?;
        let period = now / streets.rules.alias_ms;
        let periods = [period, period.wrapping_sub(1)];
        let number = self.number_of(viewer);
        let subject = streets.aliases.read(number, alias, periods);
        Ok((viewer, subject.ok_or(Denied::Unknown)?))
    }
}

impl Broker {
    pub(super) fn alias(&self, viewer: u64, subject: Slot, period: u64) -> AliasText {
        let number = self.streets.number(subject);
        self.streets.aliases.write(viewer, number, period)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_changes_with_viewer_period_and_start_and_is_read_back_after_a_start() {
        let [one, next] = [1, 2].map(|start| Aliases::new([7; 16], start));
        let (ann, eve, period) = (u64::MAX - 3, 5, 498_611);
        let alias = one.write(eve, ann, period);
        let others = [
            one.write(eve + 1, ann, period),
            one.write(eve, ann, period + 1),
            next.write(eve, ann, period),
        ];
        assert!(!others.contains(&alias));
        for aliases in [&one, &next] {
            let read = |viewer, now: u64| aliases.read(viewer, as_str(&alias), [now, now - 1]);
            assert_eq!(read(eve, period), Some(ann));
            assert_eq!(read(eve, period + 1), Some(ann));
            assert_eq!(read(eve, period + 2), None);
            assert_eq!(read(eve + 1, period), None);
        }
    }
}
