//! The production codec as an echo server, for conformance tools: `cargo run --release --example
//! echo -- --listen 127.0.0.1:9001`.

use std::convert::Infallible;
use std::io::Write as _;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::time::Duration;

use clap::Parser;
use http::{HeaderValue, Request, Response};
use http_body_util::{Either, Empty, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use nearcast::socket::frame::{self, Message, OpCode, Reader, Violation};
use nearcast::socket::upgrade::{Accepted, Line, Refused, accept};
use nearcast::wire::Close;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// Taken from the kernel at once.
const CHUNK: usize = 64 << 10;

/// Room for answers that is kept between two reads.
const KEPT: usize = 1 << 20;

/// How long the other side may take to hang up after the close.
const FAREWELL: Duration = Duration::from_secs(1);

#[derive(Parser)]
struct Arguments {
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The largest message that is taken, in bytes.
    #[arg(long, default_value_t = 16 << 20)]
    max_message: usize,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let Arguments {
        listen,
        max_message,
    } = Arguments::parse();
    let listener = TcpListener::bind(listen).await?;
    let address = listener.local_addr()?;
    writeln!(std::io::stdout(), "listening on http://{address}")?;
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(async move {
            let service =
                service_fn(async |request| Ok::<_, Infallible>(answer(request, max_message)));
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            if let Err(error) = connection.with_upgrades().await {
                eprintln!("serve a request: {error}");
            }
        });
    }
}

type Answer = Response<Either<Empty<Bytes>, Full<Bytes>>>;

fn answer(mut request: Request<Incoming>, max_message: usize) -> Answer {
    match accept(&mut request) {
        Ok((response, accepted)) => {
            tokio::spawn(async move {
                if let Err(error) = converse(accepted, max_message).await {
                    eprintln!("echo: {error}");
                }
            });
            response.map(Either::Left)
        }
        Err(refused) => refusal(refused),
    }
}

fn refusal(refused: Refused) -> Answer {
    let mut response = Response::new(Either::Right(Full::from(refused.sentence())));
    *response.status_mut() = refused.status();
    if let Some((name, value)) = refused.header() {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}

async fn converse(accepted: Accepted, max_message: usize) -> std::io::Result<()> {
    let (Line::Plain(mut stream), mut early) = accepted.stream().await? else {
        unreachable!("no TLS is offered here");
    };
    stream.set_nodelay(true)?;
    let mut echo = Echo {
        reader: Reader::default(),
        max_message,
        out: Vec::new(),
    };
    let mut open = echo.hear(&mut early);
    let mut chunk = vec![0; CHUNK];
    loop {
        // Nothing is read before what was read is answered: a client that does not listen waits.
        stream.write_all(&echo.out).await?;
        if open.is_break() {
            return hang_up(stream).await;
        }
        let arrived = stream.read(&mut chunk).await?;
        if arrived == 0 {
            return Ok(());
        }
        open = echo.hear(&mut chunk[..arrived]);
    }
}

/// Waits for the other side: closed at once, the kernel may throw the close frame away.
async fn hang_up(mut stream: TcpStream) -> std::io::Result<()> {
    stream.shutdown().await?;
    let mut rest = [0; 4096];
    let silence = async { while stream.read(&mut rest).await.is_ok_and(|n| n > 0) {} };
    let _ = timeout(FAREWELL, silence).await;
    Ok(())
}

struct Echo {
    reader: Reader,
    max_message: usize,
    /// What is to be sent.
    out: Vec<u8>,
}

impl Echo {
    /// Answers what these bytes complete; breaks when the connection is to be closed.
    fn hear(&mut self, bytes: &mut [u8]) -> ControlFlow<()> {
        self.out.clear();
        self.out.shrink_to(KEPT);
        let out = &mut self.out;
        let mut open = ControlFlow::Continue(());
        let heard = self.reader.read(bytes, self.max_message, |message| {
            open = answer_message(out, message);
            open
        });
        match heard {
            Ok(_) => open,
            Err(violation) => close(out, violation),
        }
    }
}

fn answer_message(out: &mut Vec<u8>, message: Message<'_>) -> ControlFlow<()> {
    match message {
        Message::Text(text) => frame::write(out, OpCode::Text, text.as_bytes()),
        Message::Binary(bytes) => frame::write(out, OpCode::Binary, bytes),
        Message::Ping(bytes) => frame::write(out, OpCode::Pong, bytes),
        Message::Pong(_) => {}
        Message::Close { code, .. } => {
            frame::close(out, code.unwrap_or(Close::Normal.code()), "");
            return ControlFlow::Break(());
        }
    }
    ControlFlow::Continue(())
}

fn close(out: &mut Vec<u8>, violation: Violation) -> ControlFlow<()> {
    let close = violation.close();
    frame::close(out, close.code(), close.entry().name);
    ControlFlow::Break(())
}
