//! The head of a client's frame: opcode, length and mask.

use fastwebsockets::OpCode;

use super::Violation;

/// The longest head: two bytes, a length of eight, a mask.
pub(super) const LONGEST: usize = 14;

/// The most that a control frame carries.
pub(super) const CONTROL: usize = 125;

const FINAL: u8 = 0x80;
const RESERVED: u8 = 0x70;
const MASKED: u8 = 0x80;

#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) opcode: OpCode,
    /// No fragment follows.
    pub(super) last: bool,
    pub(super) length: u64,
    pub(super) mask: [u8; 4],
}

impl Head {
    /// Reads the head at the start of `bytes` and how many of them it has; none while it is not
    /// all there. What is wrong is found in the order of the bytes, so that it does not matter how
    /// many have arrived. `inside`: a fragmented message is open.
    pub(super) fn read(bytes: &[u8], inside: bool) -> Result<Option<(Self, usize)>, Violation> {
        let Some(&first) = bytes.first() else {
            return Ok(None);
        };
        let last = first & FINAL != 0;
        let opcode = opcode(first, last, inside)?;
        let Some(&second) = bytes.get(1) else {
            return Ok(None);
        };
        if second & MASKED == 0 {
            return Err(Violation::Unmasked);
        }
        let short = second & !MASKED;
        if is_control(opcode) && usize::from(short) > CONTROL {
            return Err(Violation::ControlTooLong);
        }
        let Some((length, start)) = length(short, &bytes[2..])? else {
            return Ok(None);
        };
        let start = 2 + start;
        Ok(bytes[start..].first_chunk().map(|&mask| {
            let head = Self {
                opcode,
                last,
                length,
                mask,
            };
            (head, start + mask.len())
        }))
    }

    /// The same frame when so many bytes of its payload have been taken.
    pub(super) fn after(mut self, taken: usize) -> Self {
        self.length -= taken as u64;
        self.mask.rotate_left(taken % 4);
        self
    }

    pub(super) fn is_control(&self) -> bool {
        is_control(self.opcode)
    }
}

const fn is_control(opcode: OpCode) -> bool {
    matches!(opcode, OpCode::Close | OpCode::Ping | OpCode::Pong)
}

fn opcode(first: u8, last: bool, inside: bool) -> Result<OpCode, Violation> {
    if first & RESERVED != 0 {
        return Err(Violation::ReservedBits);
    }
    let opcode = OpCode::try_from(first & 0x0f).map_err(|_| Violation::ReservedOpCode)?;
    match opcode {
        OpCode::Continuation if !inside => Err(Violation::NothingToContinue),
        OpCode::Text | OpCode::Binary if inside => Err(Violation::InsideMessage),
        _ if is_control(opcode) && !last => Err(Violation::ControlFragmented),
        _ => Ok(opcode),
    }
}

/// The length, and how many bytes it has beside the seven bits.
fn length(short: u8, bytes: &[u8]) -> Result<Option<(u64, usize)>, Violation> {
    let (length, size, least) = match short {
        126 => (
            bytes
                .first_chunk()
                .map(|two| u16::from_be_bytes(*two).into()),
            2,
            126,
        ),
        127 => (
            bytes.first_chunk().map(|eight| u64::from_be_bytes(*eight)),
            8,
            1 << 16,
        ),
        _ => (Some(short.into()), 0, 0),
    };
    match length {
        Some(length) if length > i64::MAX as u64 => Err(Violation::LengthTopBit),
        Some(length) if length < least => Err(Violation::LengthNotMinimal),
        _ => Ok(length.map(|length| (length, size))),
    }
}
