//! One connection: from a free port to the `hello` that was said on it.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use nearcast::client::{Client, Failed, Returning};
use nearcast::wire::client::{Hello, Move};
use nearcast::wire::{Command, Modes, UserId};
use nearcast_grid::Position;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use super::reads_at_most;
use super::wire::Wire;
use crate::drive::Play;
use crate::truth::FIRST_LIST;

const PATIENCE: Duration = Duration::from_secs(20);
/// What waits in the kernel for who reads slowly.
const SLOW_BUFFER: u32 = 4096;

/// Why there is no connection.
pub(super) struct Refusal {
    pub(super) why: String,
    /// Another try will not do.
    pub(super) is_final: bool,
}

impl From<Failed> for Refusal {
    fn from(failed: Failed) -> Self {
        Self {
            is_final: !failed.is_temporary(),
            why: failed.to_string(),
        }
    }
}

/// `place`: where she is, and when she was to say so.
pub(super) async fn connect(
    play: &Play,
    number: usize,
    place: Option<(Position, u64)>,
    returning: Option<Returning>,
) -> Result<Client, Refusal> {
    let opened = timeout(PATIENCE, open(play, number, place, returning)).await;
    opened.unwrap_or_else(|_| {
        Err(Refusal {
            why: format!("no connection within {PATIENCE:?}"),
            is_final: false,
        })
    })
}

async fn open(
    play: &Play,
    number: usize,
    place: Option<(Position, u64)>,
    returning: Option<Returning>,
) -> Result<Client, Refusal> {
    let (person, target) = (&play.world().town.people()[number], &play.target);
    let user = UserId::new(&person.name).expect("a letter and digits are a name");
    let token = target.token(&user, person.strangers, play.clock.now_ms());
    let slow = reads_at_most(person.reads);
    let mut client = if target.trust.is_some() {
        let trust = target.trust.as_ref();
        Client::connect_trusting(&target.address, person.encoding, None, trust).await?
    } else {
        let stream = reach(play, number, slow.is_some()).await;
        let stream = stream.map_err(|error| Refusal {
            why: format!("connect: {error}"),
            is_final: false,
        })?;
        let wire = Wire::new(stream, Arc::clone(&play.counts.bytes), slow);
        Client::upgrade(wire, &target.address, person.encoding, None).await?
    };
    let mut hello = Hello {
        token: Some(token),
        position: place.map(|(place, _)| Move::to(place)),
        modes: Some(Modes {
            friends: true,
            strangers: person.strangers,
        }),
        radius_m: Some(f64::from(person.radius_m)),
        limit: Some(FIRST_LIST),
        ..Hello::default()
    };
    if let Some(Returning { resume, seq }) = returning {
        (hello.resume, hello.seq) = (Some(resume), Some(seq));
    }
    // Noted first: others may hear of it before the call returns.
    if let Some((place, intended_us)) = place {
        play.world().says(number, place, intended_us, play.now_us());
    }
    // Whether it was heard, the next message says.
    let _ = client.say(Command::Hello(hello)).await;
    Ok(client)
}

async fn reach(play: &Play, number: usize, is_slow: bool) -> io::Result<TcpStream> {
    let target = &play.target;
    let source = target.sources.get(number % target.sources.len().max(1));
    let any = match play.server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let source = source.copied().unwrap_or(any);
    // From its own port to itself a connection succeeds where no server is.
    let is_another = |port: &u16| *port != play.server.port();
    for port in target.ports.to_try().filter(is_another) {
        match reach_from((source, port).into(), play.server, is_slow).await {
            Err(error) if is_taken(&error) => {}
            reached => return reached,
        }
    }
    Err(io::Error::other(
        "no port is free; --source names more addresses",
    ))
}

fn is_taken(error: &io::Error) -> bool {
    let kind = error.kind();
    kind == ErrorKind::AddrInUse || kind == ErrorKind::AddrNotAvailable
}

async fn reach_from(from: SocketAddr, to: SocketAddr, is_slow: bool) -> io::Result<TcpStream> {
    let socket = match to {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A port may be in use towards another server, or have been until a moment ago.
    socket.set_reuseaddr(true)?;
    socket.bind(from)?;
    if is_slow {
        socket.set_recv_buffer_size(SLOW_BUFFER)?;
    }
    let stream = socket.connect(to).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
