//! Resume tokens: which session a client may take up again. Sealed with a key of this process, so
//! no table is needed to know one, and nobody can make one.

use std::hash::Hasher;

use siphasher::sip128::{Hasher128, SipHasher24};

use crate::broker::SessionId;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Ticket {
    pub(super) session: SessionId,
    /// Which of its session's tokens it is.
    pub(super) turn: u32,
}

pub(super) struct Tickets {
    key: [u8; 16],
}

/// Session, turn and seal, in hexadecimal digits.
const LEN: usize = 2 * (8 + 4 + 16);

impl Tickets {
    pub(super) fn new(key: [u8; 16]) -> Self {
        Self { key }
    }

    pub(super) fn write(&self, ticket: Ticket) -> String {
        let (session, turn) = (ticket.session.to_bits(), ticket.turn);
        format!("{session:016x}{turn:08x}{:032x}", self.seal(session, turn))
    }

    pub(super) fn read(&self, text: &str) -> Option<Ticket> {
        let digits = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if text.len() != LEN || !digits {
            return None;
        }
        let session = u64::from_str_radix(&text[..16], 16).ok()?;
        let turn = u32::from_str_radix(&text[16..24], 16).ok()?;
        let seal = u128::from_str_radix(&text[24..], 16).ok()?;
        let ticket = Ticket {
            session: SessionId::from_bits(session),
            turn,
        };
        (seal == self.seal(session, turn)).then_some(ticket)
    }

    /// What a session is called in `welcome`: says nothing about how many there are.
    pub(super) fn name(&self, session: SessionId) -> String {
        format!("{:016x}", self.seal(session.to_bits(), u32::MAX) as u64)
    }

    fn seal(&self, session: u64, turn: u32) -> u128 {
        let mut hasher = SipHasher24::new_with_key(&self.key);
        hasher.write_u64(session);
        hasher.write_u32(turn);
        hasher.finish128().as_u128()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(session: u64, turn: u32) -> Ticket {
        Ticket {
            session: SessionId::from_bits(session),
            turn,
        }
    }

    #[test]
    fn a_token_names_its_session_and_turn() {
        let tickets = Tickets::new([7; 16]);
        for ticket in [ticket(0, 0), ticket(u64::MAX, 3), ticket(1 << 40, u32::MAX)] {
            assert_eq!(tickets.read(&tickets.write(ticket)), Some(ticket));
        }
    }

    #[test]
    fn no_other_text_is_a_token() {
        let tickets = Tickets::new([7; 16]);
        let good = tickets.write(ticket(5, 1));
        for at in 0..good.len() {
            let mut bytes = good.clone().into_bytes();
            bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
            let text = String::from_utf8(bytes).unwrap();
            assert_eq!(tickets.read(&text), None, "{text}");
        }
        let other = Tickets::new([8; 16]).write(ticket(5, 1));
        for text in [
            "",
            "x",
            &good[1..],
            &format!("{good}0"),
            &other,
            &"é".repeat(28),
        ] {
            assert_eq!(tickets.read(text), None, "{text}");
        }
    }
}
