//! A relay as most would write it in Rust: tokio, fastwebsockets, a task and a bounded channel per
//! connection, and a map of groups. It is measured, not used: nothing here is tuned.

use std::convert::Infallible;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dashmap::DashMap;
use fastwebsockets::upgrade::{UpgradeFut, upgrade};
use fastwebsockets::{FragmentCollector, Frame, OpCode, Payload, WebSocketError};
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// Messages that wait for one connection; what finds no room is dropped.
const WAITING: usize = 64;

type Groups = DashMap<String, Vec<(u64, mpsc::Sender<Bytes>)>>;

#[derive(Default)]
struct Relay {
    groups: Groups,
    next: AtomicU64,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let relay = Arc::new(Relay::default());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    writeln!(
        std::io::stdout(),
        "listening on ws://{}",
        listener.local_addr()?
    )?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(serve(stream, Arc::clone(&relay)));
    }
}

async fn serve(stream: TcpStream, relay: Arc<Relay>) {
    let service = service_fn(|request| {
        let relay = Arc::clone(&relay);
        async move { Ok::<_, Infallible>(answer(request, relay)) }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.with_upgrades().await {
        eprintln!("serve a request: {error}");
    }
}

fn answer(mut request: Request<Incoming>, relay: Arc<Relay>) -> Response<Empty<Bytes>> {
    match upgrade(&mut request) {
        Ok((response, upgraded)) => {
            tokio::spawn(async move {
                if let Err(error) = converse(upgraded, &relay).await {
                    eprintln!("converse: {error}");
                }
            });
            response
        }
        Err(_) => {
            let mut response = Response::new(Empty::new());
            *response.status_mut() = hyper::StatusCode::BAD_REQUEST;
            response
        }
    }
}

async fn converse(upgraded: UpgradeFut, relay: &Relay) -> Result<(), WebSocketError> {
    let mut socket = FragmentCollector::new(upgraded.await?);
    let (sender, mut waiting) = mpsc::channel::<Bytes>(WAITING);
    let me = relay.next.fetch_add(1, Ordering::Relaxed);
    let mut group: Option<String> = None;
    let talked = loop {
        // A frame that comes in pieces may be lost here, as many find out; the bench's come whole.
        tokio::select! {
            Some(text) = waiting.recv() => {
                let frame = Frame::text(Payload::Borrowed(&text));
                if let Err(error) = socket.write_frame(frame).await {
                    break Err(error);
                }
            }
            frame = socket.read_frame() => match frame {
                Err(error) => break Err(error),
                Ok(frame) if frame.opcode == OpCode::Close => break Ok(()),
                Ok(frame) => match &group {
                    Some(name) => relay.tell(name, me, &Bytes::copy_from_slice(&frame.payload)),
                    None => group = Some(relay.join(&frame.payload, me, &sender)),
                },
            }
        }
    };
    if let Some(mut members) = group.and_then(|name| relay.groups.get_mut(&name)) {
        members.retain(|(member, _)| *member != me);
    }
    talked
}

impl Relay {
    /// `join GROUP …`
    fn join(&self, text: &[u8], me: u64, sender: &mpsc::Sender<Bytes>) -> String {
        let text = String::from_utf8_lossy(text);
        let name = text.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut members = self.groups.entry(name.clone()).or_default();
        members.push((me, sender.clone()));
        let _ = sender.try_send(Bytes::from_static(b"joined"));
        name
    }

    fn tell(&self, group: &str, but: u64, text: &Bytes) {
        let Some(members) = self.groups.get(group) else {
            return;
        };
        for (member, sender) in members.iter() {
            if *member != but {
                let _ = sender.try_send(text.clone());
            }
        }
    }
}
