//! Frames as a client reads and writes them.

use crate::seed::Seed;

pub(super) const TEXT: u8 = 1;
pub(super) const BINARY: u8 = 2;
pub(super) const CLOSE: u8 = 8;
pub(super) const PING: u8 = 9;
pub(super) const PONG: u8 = 10;

/// A whole frame at the beginning of what was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    pub(super) opcode: u8,
    pub(super) payload: &'a [u8],
    /// With its head.
    pub(super) len: usize,
}

/// The first frame; none: it is not there in whole.
#[inline]
pub(super) fn first(bytes: &[u8]) -> Result<Option<Frame<'_>>, String> {
    let [head, short, rest @ ..] = bytes else {
        return Ok(None);
    };
    // A server's frames are not masked, and nearcast's are never in pieces.
    if head & 0xf0 != 0x80 || short & 0x80 != 0 {
        return Err(format!("a frame that begins with {head:#04x} {short:#04x}"));
    }
    let (payload, len) = match short {
        126 => match rest {
            [a, b, rest @ ..] => (rest, usize::from(u16::from_be_bytes([*a, *b]))),
            _ => return Ok(None),
        },
        127 => match rest.split_first_chunk() {
            Some((len, rest)) => (rest, u64::from_be_bytes(*len) as usize),
            None => return Ok(None),
        },
        short => (rest, usize::from(*short)),
    };
    let head_len = bytes.len() - payload.len();
    Ok(payload.get(..len).map(|payload| Frame {
        opcode: head & 0x0f,
        payload,
        len: head_len + len,
    }))
}

/// Appends a frame of a client: masked.
pub(super) fn put(opcode: u8, payload: &[u8], mask: &mut Seed, into: &mut Vec<u8>) {
    let key = (mask.next() as u32).to_be_bytes();
    into.push(0x80 | opcode);
    match payload.len() {
        len @ ..126 => into.push(0x80 | len as u8),
        len => {
            let len = u16::try_from(len).expect("a client says less than 64 KiB");
            into.push(0x80 | 126);
            into.extend_from_slice(&len.to_be_bytes());
        }
    }
    into.extend_from_slice(&key);
    let masked = payload.iter().zip(key.iter().cycle());
    into.extend(masked.map(|(byte, key)| byte ^ key));
}

/// A frame of a server, for the bare loops.
pub(crate) fn unmasked(payload: &[u8]) -> Vec<u8> {
    let len = u8::try_from(payload.len()).ok().filter(|len| *len < 126);
    let mut frame = vec![0x80 | TEXT];
    match len {
        Some(len) => frame.push(len),
        None => {
            let len = u16::try_from(payload.len()).expect("checked by the flag's range");
            frame.push(126);
            frame.extend_from_slice(&len.to_be_bytes());
        }
    }
    frame.extend_from_slice(payload);
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_found_when_it_is_there_in_whole() {
        for len in [0, 1, 125, 126, 300, 65_535] {
            let payload = vec![b'x'; len];
            let mut bytes = unmasked(&payload);
            let whole = bytes.len();
            for cut in [0, 1, 2, 3, whole / 2, whole - 1] {
                if cut < whole {
                    assert_eq!(first(&bytes[..cut]), Ok(None), "{cut} of {whole}");
                }
            }
            bytes.extend_from_slice(b"more");
            let frame = first(&bytes).unwrap().unwrap();
            assert_eq!((frame.opcode, frame.len), (TEXT, whole));
            assert_eq!(frame.payload, payload);
        }
    }

    #[test]
    fn what_no_server_sends_is_a_fault() {
        assert!(first(&[0x01, 0]).is_err());
        assert!(first(&[0x81, 0x80, 0, 0, 0, 0]).is_err());
        assert!(first(&[0xc1, 0]).is_err());
    }

    #[test]
    fn what_a_client_sends_is_masked() {
        for len in [3, 125, 126, 1_000] {
            let (mut bytes, payload) = (Vec::new(), vec![b'x'; len]);
            put(BINARY, &payload, &mut Seed::new(1), &mut bytes);
            let head = bytes.len() - len;
            assert_eq!((bytes[0], bytes[1] & 0x80), (0x82, 0x80));
            let key = bytes[head - 4..head].to_vec();
            let plain = bytes[head..].iter().zip(key.iter().cycle());
            assert!(plain.map(|(byte, key)| byte ^ key).eq(payload));
        }
    }
}
