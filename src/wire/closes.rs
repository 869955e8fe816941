//! Every way a session ends and every error a command gets, in one table each: what it is
//! called, what it means, what a client should do.
//!
//! A close code's range alone says whether to come back, so a client needs no table of its own;
//! the assertions below hold the two against each other when this is compiled.

use super::server::{ErrorReply, Goodbye};

/// One row of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub code: u16,
    /// Short and stable, for logs, metrics and `goodbye.why`.
    pub name: &'static str,
    /// What happened.
    pub sentence: &'static str,
    /// What a client should do.
    pub advice: &'static str,
}

macro_rules! table {
    ($(#[$doc:meta])* $table:ident { $($variant:ident = $code:literal $name:literal, $sentence:literal, $advice:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub enum $table {
            $(#[doc = $sentence] $variant = $code,)+
        }

        impl $table {
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its row of the table.
            #[must_use]
            pub const fn entry(self) -> Entry {
                match self {
                    $(Self::$variant => Entry {
                        code: $code,
                        name: $name,
                        sentence: $sentence,
                        advice: $advice,
                    },)+
                }
            }

            #[must_use]
            pub const fn code(self) -> u16 {
                self as u16
            }
        }
    };
}

table! {
    /// Why the server closes a session.
    Close {
        Normal = 1000 "normal", "The client said bye.", "Nothing: the session has ended.";
        Protocol = 1002 "protocol", "A frame was against RFC 6455.", "Repair the WebSocket library; do not come back by yourself.";
        Unsupported = 1003 "unsupported", "A text frame in a binary session, or the other way round.", "Send the frames of the sub-protocol that was agreed.";
        InvalidText = 1007 "invalid_text", "A text frame was not UTF-8.", "Repair the encoder; do not come back by yourself.";
        TooLarge = 1009 "too_large", "A message was larger than 16 KiB.", "Send less; do not come back by yourself.";
        Internal = 1011 "internal", "The server made a mistake.", "Come back with back-off.";
        Shutdown = 3001 "shutdown", "The server shuts down or drains.", "Come back after `after_ms`, to `url` if there is one, with resume.";
        TokenExpired = 3005 "token_expired", "The token of the session has expired.", "Fetch a new token, then come back with resume.";
        Unfinished = 3008 "unfinished", "A frame or message was not finished within 60 s.", "Come back with back-off and resume.";
        NoTraffic = 3012 "no_traffic", "No byte arrived, not even an answer to a ping.", "Come back at once with resume when the network is there again.";
        TooManyRequests = 3013 "too_many_requests", "The client went on after error 111.", "Come back with back-off and send less.";
        ResumedElsewhere = 3014 "resumed_elsewhere", "Another connection returned with this session's resume token.", "Use that connection; a client that has none comes back with back-off.";
        InvalidToken = 3500 "invalid_token", "The token is not valid here.", "Sign in again; do not come back with this token.";
        BadRequest = 3501 "bad_request", "Before hello came what is no message or another command, or the hello has a fault.", "Repair the client; do not come back by yourself.";
        NoHello = 3502 "no_hello", "No hello came within 5 s.", "Say hello first; do not come back by yourself.";
        SessionLimit = 3504 "session_limit", "The user opened more sessions than allowed; this was the oldest.", "Stay away unless the user asks for this device again.";
        Erased = 3505 "erased", "The user was erased.", "Forget the user and everything received.";
    }
}

table! {
    /// Why a command was refused; the session goes on.
    ErrorCode {
        Internal = 100 "internal", "The server made a mistake.", "Try again later.";
        Unauthorized = 101 "unauthorized", "The credential does not allow this.", "Sign in again.";
        Denied = 103 "denied", "This is not allowed, or not with this person.", "Do not ask again; the same answer covers unknown, blocked and declined.";
        NotFound = 104 "not_found", "There is no such command, person or page.", "Look at the version of the server, or ask anew without a cursor.";
        BadRequest = 107 "bad_request", "The message is malformed or a value is out of range; the text names it.", "Repair the client.";
        TokenExpired = 109 "token_expired", "The token has expired.", "Fetch a new token and send refresh.";
        TooManyRequests = 111 "too_many_requests", "More than the limits allow.", "Wait and send less; who goes on is closed with 3013.";
    }
}

impl Close {
    /// Whether a client should come back by itself. From 3000 on the range alone says so; of the
    /// RFC's codes only the server's own mistake is worth another try.
    #[must_use]
    pub const fn reconnect(self) -> bool {
        reconnect_by_range(self.code())
    }

    /// The last message of the session, from the table. `after_ms` goes with every shutdown.
    #[must_use]
    pub fn goodbye(self, after_ms: Option<u64>, url: Option<String>) -> Goodbye {
        debug_assert!(
            self != Self::Shutdown || after_ms.is_some(),
            "all who are sent away at once would return at once"
        );
        Goodbye {
            code: self.code().into(),
            why: self.entry().name.to_owned(),
            reconnect: self.reconnect(),
            after_ms,
            url,
        }
    }
}

/// What every client does with any close code, also one it has never heard of.
#[must_use]
pub const fn reconnect_by_range(code: u16) -> bool {
    matches!(code, 1011 | 3000..=3499)
}

impl ErrorCode {
    /// Whether the same command may succeed later.
    #[must_use]
    pub const fn temporary(self) -> bool {
        matches!(self, Self::Internal | Self::TooManyRequests)
    }

    /// The body of an `error` with this sentence for the developer at the other end.
    #[must_use]
    pub fn reply(self, message: impl Into<String>) -> ErrorReply {
        ErrorReply {
            code: self.code().into(),
            message: message.into(),
            temporary: self.temporary(),
        }
    }
}

/// The ranges keep apart what they must: nobody hammers a server with a token that will never do,
/// nobody stays away after a restart.
const _: () = {
    let comes_back = [
        Close::Shutdown,
        Close::TokenExpired,
        Close::Unfinished,
        Close::NoTraffic,
        Close::TooManyRequests,
        Close::ResumedElsewhere,
    ];
    let stays_away = [
        Close::Normal,
        Close::InvalidToken,
        Close::BadRequest,
        Close::NoHello,
        Close::SessionLimit,
        Close::Erased,
    ];
    let mut i = 0;
    while i < comes_back.len() {
        assert!(comes_back[i].reconnect());
        assert!(!stays_away[i].reconnect());
        i += 1;
    }
    assert!(comes_back.len() == stays_away.len());
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_protocol_stands_in_the_tables_once_and_in_order() {
        let closes: Vec<_> = Close::ALL.iter().map(|close| close.code()).collect();
        let own: Vec<_> = closes.iter().filter(|code| **code >= 3000).collect();
        assert_eq!(
            own,
            [
                &3001, &3005, &3008, &3012, &3013, &3014, &3500, &3501, &3502, &3504, &3505
            ]
        );
        assert!(closes.is_sorted());
        let errors: Vec<_> = ErrorCode::ALL.iter().map(|error| error.code()).collect();
        assert_eq!(errors, [100, 101, 103, 104, 107, 109, 111]);
    }

    #[test]
    fn every_entry_says_what_happened_and_what_to_do() {
        let closes = Close::ALL.iter().map(|close| close.entry());
        let errors = ErrorCode::ALL.iter().map(|error| error.entry());
        for entry in closes.chain(errors) {
            assert!(
                entry
                    .name
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b == b'_')
            );
            assert!(entry.sentence.ends_with('.') && entry.advice.ends_with('.'));
        }
    }

    #[test]
    fn a_close_reason_fits_a_close_frame() {
        assert!(
            Close::ALL
                .iter()
                .all(|close| close.entry().name.len() <= 123)
        );
    }

    #[test]
    fn advice_to_come_back_and_the_range_agree() {
        for close in Close::ALL {
            let advice = close.entry().advice;
            let says_back = advice.contains("ome back") && !advice.contains("do not come back");
            let by_other = matches!(close, Close::ResumedElsewhere);
            assert!(says_back == close.reconnect() || by_other, "{close:?}");
        }
    }

    #[test]
    fn goodbye_says_what_the_table_says() {
        let goodbye = Close::Shutdown.goodbye(Some(1500), None);
        assert_eq!((goodbye.code, goodbye.why.as_str()), (3001, "shutdown"));
        assert!(goodbye.reconnect);
        assert!(!Close::SessionLimit.goodbye(None, None).reconnect);
    }
}
