//! Everybody comes: connects, is welcomed, and learns of all friends.

use std::time::{Duration, Instant};

use nearcast::wire::client::Hello;
use nearcast::wire::{ClientMessage, Command, Encoding, Event, decode_server, encode_client};

use super::count::people;
use super::{Clients, First};
use crate::groups::Groups;
use crate::server::Server;

/// Connections that are being opened at once.
const AT_ONCE: usize = 200;
/// Nothing has happened for so long: everybody has heard everything, or never will.
const QUIET: Duration = Duration::from_millis(500);
const STUCK: Duration = Duration::from_secs(20);
/// A page for all friends.
pub(crate) const MOST_FRIENDS: u32 = 100;

/// What the server said while everybody came.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// By client, in the order of coming.
    pub(crate) guests: Vec<Guest>,
    pub(crate) welcomed: usize,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Guest {
    pub(crate) welcomed: bool,
    pub(crate) resumed: bool,
    pub(crate) resume: String,
    pub(crate) seq: u64,
    /// Friends she was told of.
    pub(crate) known: u32,
}

impl Gathered {
    pub(crate) fn hear(
        &mut self,
        client: usize,
        encoding: Encoding,
        payload: &[u8],
    ) -> Result<(), String> {
        if self.guests.len() <= client {
            self.guests.resize_with(client + 1, Guest::default);
        }
        let guest = &mut self.guests[client];
        if is_changes(encoding, payload) {
            guest.known += people(encoding, payload);
            guest.seq += 1;
            return Ok(());
        }
        let message = decode_server(encoding, payload)
            .map_err(|refused| format!("client {client} was told what is no message: {refused}"))?;
        match message.body {
            Event::Welcome(welcome) => {
                guest.welcomed = true;
                guest.resumed = welcome.resumed;
                guest.resume = welcome.resume;
                self.welcomed += 1;
            }
            Event::Nearby(nearby) => {
                guest.known += nearby.people.len() as u32;
                guest.seq = nearby.seq;
            }
            other => return Err(format!("client {client} was told {other:?}")),
        }
        Ok(())
    }
}

/// Told from the other messages without decoding: each friend who comes makes one for everybody.
fn is_changes(encoding: Encoding, payload: &[u8]) -> bool {
    match encoding {
        Encoding::Json => payload.starts_with(b"{\"changes\""),
        Encoding::Protobuf => payload.first() == Some(&0x22),
    }
}

/// Has clients connect until there are so many, and waits until each knows all her friends who
/// are there.
pub(crate) fn gather(
    clients: &mut Clients,
    gathered: &mut Gathered,
    server: &Server,
    groups: &Groups,
    until: usize,
) -> Result<(), String> {
    let mut news = Instant::now();
    loop {
        while clients.len() < until && clients.len() < gathered.welcomed + AT_ONCE {
            let number = clients.len();
            let hello = hello(clients.encoding(), server, groups, number, None);
            clients.open(server.address(), server.tls(), First::Hello(hello))?;
        }
        if turn(clients, gathered)? > 0 {
            news = Instant::now();
        }
        let complete = gathered.welcomed == until && know_all(gathered, groups, until);
        if complete && news.elapsed() > QUIET {
            return Ok(());
        }
        if news.elapsed() > STUCK {
            let known: u64 = gathered
                .guests
                .iter()
                .map(|guest| u64::from(guest.known))
                .sum();
            return Err(format!(
                "{} of {until} clients are welcomed and told of {known} friends, and nothing has happened for {} s",
                gathered.welcomed,
                STUCK.as_secs()
            ));
        }
    }
}

/// One turn whose messages are all understood.
pub(crate) fn turn(clients: &mut Clients, gathered: &mut Gathered) -> Result<usize, String> {
    let encoding = clients.encoding();
    let mut wrong = None;
    let events = clients.turn(Duration::from_millis(50), |client, payload| {
        if let Err(error) = gathered.hear(client, encoding, payload) {
            wrong.get_or_insert(error);
        }
    })?;
    wrong.map_or(Ok(events), Err)
}

fn know_all(gathered: &Gathered, groups: &Groups, until: usize) -> bool {
    (0..groups.count()).all(|group| {
        let members = groups.members(group);
        let here = |client: &&u32| (**client as usize) < until;
        let friends = members.iter().filter(here).count().saturating_sub(1) as u32;
        let mut here = members.iter().filter(here);
        here.all(|&client| gathered.guests[client as usize].known >= friends)
    })
}

/// A client says who she is and where; with `resume`, that she was here, and what she heard last.
pub(crate) fn hello(
    encoding: Encoding,
    server: &Server,
    groups: &Groups,
    client: usize,
    resume: Option<(&str, u64)>,
) -> Vec<u8> {
    let hello = Hello {
        token: Some(server.token(&groups.user(client as u32))),
        position: resume.is_none().then(|| groups.position(client, 0)),
        resume: resume.map(|(token, _)| token.to_owned()),
        seq: resume.map(|(_, seq)| seq),
        limit: Some(MOST_FRIENDS),
        ..Hello::default()
    };
    let mut bytes = Vec::new();
    let message = ClientMessage {
        id: None,
        body: Command::Hello(hello),
    };
    encode_client(encoding, &message, &mut bytes);
    bytes
}
