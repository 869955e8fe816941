//! Between phones and a server: passes everything on, but for what it lies about in the server's
//! messages.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

/// The kind of frame, in its first byte.
const CLOSE: u8 = 8;

/// What becomes of a message: these, each so much later than it came.
pub(crate) type Told = Vec<(Duration, Value)>;

/// Decides about the so-manyth message of a kind.
pub(crate) type Lie = fn(u64, Value) -> Told;

/// What is lied about.
#[derive(Clone, Copy)]
pub(crate) struct Liar {
    pub(crate) changes: Lie,
    pub(crate) lists: Lie,
    pub(crate) welcomes: Lie,
    /// The code that a close is told with; none: it is not told, and the connection stays.
    pub(crate) closes: fn(u16) -> Option<u16>,
}

impl Liar {
    pub(crate) const HONEST: Self = Self {
        changes: |_, message| as_it_is(message),
        lists: |_, message| as_it_is(message),
        welcomes: |_, message| as_it_is(message),
        closes: Some,
    };
}

#[derive(Default)]
struct Count {
    changes: AtomicU64,
    lists: AtomicU64,
    welcomes: AtomicU64,
}

pub(crate) fn as_it_is(message: Value) -> Told {
    vec![(Duration::ZERO, message)]
}

/// Answers where it listens. It ends with the runtime.
pub(crate) async fn start(server: &str, liar: Liar) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (server, count) = (server.to_owned(), Arc::new(Count::default()));
    tokio::spawn(async move {
        loop {
            let (phone, _) = listener.accept().await.unwrap();
            let server = TcpStream::connect(&server).await.unwrap();
            let count = Arc::clone(&count);
            tokio::spawn(async move {
                let (from_phone, to_phone) = phone.into_split();
                let (from_server, to_server) = server.into_split();
                tokio::spawn(pass(from_phone, to_server));
                // The connection ends, and with it this.
                let _ = tell(from_server, to_phone, liar, &count).await;
            });
        }
    });
    address
}

async fn pass(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) {
    let _ = tokio::io::copy(&mut from, &mut to).await;
    let _ = to.shutdown().await;
}

/// The head of the answer as it is; frames behind a 101 one by one, anything else as it comes.
async fn tell(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    liar: Liar,
    count: &Count,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(from.read_u8().await?);
    }
    to.write_all(&head).await?;
    if !head.starts_with(b"HTTP/1.1 101") {
        tokio::io::copy(&mut from, &mut to).await?;
        return to.shutdown().await;
    }
    let mut late: VecDeque<(Instant, Vec<u8>)> = VecDeque::new();
    loop {
        let due = late.front().map(|(due, _)| *due);
        let frame = tokio::select! {
            frame = frame(&mut from) => frame?,
            () = until(due) => {
                let (_, bytes) = late.pop_front().unwrap();
                to.write_all(&bytes).await?;
                continue;
            }
        };
        let (first, mut payload) = frame;
        if first & 0xf == CLOSE && payload.len() >= 2 {
            let code = u16::from_be_bytes([payload[0], payload[1]]);
            let Some(told) = (liar.closes)(code) else {
                return std::future::pending().await;
            };
            payload[..2].copy_from_slice(&told.to_be_bytes());
        }
        let message: Option<Value> = serde_json::from_slice(&payload).ok();
        let told = match message {
            Some(message) if message["changes"].is_object() => {
                (liar.changes)(count.changes.fetch_add(1, Ordering::Relaxed), message)
            }
            Some(message) if message["nearby"].is_object() => {
                (liar.lists)(count.lists.fetch_add(1, Ordering::Relaxed), message)
            }
            Some(message) if message["welcome"].is_object() => {
                (liar.welcomes)(count.welcomes.fetch_add(1, Ordering::Relaxed), message)
            }
            Some(message) => as_it_is(message),
            None => {
                to.write_all(&framed(first, &payload)).await?;
                continue;
            }
        };
        for (later, message) in told {
            let bytes = framed(first, message.to_string().as_bytes());
            if later.is_zero() {
                to.write_all(&bytes).await?;
            } else {
                late.push_back((Instant::now() + later, bytes));
            }
        }
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// The first byte and what the frame carries; a server masks nothing.
async fn frame(from: &mut (impl AsyncRead + Unpin)) -> std::io::Result<(u8, Vec<u8>)> {
    let (first, second) = (from.read_u8().await?, from.read_u8().await?);
    let length = match second {
        126 => u64::from(from.read_u16().await?),
        127 => from.read_u64().await?,
        length => u64::from(length),
    };
    let mut payload = vec![0; length as usize];
    from.read_exact(&mut payload).await?;
    Ok((first, payload))
}

fn framed(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        short @ 0..126 => bytes.push(short as u8),
        longer @ 126..65_536 => {
            bytes.push(126);
            bytes.extend((longer as u16).to_be_bytes());
        }
        long => {
            bytes.push(127);
            bytes.extend((long as u64).to_be_bytes());
        }
    }
    bytes.extend(payload);
    bytes
}
