//! What Redis says over a connection that speaks RESP3, and what is said to it: only what a
//! gateway needs. Pure: no socket.

/// One thing that Redis said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Said<'a> {
    /// Published on a channel.
    Message {
        channel: &'a [u8],
        text: &'a [u8],
    },
    /// The answer to `echo`.
    Echo(&'a [u8]),
    Error(&'a [u8]),
    /// Anything else: numbers, confirmations, the answer to `HELLO`.
    Other,
}

/// The first thing in these bytes and its length; none: it is not there in whole.
pub(crate) fn first(bytes: &[u8]) -> Result<Option<(Said<'_>, usize)>, String> {
    let mut rest = bytes;
    let Some(said) = take(&mut rest)? else {
        return Ok(None);
    };
    let len = bytes.len() - rest.len();
    let said = match said {
        Value::Bulk(text) => Said::Echo(text),
        Value::Error(why) => Said::Error(why),
        Value::Message(channel, text) => Said::Message { channel, text },
        Value::Other => Said::Other,
    };
    Ok(Some((said, len)))
}

enum Value<'a> {
    Bulk(&'a [u8]),
    Error(&'a [u8]),
    Message(&'a [u8], &'a [u8]),
    Other,
}

fn take<'a>(rest: &mut &'a [u8]) -> Result<Option<Value<'a>>, String> {
    let Some(line) = line(rest) else {
        return Ok(None);
    };
    let Some((&kind, words)) = line.split_first() else {
        return Err("Redis said an empty line".to_owned());
    };
    match kind {
        b'+' | b':' | b'_' | b'#' | b',' => Ok(Some(Value::Other)),
        b'-' => Ok(Some(Value::Error(words))),
        b'$' => Ok(bulk(rest, number(words)?).map(Value::Bulk)),
        b'>' | b'*' => several(rest, number(words)?),
        b'%' => several(rest, 2 * number(words)?),
        other => Err(format!("Redis said {:?}", char::from(other))),
    }
}

fn several<'a>(rest: &mut &'a [u8], count: usize) -> Result<Option<Value<'a>>, String> {
    let mut texts: [&[u8]; 3] = [&[]; 3];
    for index in 0..count {
        let Some(value) = take(rest)? else {
            return Ok(None);
        };
        if let (Value::Bulk(text), Some(place)) = (value, texts.get_mut(index)) {
            *place = text;
        }
    }
    Ok(Some(match texts {
        [b"message", channel, text] if count == 3 => Value::Message(channel, text),
        _ => Value::Other,
    }))
}

fn line<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = rest.windows(2).position(|two| two == b"\r\n")?;
    let line = &rest[..end];
    *rest = &rest[end + 2..];
    Some(line)
}

fn bulk<'a>(rest: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let text = rest.get(..len)?;
    *rest = rest.get(len + 2..)?;
    Some(text)
}

fn number(words: &[u8]) -> Result<usize, String> {
    let text = std::str::from_utf8(words).unwrap_or_default();
    text.parse()
        .map_err(|_| format!("Redis counted {text:?} of something"))
}

/// Appends a command.
pub(crate) fn command(out: &mut Vec<u8>, words: &[&[u8]]) {
    head(out, b'*', words.len());
    for word in words {
        head(out, b'$', word.len());
        out.extend_from_slice(word);
        out.extend_from_slice(b"\r\n");
    }
}

fn head(out: &mut Vec<u8>, kind: u8, count: usize) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut left = count;
    loop {
        at -= 1;
        digits[at] = b'0' + (left % 10) as u8;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    out.push(kind);
    out.extend_from_slice(&digits[at..]);
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_found_when_it_is_there_in_whole() {
        let bytes = b">3\r\n$7\r\nmessage\r\n$2\r\n17\r\n$5\r\nhello\r\n:2\r\n";
        for cut in 0..bytes.len() - 4 {
            assert_eq!(first(&bytes[..cut]), Ok(None), "{cut}");
        }
        let message = Said::Message {
            channel: b"17",
            text: b"hello",
        };
        assert_eq!(first(bytes), Ok(Some((message, bytes.len() - 4))));
        assert_eq!(first(b":2\r\n"), Ok(Some((Said::Other, 4))));
    }

    #[test]
    fn the_rest_of_what_redis_says_is_told_apart() {
        let subscribed = b">3\r\n$9\r\nsubscribe\r\n$2\r\n17\r\n:1\r\n";
        assert_eq!(first(subscribed), Ok(Some((Said::Other, subscribed.len()))));
        let hello = b"%2\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nmodules\r\n*0\r\n";
        assert_eq!(first(hello), Ok(Some((Said::Other, hello.len()))));
        assert_eq!(first(b"$1\r\n5\r\n"), Ok(Some((Said::Echo(b"5"), 7))));
        assert_eq!(first(b"-ERR no\r\n"), Ok(Some((Said::Error(b"ERR no"), 9))));
        assert!(first(b"what\r\n").is_err());
    }

    #[test]
    fn a_command_is_an_array_of_its_words() {
        let mut out = Vec::new();
        command(&mut out, &[b"PUBLISH", b"17", b"0123456789"]);
        assert_eq!(
            out,
            b"*3\r\n$7\r\nPUBLISH\r\n$2\r\n17\r\n$10\r\n0123456789\r\n"
        );
    }
}
