//! What a client says: a message, or a control frame.

use std::str::from_utf8;

use fastwebsockets::OpCode;

use super::Violation;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    Text(&'a str),
    Binary(&'a [u8]),
    /// To be answered with a pong of the same payload.
    Ping(&'a [u8]),
    Pong(&'a [u8]),
    /// To be answered with a close; nothing that follows may be read.
    Close {
        code: Option<u16>,
        reason: &'a str,
    },
}

impl<'a> Message<'a> {
    /// `opcode` is that of the first frame.
    pub(super) fn read(opcode: OpCode, payload: &'a [u8]) -> Result<Self, Violation> {
        Ok(match opcode {
            OpCode::Text => Self::Text(from_utf8(payload).map_err(|_| Violation::Text)?),
            OpCode::Binary | OpCode::Continuation => Self::Binary(payload),
            OpCode::Ping => Self::Ping(payload),
            OpCode::Pong => Self::Pong(payload),
            OpCode::Close => return close(payload),
        })
    }
}

fn close(payload: &[u8]) -> Result<Message<'_>, Violation> {
    let Some((code, reason)) = payload.split_first_chunk() else {
        return match payload {
            [] => Ok(Message::Close {
                code: None,
                reason: "",
            }),
            _ => Err(Violation::CloseOfOneByte),
        };
    };
    let code = u16::from_be_bytes(*code);
    if !may_be_sent(code) {
        return Err(Violation::CloseCode);
    }
    let reason = from_utf8(reason).map_err(|_| Violation::CloseReason)?;
    let code = Some(code);
    Ok(Message::Close { code, reason })
}

/// RFC 6455 7.4 with the codes that IANA has registered since. 1005, 1006 and 1015 only ever name
/// what happened without a close frame.
const fn may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}
