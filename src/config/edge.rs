//! How connections and requests are treated, before anybody knows whose they are.

use serde::{Deserialize, Serialize};

use crate::wire::MAX_MESSAGE;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Socket {
    /// How long a session is kept for a client that lost its connection.
    pub resume_window_s: u64,
    /// Largest message of a client, in bytes.
    pub max_message: usize,
    /// A connection without hello ends.
    pub hello_s: u64,
    /// A frame or message that is not finished ends its session.
    pub unfinished_s: u64,
    /// Silence before a ping,
    pub ping_every_s: u64,
    /// and after it.
    pub pong_s: u64,
    /// What the kernel may hold for a connection that it has not sent.
    pub notsent_lowat: u32,
    /// Answers that wait for a client that does not read; then it is not read from either.
    pub waiting_max: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// Web origins that may open sessions and use REST from a page, beside the server's own.
    pub origins: Vec<String>,
    /// Networks whose `X-Forwarded-For` and `Forwarded` are believed.
    pub trusted_proxies: Vec<String>,
    /// Time for a request's head, and a TLS handshake.
    pub head_s: u64,
    /// Time for a request, from its head to its answer; an import gets it for each batch.
    pub request_s: u64,
    /// A connection without a request ends.
    pub idle_s: u64,
    /// Largest body, in bytes; an import is read line by line and has none.
    pub max_body: usize,
    /// Lines that one import writes at once.
    pub import_batch: usize,
}

impl Default for Socket {
    fn default() -> Self {
        Self {
            resume_window_s: 60,
            max_message: MAX_MESSAGE,
            hello_s: 5,
            unfinished_s: 60,
            ping_every_s: 25,
            pong_s: 10,
            notsent_lowat: 4096,
            waiting_max: 16_384,
        }
    }
}

impl Default for Http {
    fn default() -> Self {
        Self {
            origins: Vec::new(),
            trusted_proxies: Vec::new(),
            head_s: 10,
            request_s: 30,
            idle_s: 60,
            max_body: 65_536,
            import_batch: 5_000,
        }
    }
}
