//! One connection: from a free port to the `hello` that was said on it.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use nearcast::client::{Client, Failed, Returning};
use nearcast::wire::client::{Hello, Move};
use nearcast::wire::{Command, Modes, UserId};
use nearcast_grid::Position;
use tokio::net::TcpStream;
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
    let any = match play.server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let source = target.sources.get(number % target.sources.len().max(1));
    let source = source.copied().unwrap_or(any);
    let buffer = is_slow.then_some(SLOW_BUFFER);
    let stream = play.ports.connect(source, play.server, buffer).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
