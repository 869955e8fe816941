//! A WebSocket client that sends exactly the bytes it is told to.

use std::time::Duration;

use fastwebsockets::unmask;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use super::process::{PATIENCE, Process, token};

pub(crate) const TEXT: u8 = 0x81;
pub(crate) const PING: u8 = 0x89;
const CLOSE: u8 = 0x88;
const PONG: u8 = 0x8a;

/// Between two bytes of who drips.
const BEAT: Duration = Duration::from_millis(100);

const MASK: [u8; 4] = [0x13, 0x57, 0x9b, 0xdf];

pub(crate) struct Raw {
    pub(crate) tcp: TcpStream,
    arrived: Vec<u8>,
    /// Bytes of the server since the upgrade.
    pub(crate) received: usize,
}

/// One frame of the server.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Frame {
    Message(Value),
    Ping,
    Pong(Vec<u8>),
    Close(u16),
    /// The connection ended.
    End,
}

/// Everything up to the end of a connection.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    pub(crate) messages: Vec<Value>,
    pub(crate) pongs: usize,
    /// Of the close frame; 0 for none.
    pub(crate) close: u16,
}

impl Raw {
    /// After the upgrade, before `hello`.
    pub(crate) async fn open(process: &Process, user: &str) -> Self {
        Self::with_buffer(process, user, 64 * 1024).await
    }

    /// Whose kernel takes about so much for it.
    pub(crate) async fn with_buffer(process: &Process, user: &str, bytes: u32) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(bytes).unwrap();
        let tcp = socket.connect(process.address).await.unwrap();
        tcp.set_nodelay(true).unwrap();
        let mut raw = Self {
            tcp,
            arrived: Vec::new(),
            received: 0,
        };
        raw.send(&upgrade(user)).await;
        raw.upgraded().await;
        raw
    }

    /// The same, said one byte at a time.
    pub(crate) async fn open_bytewise(process: &Process, user: &str) -> Self {
        let tcp = TcpStream::connect(process.address).await.unwrap();
        tcp.set_nodelay(true).unwrap();
        let mut raw = Self {
            tcp,
            arrived: Vec::new(),
            received: 0,
        };
        raw.send_bytewise(&upgrade(user)).await;
        raw.upgraded().await;
        raw
    }

    async fn upgraded(&mut self) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.tcp.read_u8().await.unwrap());
        }
        assert!(
            head.starts_with(b"HTTP/1.1 101 "),
            "{}",
            String::from_utf8_lossy(&head)
        );
    }

    /// A session that has begun.
    pub(crate) async fn live(process: &Process, user: &str) -> Self {
        let mut raw = Self::open(process, user).await;
        raw.begin().await;
        raw
    }

    pub(crate) async fn begin(&mut self) {
        self.say(&json!({"hello": {}})).await;
        self.until("nearby").await;
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.tcp.write_all(bytes).await.unwrap();
    }

    pub(crate) async fn send_bytewise(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.send(&[*byte]).await;
        }
    }

    pub(crate) async fn say(&mut self, message: &Value) {
        self.send(&frame(TEXT, message.to_string().as_bytes()))
            .await;
    }

    /// Sends as long as the server takes it, or this often.
    pub(crate) async fn flood(&mut self, bytes: &[u8], times: usize) {
        for _ in 0..times {
            if self.tcp.write_all(bytes).await.is_err() {
                return;
            }
        }
    }

    pub(crate) async fn next(&mut self) -> Frame {
        timeout(PATIENCE, self.read_frame()).await.unwrap()
    }

    /// Whether the server has ended it, or a close frame has come.
    pub(crate) async fn is_over(&mut self) -> bool {
        let next = timeout(BEAT, self.read_frame()).await;
        matches!(next, Ok(Frame::Close(_) | Frame::End))
    }

    async fn read_frame(&mut self) -> Frame {
        loop {
            if let Some(frame) = self.take() {
                return frame;
            }
            // A reset is an end, too: the server need not read what it does not want.
            let read = self.tcp.read_buf(&mut self.arrived).await.unwrap_or(0);
            if read == 0 {
                return Frame::End;
            }
            self.received += read;
        }
    }

    fn take(&mut self) -> Option<Frame> {
        let (&first, &short) = (self.arrived.first()?, self.arrived.get(1)?);
        let (from, length) = match short {
            126 => {
                let wide = self.arrived.get(2..4)?;
                (4, usize::from(u16::from_be_bytes(wide.try_into().unwrap())))
            }
            127 => {
                let wide = self.arrived.get(2..10)?;
                (10, u64::from_be_bytes(wide.try_into().unwrap()) as usize)
            }
            short => (2, usize::from(short)),
        };
        let payload = self.arrived.get(from..from + length)?.to_vec();
        self.arrived.drain(..from + length);
        Some(match first {
            PING => Frame::Ping,
            PONG => Frame::Pong(payload),
            CLOSE => Frame::Close(u16::from_be_bytes([payload[0], payload[1]])),
            TEXT => Frame::Message(serde_json::from_slice(&payload).unwrap()),
            first => panic!("a server sends no {first:#x}"),
        })
    }

    /// The next message of this kind.
    pub(crate) async fn until(&mut self, kind: &str) -> Value {
        loop {
            match self.next().await {
                Frame::Message(message) if message.get(kind).is_some() => return message,
                Frame::Close(_) | Frame::End => panic!("no {kind} came"),
                _ => {}
            }
        }
    }

    pub(crate) async fn ending(mut self) -> Ending {
        let mut ending = Ending::default();
        loop {
            match self.next().await {
                Frame::Message(message) => ending.messages.push(message),
                Frame::Pong(_) => ending.pongs += 1,
                Frame::Ping => {}
                Frame::Close(code) => ending.close = code,
                Frame::End => return ending,
            }
        }
    }
}

impl Ending {
    /// How many errors of this code.
    pub(crate) fn errors(&self, code: u64) -> usize {
        let errors = self.messages.iter();
        errors
            .filter(|message| message["error"]["code"] == code)
            .count()
    }
}

pub(crate) fn upgrade(user: &str) -> Vec<u8> {
    format!(
        "GET /v1/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Authorization: Bearer {}\r\n\r\n",
        token(user)
    )
    .into_bytes()
}

/// A masked frame; `first` is its first byte.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = head(first, payload.len());
    let from = bytes.len();
    bytes.extend_from_slice(payload);
    unmask(&mut bytes[from..], MASK);
    bytes
}

/// The head of a masked frame that promises so many bytes.
pub(crate) fn head(first: u8, length: usize) -> Vec<u8> {
    let mut bytes = vec![first];
    match length {
        0..126 => bytes.push(0x80 | length as u8),
        126..65536 => {
            bytes.push(0x80 | 126);
            bytes.extend((length as u16).to_be_bytes());
        }
        _ => {
            bytes.push(0x80 | 127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    bytes.extend(MASK);
    bytes
}

pub(crate) fn move_to(id: Option<u32>, lat: f64, lon: f64) -> Value {
    match id {
        Some(id) => json!({"id": id, "move": {"lat": lat, "lon": lon}}),
        None => json!({"move": {"lat": lat, "lon": lon}}),
    }
}
