//! `nearcast watch`: who is near, as it happens, in a terminal.
//!
//! A client like any other: it knows nothing that the protocol does not say.

mod backoff;
mod lines;
mod token;
mod words;

use std::io::{self, IsTerminal, Write};
use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use nearcast::client::{Address, Client, Closed, Failed, Heard, Returning, Trust};
use nearcast::clock::Clock;
use nearcast::config::Config;
use nearcast::demo::NEWCOMER;
use nearcast::wire::client::{Hello, Move};
use nearcast::wire::closes::reconnect_by_range;
use nearcast::wire::server::Welcome;
use nearcast::wire::{Command, Encoding, ErrorCode, Event, Modes, RADIUS_M, UserId};
use nearcast_grid::Position;
use tokio::time::{Instant, sleep, timeout};

use super::{IO, USAGE, complain};
use backoff::Backoff;
use lines::{Paint, Teller};
use token::Tokens;

/// The server said not to come back.
const SENT_AWAY: u8 = 69;
/// How long a goodbye is waited for.
const FAREWELL: Duration = Duration::from_secs(2);
/// As many people in the first list as a list may have.
const FIRST_LIST: u32 = 100;
/// RFC 6455: the connection was lost, or a proxy in front of the server goes away.
const ENDED_ON_THE_WAY: [u16; 3] = [1001, 1005, 1006];

/// Shows who comes near, moves and leaves, one line each
///
/// Without --token it signs one, with the keys that the server on this machine uses.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Whose friends are shown
    #[arg(long, value_name = "ID", value_parser = UserId::new)]
    user: UserId,
    /// The server
    #[arg(long, default_value = "ws://127.0.0.1:8080")]
    url: String,
    /// The user's token
    #[arg(long, value_name = "T")]
    token: Option<String>,
    /// Where you are; left out, you only look on. The demo's user `you` is in the middle of town
    #[arg(long, requires = "lon", allow_negative_numbers = true)]
    lat: Option<f64>,
    #[arg(long, requires = "lat", allow_negative_numbers = true)]
    lon: Option<f64>,
    /// Shows strangers as well, as far as you and they allow it
    #[arg(long)]
    strangers: bool,
    /// How far to look, in metres; 8047 (five miles) when nothing is said
    #[arg(long, value_name = "M", value_parser = radius)]
    radius: Option<f64>,
    /// Where the server's keys are, to sign a token
    #[arg(long, value_name = "FILE")]
    config: Option<std::path::PathBuf>,
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
}

fn radius(text: &str) -> Result<f64, String> {
    let metres: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if RADIUS_M.contains(&metres) {
        return Ok(metres);
    }
    let (from, to) = (RADIUS_M.start(), RADIUS_M.end());
    Err(format!("a radius is {from} to {to} metres"))
}

/// Why there is nothing more to watch.
enum End {
    /// By whoever watches.
    Interrupted,
    Status(u8, String),
    /// Standard output is gone.
    Output(io::Error),
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl Args {
    pub(crate) fn run(self) -> ExitCode {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let end = match runtime {
            Ok(runtime) => runtime.block_on(async { self.watch().await.unwrap_or_else(|end| end) }),
            Err(error) => End::Output(error),
        };
        match end {
            End::Interrupted => ExitCode::SUCCESS,
            // The reader has seen enough.
            End::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            End::Output(error) => {
                complain(&format!("write what happens: {error}"));
                IO.into()
            }
            End::Status(status, why) => {
                complain(&why);
                status.into()
            }
        }
    }

    async fn watch(self) -> Result<End, End> {
        let usage = |why| End::Status(USAGE, why);
        let address = Address::parse(&self.url).map_err(usage)?;
        let trust = if address.is_secret() {
            Some(Trust::system().map_err(usage)?)
        } else {
            None
        };
        let position = self.position().map_err(usage)?;
        let data = self.data.as_deref();
        let tokens = Tokens::new(
            &self.user,
            self.token.clone(),
            self.strangers,
            self.config.as_deref(),
            data,
        )
        .map_err(usage)?;
        let mut watch = Watch {
            teller: Teller::new(position, paint()),
            hello: self.hello(position),
            user: self.user.clone(),
            address,
            trust,
            tokens,
            returning: None,
            clock: Clock::start(),
        };
        watch.live().await
    }

    /// Given, or that of who has just come to the demo's town.
    fn position(&self) -> Result<Option<Position>, String> {
        let (lat, lon) = match (self.lat, self.lon) {
            (Some(lat), Some(lon)) => (lat, lon),
            _ if self.user.as_str() == NEWCOMER => {
                let demo = Config::default().demo;
                (demo.lat, demo.lon)
            }
            _ => return Ok(None),
        };
        Position::new(lat, lon)
            .map(Some)
            .map_err(|invalid| invalid.to_string())
    }

    fn hello(&self, position: Option<Position>) -> Hello {
        Hello {
            position: position.map(Move::to),
            modes: Some(Modes {
                friends: true,
                strangers: self.strangers,
            }),
            radius_m: self.radius,
            limit: Some(FIRST_LIST),
            observe: position.is_none(),
            ..Hello::default()
        }
    }
}

fn paint() -> Paint {
    let is_wanted = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    if is_wanted {
        Paint::Colours
    } else {
        Paint::Plain
    }
}

/// What lasts from connection to connection.
struct Watch {
    user: UserId,
    address: Address,
    trust: Option<Trust>,
    tokens: Tokens,
    hello: Hello,
    returning: Option<Returning>,
    teller: Teller,
    clock: Clock,
}

/// How one connection ended.
enum Parting {
    Closed(Closed, Leave),
    Interrupted,
}

/// What a goodbye asked for.
#[derive(Default)]
struct Leave {
    after_ms: Option<u64>,
    url: Option<String>,
    token_expired: bool,
}

impl Watch {
    async fn live(&mut self) -> Result<End, End> {
        let mut backoff = Backoff::default();
        loop {
            let wait = match self.connected(&mut backoff).await? {
                Ok(Parting::Interrupted) => return Ok(End::Interrupted),
                Ok(Parting::Closed(closed, leave)) => self.part(&closed, leave, &mut backoff)?,
                // Where there was a session, what is wrong may be mended.
                Err(failed) if failed.is_temporary() || self.returning.is_some() => {
                    let wait = backoff.next(None);
                    self.say(&format!("{failed}; trying again in {}", seconds(wait)))?;
                    wait
                }
                Err(failed) => return Err(End::Status(SENT_AWAY, failed.to_string())),
            };
            tokio::select! {
                () = sleep(wait) => {}
                _ = tokio::signal::ctrl_c() => return Ok(End::Interrupted),
            }
        }
    }

    /// One connection, from its beginning to its end.
    async fn connected(&mut self, backoff: &mut Backoff) -> Result<Result<Parting, Failed>, End> {
        let connect =
            Client::connect_trusting(&self.address, Encoding::Json, None, self.trust.as_ref());
        let connected = tokio::select! {
            connected = connect => connected,
            _ = tokio::signal::ctrl_c() => return Ok(Ok(Parting::Interrupted)),
        };
        let mut client = match connected {
            Ok(client) => client,
            Err(failed) => return Ok(Err(failed)),
        };
        let mut hello = self.hello.clone();
        hello.token = Some(self.tokens.token(self.clock.now_ms()));
        if let Some(Returning { resume, seq }) = self.returning.clone() {
            (hello.resume, hello.seq) = (Some(resume), Some(seq));
        }
        // Whether it was heard, the next message says.
        let _ = client.say(Command::Hello(hello)).await;
        let parting = self.hear(&mut client, backoff).await;
        self.returning = client.returning().or_else(|| self.returning.take());
        parting.map(Ok)
    }

    async fn hear(&mut self, client: &mut Client, backoff: &mut Backoff) -> Result<Parting, End> {
        let mut interrupted = pin!(tokio::signal::ctrl_c());
        let mut leave = Leave::default();
        let mut every = None;
        let mut next_move = Instant::now();
        loop {
            let message = tokio::select! {
                heard = client.next() => match heard {
                    Heard::Message(message) => message,
                    Heard::Closed(closed) => return Ok(Parting::Closed(closed, leave)),
                },
                () = tokio::time::sleep_until(next_move), if every.is_some() => {
                    next_move += every.unwrap_or_default();
                    if let Some(position) = self.hello.position {
                        // A lost connection is heard of next.
                        let _ = client.say(Command::Move(position)).await;
                    }
                    continue;
                }
                _ = &mut interrupted => {
                    farewell(client).await;
                    return Ok(Parting::Interrupted);
                }
            };
            match &message.body {
                Event::Welcome(welcome) => {
                    backoff.reset();
                    every = self.moves_every(welcome);
                    next_move = Instant::now() + every.unwrap_or_default();
                }
                Event::Goodbye(goodbye) => {
                    leave.after_ms = goodbye.after_ms;
                    leave.url.clone_from(&goodbye.url);
                }
                Event::Error(error) => {
                    leave.token_expired |= error.code == u32::from(ErrorCode::TokenExpired.code());
                }
                _ => {}
            }
            let now_ms = self.clock.now_ms();
            for line in self.teller.hear(&message.body, now_ms) {
                writeln!(io::stdout(), "{line}")?;
            }
            if let Event::Welcome(welcome) = &message.body {
                self.remark_on(welcome)?;
            }
        }
    }

    /// What was asked for and is not what came.
    fn remark_on(&self, welcome: &Welcome) -> Result<(), End> {
        if welcome.user != self.user {
            let whose = &welcome.user;
            self.say(&format!("the token is {whose}'s: --user is passed over"))?;
        }
        let wants = self.hello.modes.is_some_and(|modes| modes.strangers);
        if wants && !welcome.modes.strangers {
            self.say("no strangers: they need permission and your consent")?;
        }
        Ok(())
    }

    /// How often to say where one is; never, for who only looks on.
    fn moves_every(&self, welcome: &Welcome) -> Option<Duration> {
        self.hello.position?;
        Some(Duration::from_secs(welcome.move_every_s.max(1).into()))
    }

    /// How long to stay away, or that there is no coming back.
    fn part(
        &mut self,
        closed: &Closed,
        leave: Leave,
        backoff: &mut Backoff,
    ) -> Result<Duration, End> {
        let Closed { code, reason } = closed;
        let why = if reason.is_empty() {
            "connection closed"
        } else {
            reason
        };
        let comes_back = reconnect_by_range(*code) || ENDED_ON_THE_WAY.contains(code);
        if !comes_back {
            return Err(End::Status(
                SENT_AWAY,
                format!("the server says: {why} ({code})"),
            ));
        }
        if leave.token_expired && !self.tokens.can_renew() {
            let why = "the token has expired; come back with a new one".to_owned();
            return Err(End::Status(SENT_AWAY, why));
        }
        if let Some(url) = leave.url {
            let address = Address::parse(&url).map_err(|why| End::Status(SENT_AWAY, why))?;
            // Nobody who began with TLS goes on without.
            if address.is_secret() == self.address.is_secret() {
                self.address = address;
            }
        }
        let wait = backoff.next(leave.after_ms);
        self.say(&format!("{why} ({code}); back in {}", seconds(wait)))?;
        Ok(wait)
    }

    fn say(&self, what: &str) -> Result<(), End> {
        let line = self.teller.remark(what, self.clock.now_ms());
        writeln!(io::stdout(), "{line}")?;
        Ok(())
    }
}

/// Says bye, and waits for the answer for as long as anybody likes to wait.
async fn farewell(client: &mut Client) {
    let answered = timeout(FAREWELL, async {
        let _ = client.say(Command::Bye).await;
        while matches!(client.next().await, Heard::Message(_)) {}
    });
    // Late or not, that was all.
    let _ = answered.await;
}

fn seconds(wait: Duration) -> String {
    format!("{:.1} s", wait.as_secs_f64())
}
