//! A WebSocket by hand, for what no client would say.

use std::time::Duration;

use nearcast::wire::{Encoding, ServerMessage, decode_server};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(10);
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// What a wire speaks over, TLS or not.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

pub(crate) struct Wire {
    stream: Box<dyn Stream>,
    /// The head of the answer to the upgrade, in lower case.
    pub(crate) head: String,
}

impl Wire {
    pub(super) async fn upgrade(stream: Box<dyn Stream>, headers: &str) -> Result<Self, u16> {
        Self::upgrade_saying(stream, headers, b"").await
    }

    /// Sends these bytes behind the request without waiting for its answer.
    pub(super) async fn upgrade_saying(
        mut stream: Box<dyn Stream>,
        headers: &str,
        first: &[u8],
    ) -> Result<Self, u16> {
        let request = [&upgrade(headers)[..], first].concat();
        stream.write_all(&request).await.unwrap();
        stream.flush().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap().to_lowercase();
        match head[9..12].parse() {
            Ok(101) => Ok(Self { stream, head }),
            Ok(status) => Err(status),
            Err(error) => panic!("{error}: {head}"),
        }
    }

    pub(crate) async fn text(&mut self, text: &str) {
        self.frame(TEXT, text.as_bytes()).await;
    }

    pub(crate) async fn binary(&mut self, bytes: &[u8]) {
        self.frame(BINARY, bytes).await;
    }

    pub(crate) async fn ping(&mut self, payload: &[u8]) {
        self.frame(PING, payload).await;
    }

    /// A head that promises five bytes, and two of them.
    pub(crate) async fn begins_a_message(&mut self) {
        let begun = [0x80 | TEXT, 0x80 | 5, 0, 0, 0, 0, b'{', b'"'];
        self.bytes(&begun).await;
    }

    /// Messages in one write but for the last bytes, which are answered.
    pub(crate) async fn texts_at_once(&mut self, texts: &[&str], but: usize) -> Vec<u8> {
        let mut bytes: Vec<u8> = texts
            .iter()
            .flat_map(|text| frame(TEXT, text.as_bytes()))
            .collect();
        let rest = bytes.split_off(bytes.len() - but);
        self.bytes(&bytes).await;
        rest
    }

    pub(crate) async fn bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    async fn frame(&mut self, opcode: u8, payload: &[u8]) {
        self.bytes(&frame(opcode, payload)).await;
    }

    /// Says hello as this user and takes welcome and the first list.
    pub(crate) async fn hello(&mut self, token: &str) {
        self.say(&json!({"hello": {"token": token}})).await;
        let welcome = self.hears().await;
        assert!(welcome["welcome"].is_object(), "{welcome}");
        let list = self.hears().await;
        assert!(list["nearby"].is_object(), "{list}");
    }

    pub(crate) async fn say(&mut self, message: &Value) {
        self.text(&message.to_string()).await;
    }

    /// What comes next: a message as it is, `{"close": code}`, `{"ping": text}`, `{"pong": text}`
    /// for the control frames, `"end"` when the connection has ended.
    pub(crate) async fn hears(&mut self) -> Value {
        let Some((opcode, payload)) = self.receive().await else {
            return json!("end");
        };
        match opcode {
            TEXT => serde_json::from_slice(&payload).unwrap(),
            CLOSE => json!({"close": u16::from_be_bytes([payload[0], payload[1]])}),
            PING => json!({"ping": String::from_utf8(payload).unwrap()}),
            PONG => json!({"pong": String::from_utf8(payload).unwrap()}),
            other => panic!("opcode {other}"),
        }
    }

    /// A message of a protobuf session.
    pub(crate) async fn hears_protobuf(&mut self) -> ServerMessage {
        let (opcode, payload) = self.receive().await.unwrap();
        assert_eq!(opcode, BINARY);
        decode_server(Encoding::Protobuf, &payload).unwrap()
    }

    /// Goodbye where there is one, close, and the end of the connection: the code of all.
    pub(crate) async fn closes(&mut self) -> u64 {
        let mut heard = self.hears().await;
        let goodbye = heard["goodbye"]["code"].as_u64();
        if goodbye.is_some() {
            heard = self.hears().await;
        }
        let code = heard["close"].as_u64();
        let code = code.unwrap_or_else(|| panic!("no close: {heard}"));
        assert!(goodbye.is_none_or(|goodbye| goodbye == code));
        assert_eq!(self.hears().await, "end");
        code
    }

    /// How the connection ends, after its last frame: whether the server has said that it does.
    pub(super) async fn is_ended_by_a_word(&mut self) -> bool {
        let read = timeout(PATIENCE, self.stream.read(&mut [0])).await;
        match read.expect("the connection ends in time") {
            Ok(bytes) => {
                assert_eq!(bytes, 0, "nothing follows the close frame");
                true
            }
            Err(_) => false,
        }
    }

    async fn receive(&mut self) -> Option<(u8, Vec<u8>)> {
        let received = timeout(PATIENCE, receive(&mut self.stream)).await;
        received.expect("the server says something in time")
    }
}

async fn receive(stream: &mut Box<dyn Stream>) -> Option<(u8, Vec<u8>)> {
    let first = stream.read_u8().await.ok()?;
    assert_eq!(first & 0xf0, 0x80, "one frame per message");
    let length = match stream.read_u8().await.unwrap() {
        126 => u64::from(stream.read_u16().await.unwrap()),
        127 => stream.read_u64().await.unwrap(),
        length => u64::from(length),
    };
    let mut payload = vec![0; length as usize];
    stream.read_exact(&mut payload).await.unwrap();
    Some((first & 0x0f, payload))
}

/// The request that begins a WebSocket.
pub(super) fn upgrade(headers: &str) -> Vec<u8> {
    let head = "GET /v1/ws HTTP/1.1\r\nHost: near.example\r\nConnection: Upgrade\r\n\
                Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    format!("{head}{headers}\r\n").into_bytes()
}

/// A message of text as a client sends it.
pub(super) fn text_frame(text: &str) -> Vec<u8> {
    frame(TEXT, text.as_bytes())
}

/// Masked with zeros: the bytes are as they are.
fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x80 | opcode];
    match u8::try_from(payload.len()) {
        Ok(length @ 0..126) => frame.push(0x80 | length),
        _ => {
            let length = u16::try_from(payload.len()).unwrap();
            frame.push(0x80 | 126);
            frame.extend(length.to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}
