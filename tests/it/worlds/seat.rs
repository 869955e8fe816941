//! A seat: one session of a user, with what its client rebuilt from the frames alone.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use nearcast::client::{Client, Heard, List, Returning};
use nearcast::wire::client::Page;
use nearcast::wire::server::ServerMessage;
use nearcast::wire::{ClientMessage, Command, Encoding, Event, Mode};
use tokio::time::timeout;

use super::truth::Eye;

pub(crate) type Fault = Result<(), String>;

/// What is to be heard is heard by then.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Seat {
    pub(crate) number: usize,
    pub(crate) user: usize,
    pub(crate) encoding: Encoding,
    pub(crate) observes: bool,
    /// None: it is away, or has ended.
    pub(crate) client: Option<Client>,
    pub(crate) returning: Option<Returning>,
    pub(crate) has_ended: bool,
    /// Its user was erased while it was away.
    pub(crate) is_orphan: bool,
    pub(crate) eye: Eye,
    /// Before the last operation.
    pub(crate) was: Eye,
    pub(crate) list: List,
    /// What was heard and is not audited yet.
    pub(crate) inbox: Vec<Item>,
    /// Who the strangers are that were shown.
    pub(crate) crowd: HashMap<String, usize>,
    /// Who may be told complete again though she is shown.
    pub(crate) anew: BTreeSet<usize>,
    /// It came back; a complete list may come with a later `seq`.
    pub(crate) may_jump: bool,
    asked: u32,
}

pub(crate) enum Item {
    Said(ServerMessage),
    /// The client itself removed a mode.
    Cleared(Mode),
}

impl Seat {
    pub(crate) fn new(number: usize, user: usize, encoding: Encoding, eye: Eye) -> Self {
        Self {
            number,
            user,
            encoding,
            observes: false,
            client: None,
            returning: None,
            has_ended: false,
            is_orphan: false,
            was: eye.clone(),
            eye,
            list: List::default(),
            inbox: Vec::new(),
            crowd: HashMap::new(),
            anew: BTreeSet::new(),
            may_jump: false,
            asked: 0,
        }
    }

    /// Says something that is answered; which answer that is, is in the inbox with the rest.
    pub(crate) async fn asks(&mut self, body: Command) -> Result<Event, String> {
        let id = self.begins_to_ask(body).await?;
        self.hears_answer(id).await
    }

    pub(crate) async fn begins_to_ask(&mut self, body: Command) -> Result<u32, String> {
        self.asked += 1;
        let message = ClientMessage {
            id: Some(self.asked),
            body,
        };
        let client = self.client.as_mut().ok_or("the client is away")?;
        let sent = client.send(&message).await;
        sent.map_err(|closed| format!("seat {} cannot send: {closed:?}", self.number))?;
        Ok(self.asked)
    }

    pub(crate) async fn hears_answer(&mut self, id: u32) -> Result<Event, String> {
        loop {
            match self.hears().await? {
                Heard::Message(message) => {
                    let body = message.body.clone();
                    let answers = message.id == Some(id);
                    self.inbox.push(Item::Said(message));
                    if answers {
                        return Ok(body);
                    }
                }
                Heard::Closed(closed) => {
                    return Err(format!("seat {} was closed: {closed:?}", self.number));
                }
            }
        }
    }

    pub(crate) async fn hears(&mut self) -> Result<Heard, String> {
        let number = self.number;
        let client = self.client.as_mut().ok_or("the client is away")?;
        let heard = timeout(PATIENCE, client.next()).await;
        heard.map_err(|_| format!("seat {number} waits in vain"))
    }

    /// Until the close, which has this code.
    pub(crate) async fn is_closed(&mut self, code: u16) -> Fault {
        loop {
            match self.hears().await? {
                Heard::Message(message) => self.inbox.push(Item::Said(message)),
                Heard::Closed(closed) if closed.code == code => break,
                Heard::Closed(closed) => return Err(format!("closed with {closed:?}, not {code}")),
            }
        }
        self.client = None;
        self.has_ended = true;
        Ok(())
    }

    /// Asks for the least: when it is answered, all that was sent before has been heard.
    pub(crate) async fn begins_to_listen(&mut self) -> Result<u32, String> {
        self.begins_to_ask(Command::Nearby(Page {
            limit: Some(1),
            ..Page::default()
        }))
        .await
    }
}
