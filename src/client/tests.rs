//! The client against a small server that says what each test wants.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use fastwebsockets::upgrade::upgrade;
use fastwebsockets::{Frame, OpCode, Payload, WebSocket};
use http::{Response, StatusCode, header};
use http_body_util::Empty;
use hyper::Request;
use hyper::body::Bytes;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, duplex};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::*;
use crate::wire::client::Hello;
use crate::wire::server::{Changes, ErrorReply, OkReply, Welcome};
use crate::wire::{Modes, Sharing, UserId, decode_client, encode_server};

type Socket = WebSocket<TokioIo<Upgraded>>;
type Answer = Result<Response<Empty<Bytes>>, Infallible>;

/// The server's end of a stream, upgraded; None when it refused.
async fn accept(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Option<Socket> {
    let (tell, mut told) = mpsc::channel(1);
    let service = service_fn(move |request| answer(request, tell.clone()));
    let connection = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::spawn(connection);
    let mut socket: Socket = told.recv().await?;
    socket.set_auto_pong(false);
    socket.set_auto_close(false);
    Some(socket)
}

async fn answer(mut request: Request<hyper::body::Incoming>, tell: mpsc::Sender<Socket>) -> Answer {
    let bearer = request.headers().get(header::AUTHORIZATION);
    if bearer.is_some_and(|token| token != "Bearer good") {
        let mut refused = Response::new(Empty::new());
        *refused.status_mut() = StatusCode::UNAUTHORIZED;
        return Ok(refused);
    }
    let protocol = request.headers()[header::SEC_WEBSOCKET_PROTOCOL].clone();
    let (mut response, upgraded) = upgrade(&mut request).unwrap();
    response
        .headers_mut()
        .insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
    tokio::spawn(async move { tell.send(upgraded.await.unwrap()).await });
    Ok(response)
}

/// A client and its server over a pipe that takes a few bytes at a time.
async fn pair(encoding: Encoding) -> (Client, Socket) {
    let (near, far): (DuplexStream, _) = duplex(61);
    let address = Address::parse("ws://town").unwrap();
    let client = Client::upgrade(near, &address, encoding, None);
    let (client, socket) = tokio::join!(client, accept(far));
    (client.unwrap(), socket.unwrap())
}

async fn tell(socket: &mut Socket, encoding: Encoding, body: Event) {
    let mut bytes = Vec::new();
    encode_server(encoding, &ServerMessage { id: None, body }, &mut bytes);
    let payload = Payload::Owned(bytes);
    let frame = match encoding {
        Encoding::Json => Frame::text(payload),
        Encoding::Protobuf => Frame::binary(payload),
    };
    socket.write_frame(frame).await.unwrap();
}

async fn told(socket: &mut Socket, encoding: Encoding) -> ClientMessage {
    let frame = socket.read_frame().await.unwrap();
    decode_client(encoding, &frame.payload).unwrap()
}

fn hello() -> ClientMessage {
    ClientMessage {
        id: Some(7),
        body: Command::Hello(Hello {
            token: Some("t".repeat(300)),
            seq: Some(41),
            ..Hello::default()
        }),
    }
}

fn welcome(resumed: bool) -> Event {
    Event::Welcome(Welcome {
        user: UserId::new("ann").unwrap(),
        session: "s".to_owned(),
        resume: "r2".to_owned(),
        resumed,
        server_time: 1,
        ping_every_s: 25,
        move_every_s: 30,
        move_min_m: 10.0,
        radius_m: 8047.0,
        margin_m: 100.0,
        modes: Modes::FRIENDS,
        sharing: Sharing::Exact,
        sharing_until: None,
        cells: Vec::new(),
        reach_m: None,
        node: "n".to_owned(),
    })
}

fn changes(seq: u64) -> Event {
    Event::Changes(Changes {
        seq,
        at: 1,
        cells: vec!["wydm9q".to_owned(); 50],
        ..Changes::default()
    })
}

fn message(body: Event) -> Heard {
    Heard::Message(ServerMessage { id: None, body })
}

#[tokio::test]
async fn what_each_side_says_arrives_in_both_encodings() {
    for encoding in Encoding::ALL {
        let (mut client, mut socket) = pair(encoding).await;
        let (said, heard) = (hello(), told(&mut socket, encoding));
        let (sent, heard) = tokio::join!(client.send(&said), heard);
        sent.unwrap();
        assert_eq!(heard, hello());
        for event in [welcome(true), Event::Ok(OkReply::default()), changes(42)] {
            let (heard, ()) =
                tokio::join!(client.next(), tell(&mut socket, encoding, event.clone()));
            assert_eq!(heard, message(event));
        }
        let returning = client.returning().unwrap();
        assert_eq!((returning.resume.as_str(), returning.seq), ("r2", 42));
    }
}

#[tokio::test]
async fn a_session_that_was_not_resumed_counts_from_one() {
    let (mut client, mut socket) = pair(Encoding::Json).await;
    let (said, heard) = (hello(), told(&mut socket, Encoding::Json));
    let (sent, _) = tokio::join!(client.send(&said), heard);
    sent.unwrap();
    assert_eq!(client.seq(), 41);
    let (_, ()) = tokio::join!(
        client.next(),
        tell(&mut socket, Encoding::Json, welcome(false))
    );
    assert_eq!(client.seq(), 0);
}

#[tokio::test]
async fn giving_up_on_the_next_message_loses_nothing() {
    let (mut client, mut socket) = pair(Encoding::Protobuf).await;
    let server = tokio::spawn(async move {
        for seq in 1..=50 {
            tell(&mut socket, Encoding::Protobuf, changes(seq)).await;
        }
        socket
    });
    let (mut seqs, mut given_up) = (Vec::new(), 0);
    while seqs.len() < 50 {
        // Asked once and dropped, whatever had been read by then.
        let asked = {
            let mut next = pin!(client.next());
            poll_fn(|context| Poll::Ready(next.as_mut().poll(context))).await
        };
        match asked {
            Poll::Ready(Heard::Message(heard)) => match heard.body {
                Event::Changes(changes) => seqs.push(changes.seq),
                other => panic!("{other:?}"),
            },
            Poll::Ready(closed) => panic!("{closed:?}"),
            Poll::Pending => {
                given_up += 1;
                tokio::task::yield_now().await;
            }
        }
    }
    assert_eq!(seqs, (1..=50).collect::<Vec<_>>());
    assert!(given_up > 50, "{given_up}");
    server.await.unwrap();
}

#[tokio::test]
async fn pings_of_both_kinds_are_answered() {
    let (mut client, mut socket) = pair(Encoding::Json).await;
    let server = async {
        let ping = Frame::new(true, OpCode::Ping, None, Payload::Borrowed(b"there?"));
        socket.write_frame(ping).await.unwrap();
        let pong = socket.read_frame().await.unwrap();
        assert_eq!(
            (pong.opcode, &pong.payload[..]),
            (OpCode::Pong, &b"there?"[..])
        );
        tell(&mut socket, Encoding::Json, Event::Ping).await;
        assert_eq!(told(&mut socket, Encoding::Json).await.body, Command::Pong);
        tell(&mut socket, Encoding::Json, changes(1)).await;
    };
    let client = async {
        assert_eq!(client.next().await, message(Event::Ping));
        assert_eq!(client.next().await, message(changes(1)));
    };
    tokio::join!(server, client);
}

#[tokio::test]
async fn a_silent_client_answers_no_ping() {
    let (mut client, mut socket) = pair(Encoding::Json).await;
    client.fall_silent();
    let server = async {
        tell(&mut socket, Encoding::Json, Event::Ping).await;
        tell(&mut socket, Encoding::Json, changes(1)).await;
        // The first thing that comes is what was said, not an answer.
        assert_eq!(told(&mut socket, Encoding::Json).await.body, Command::Bye);
    };
    let client = async {
        client.next().await;
        client.next().await;
        client.say(Command::Bye).await.unwrap();
    };
    tokio::join!(server, client);
}

#[tokio::test]
async fn a_close_is_heard_with_code_and_reason_and_answered() {
    let (mut client, mut socket) = pair(Encoding::Json).await;
    let server = async {
        let denied = Event::Error(ErrorReply::default());
        tell(&mut socket, Encoding::Json, denied).await;
        let close = Frame::close(3500, b"invalid_token");
        socket.write_frame(close).await.unwrap();
        let echo = socket.read_frame().await.unwrap();
        assert_eq!(
            (echo.opcode, &echo.payload[..]),
            (OpCode::Close, &[0x0d, 0xac][..])
        );
    };
    let client = async {
        assert_eq!(
            client.next().await,
            message(Event::Error(ErrorReply::default()))
        );
        let closed = Closed {
            code: 3500,
            reason: "invalid_token".to_owned(),
        };
        assert_eq!(client.next().await, Heard::Closed(closed.clone()));
        assert_eq!(client.next().await, Heard::Closed(closed.clone()));
        assert_eq!(client.say(Command::Bye).await, Err(closed));
    };
    tokio::join!(server, client);
}

#[tokio::test]
async fn a_connection_that_is_lost_is_1006() {
    let (mut client, socket) = pair(Encoding::Json).await;
    drop(socket);
    let Heard::Closed(closed) = client.next().await else {
        panic!("the server was gone");
    };
    assert_eq!(closed.code, LOST);
}

#[tokio::test]
async fn a_message_that_is_none_ends_the_connection() {
    let (mut client, mut socket) = pair(Encoding::Json).await;
    let frame = Frame::text(Payload::Borrowed(b"{\"welcome\":"));
    socket.write_frame(frame).await.unwrap();
    let Heard::Closed(closed) = client.next().await else {
        panic!("that was no message");
    };
    assert_eq!(closed.code, PROTOCOL);
}

#[tokio::test]
async fn a_refused_token_is_for_good_and_a_missing_server_is_not() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        for _ in 0..2 {
            accept(listener.accept().await.unwrap().0).await;
        }
    });
    let connect = |token| Client::connect(&url, Encoding::Json, Some(token));
    let refused = connect("bad").await.unwrap_err();
    assert_eq!(refused, Failed::Status(401));
    assert!(!refused.is_temporary());
    connect("good").await.unwrap();
    server.await.unwrap();
    assert!(connect("good").await.unwrap_err().is_temporary());
    let nowhere = Client::connect("nowhere", Encoding::Json, None).await;
    assert!(!nowhere.unwrap_err().is_temporary());
}

#[tokio::test]
async fn tls_is_believed_with_the_extra_root_only() {
    let key = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let chain = vec![key.cert.der().clone()];
    let private = rustls::pki_types::PrivatePkcs8KeyDer::from(key.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain.clone(), private.into())
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let address = Address::parse(&format!("wss://localhost:{port}")).unwrap();
    let server = async {
        let refused = acceptor.accept(listener.accept().await.unwrap().0).await;
        assert!(refused.is_err());
        let stream = acceptor.accept(listener.accept().await.unwrap().0).await;
        let mut socket = accept(stream.unwrap()).await.unwrap();
        tell(&mut socket, Encoding::Json, changes(1)).await;
    };
    let client = async {
        let connect = |trust| Client::connect_trusting(&address, Encoding::Json, None, trust);
        let stranger = Trust::system().unwrap();
        assert!(connect(Some(&stranger)).await.is_err());
        let trust = Trust::with(&chain).unwrap();
        let mut client = connect(Some(&trust)).await.unwrap();
        assert_eq!(client.next().await, message(changes(1)));
    };
    tokio::join!(server, client);
}
