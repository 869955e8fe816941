//! A phone: a client that keeps its list and hears what the server says as lines.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use nearcast::accounts::Accounts;
use nearcast::auth::Grant;
use nearcast::client::{Client, Heard, List, Returning};
use nearcast::wire::client::Hello;
use nearcast::wire::server::Welcome;
use nearcast::wire::{ClientMessage, Command, Encoding, Event, Heartbeat, Modes, Move, UserId};
use tokio::time::timeout;

use super::town::Town;
use crate::places::Place;

/// What is to be heard is heard by then.
const PATIENCE: Duration = Duration::from_secs(10);

/// How a phone connects, and what its hello says.
pub(crate) struct Arrival<'a> {
    town: &'a Town,
    user: &'a str,
    encoding: Encoding,
    strangers: bool,
    pool: &'a str,
    ttl: Duration,
    hello: Hello,
}

impl<'a> Arrival<'a> {
    pub(super) fn new(town: &'a Town, user: &'a str, encoding: Encoding) -> Self {
        Self {
            town,
            user,
            encoding,
            strangers: false,
            pool: "",
            ttl: Duration::from_secs(3600),
            hello: Hello::default(),
        }
    }

    /// With the claim that allows strangers, in both modes.
    pub(crate) fn curious(mut self) -> Self {
        self.strangers = true;
        self.modes(Modes::BOTH)
    }

    pub(crate) fn modes(mut self, modes: Modes) -> Self {
        self.hello.modes = Some(modes);
        self
    }

    pub(crate) fn pool(mut self, pool: &'a str) -> Self {
        self.pool = pool;
        self
    }

    /// The token is good for that long, and the leeway.
    pub(crate) fn for_s(mut self, seconds: u64) -> Self {
        self.ttl = Duration::from_secs(seconds);
        self
    }

    pub(crate) fn radius(mut self, radius_m: f64) -> Self {
        self.hello.radius_m = Some(radius_m);
        self
    }

    pub(crate) fn limit(mut self, limit: u32) -> Self {
        self.hello.limit = Some(limit);
        self
    }

    pub(crate) fn observing(mut self) -> Self {
        self.hello.observe = true;
        self
    }

    pub(crate) fn pinged_by_message(mut self) -> Self {
        self.hello.heartbeat = Some(Heartbeat::Message);
        self
    }

    /// Says hello from there, and takes welcome and the first lists.
    pub(crate) async fn at(mut self, place: Place) -> Phone {
        self.hello.position = Some(Move::to(place.position()));
        self.arrives().await
    }

    /// The same without saying where.
    pub(crate) async fn arrives(self) -> Phone {
        let mut phone = self.connects().await;
        let lists = phone.is_welcome(false).await.modes.iter().count();
        for _ in 0..lists {
            let line = phone.next_line().await;
            phone.first.push(line);
        }
        phone
    }

    /// Takes a session up again; only its welcome is taken.
    pub(crate) async fn returns(mut self, how: Returning, list: List) -> Phone {
        self.hello.resume = Some(how.resume);
        self.hello.seq = Some(how.seq);
        let mut phone = self.connects().await;
        phone.list = list;
        phone
    }

    /// Connects and says hello; hears nothing yet.
    async fn connects(mut self) -> Phone {
        let running = self.town.running();
        let (address, trust) = self.town.address();
        let client = Client::connect_trusting(&address, self.encoding, None, trust).await;
        let mut client = client.unwrap();
        let user = UserId::new(self.user).unwrap();
        self.hello.token = Some(self.town.token_of(&Grant {
            user: &user,
            ttl: self.ttl,
            strangers: self.strangers,
            pool: self.pool,
        }));
        client.say(Command::Hello(self.hello)).await.unwrap();
        Phone {
            client,
            list: List::default(),
            user,
            accounts: Arc::clone(&running.accounts),
            heard: VecDeque::new(),
            so_far: Vec::new(),
            first: Vec::new(),
            welcome: None,
            next_page: None,
            aliases: HashMap::new(),
            asked: 0,
        }
    }
}

pub(crate) struct Phone {
    pub(super) client: Client,
    /// What the client shows.
    pub(crate) list: List,
    pub(super) user: UserId,
    pub(super) accounts: Arc<Accounts>,
    /// Lines that nobody has taken yet.
    pub(super) heard: VecDeque<String>,
    /// All of them, for who fails.
    pub(super) so_far: Vec<String>,
    /// The lists that came with the welcome.
    pub(crate) first: Vec<String>,
    pub(super) welcome: Option<Box<Welcome>>,
    /// Of the last list or page.
    pub(super) next_page: Option<String>,
    /// Who the strangers are that were shown.
    pub(super) aliases: HashMap<String, String>,
    asked: u32,
}

impl Phone {
    pub(crate) fn welcome(&self) -> &Welcome {
        self.welcome.as_ref().expect("she was welcome")
    }

    /// The next that is heard is a welcome, to a session that was or was not taken up again.
    pub(crate) async fn is_welcome(&mut self, resumed: bool) -> Welcome {
        self.hears(if resumed { "welcome back" } else { "welcome" })
            .await;
        self.welcome().clone()
    }

    /// The next line is this one.
    pub(crate) async fn hears(&mut self, line: &str) {
        let heard = self.next_line().await;
        assert_eq!(heard, line, "{} so far: {:?}", self.user, self.so_far);
    }

    /// The next lines are these, in any order.
    pub(crate) async fn hears_all<const N: usize>(&mut self, mut lines: [&str; N]) {
        let mut heard = Vec::new();
        for _ in 0..N {
            heard.push(self.next_line().await);
        }
        heard.sort();
        lines.sort_unstable();
        assert_eq!(heard, lines, "{} so far: {:?}", self.user, self.so_far);
    }

    /// Sooner or later; what comes before does not matter.
    pub(crate) async fn hears_at_last(&mut self, line: &str) {
        while self.next_line().await != line {}
    }

    /// This code as goodbye and as close, and no more.
    pub(crate) async fn is_sent_away(&mut self, code: u16) {
        self.hears(&format!("goodbye {code}")).await;
        self.hears(&format!("closed {code}")).await;
    }

    pub(crate) async fn next_line(&mut self) -> String {
        while self.heard.is_empty() {
            self.take_next().await;
        }
        let line = self.heard.pop_front().expect("it was looked at");
        self.so_far.push(line.clone());
        line
    }

    /// Takes the next message; answers the id that it carries, and its lines stand last.
    async fn take_next(&mut self) -> Option<u32> {
        let Ok(next) = timeout(PATIENCE, self.client.next()).await else {
            panic!("{} waits in vain; so far {:?}", self.user, self.so_far);
        };
        match next {
            Heard::Message(message) => {
                let id = message.id;
                if let Event::Welcome(welcome) = &message.body {
                    self.welcome = Some(Box::new(welcome.clone()));
                }
                self.hear(&message.body).await;
                id
            }
            Heard::Closed(closed) => {
                self.heard.push_back(format!("closed {}", closed.code));
                None
            }
        }
    }

    /// Says something without an id.
    pub(crate) async fn says(&mut self, command: Command) {
        self.client.say(command).await.unwrap();
    }

    /// Says something with an id: the answer that carries it. What came before it is still to be
    /// heard.
    pub(crate) async fn asks(&mut self, body: Command) -> String {
        self.asked += 1;
        let id = Some(self.asked);
        self.client.send(&ClientMessage { id, body }).await.unwrap();
        loop {
            if self.take_next().await == id {
                return self.heard.pop_back().expect("an answer is a line");
            }
            let over = self
                .heard
                .back()
                .is_some_and(|line| line.starts_with("closed"));
            assert!(!over, "no answer: {:?} {:?}", self.so_far, self.heard);
        }
    }

    pub(crate) async fn goes(&mut self, place: Place) {
        self.says(Command::Move(Move::to(place.position()))).await;
    }

    /// What the next connection says to go on with this session.
    pub(crate) fn returning(&self) -> Returning {
        self.client.returning().expect("she was welcome")
    }

    /// From now on no ping is answered.
    pub(crate) fn falls_silent(&mut self) {
        self.client.fall_silent();
    }

    /// Where the last page ended.
    pub(crate) fn cursor(&self) -> String {
        self.next_page.clone().expect("there is a next page")
    }

    /// The one stranger that the phone shows.
    pub(crate) fn alias(&self) -> String {
        let mut aliases = self.list.strangers.keys();
        match (aliases.next(), aliases.next()) {
            (Some(alias), None) => alias.clone(),
            _ => panic!("one stranger: {:?}", self.list.strangers),
        }
    }
}
