//! A measured stretch of time: processor time of the measured process, and what was heard.

use std::time::{Duration, Instant};

use super::rounds::Rounds;
use crate::clients::Clients;
use crate::clients::count::people;
use crate::groups::Groups;
use crate::peer::Peer;
use crate::process::cpu;
use crate::sample::Sample;
use crate::server::Server;

const WARM_UP: Duration = Duration::from_secs(2);
/// Until nothing more can be expected at the end.
const QUIET: Duration = Duration::from_millis(200);
/// Nothing was heard for so long: what is missing will not come.
const STUCK: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Window {
    elapsed: Duration,
    cpu: Duration,
    heard: Heard,
}

#[derive(Debug, Clone, Copy, Default)]
struct Heard {
    updates: u64,
    frames: u64,
    bytes: u64,
}

impl Window {
    pub(super) fn us_per_delivery(&self) -> f64 {
        1e6 * self.cpu.as_secs_f64() / self.heard.updates as f64
    }

    pub(super) fn deliveries_per_s(&self) -> f64 {
        self.heard.updates as f64 / self.elapsed.as_secs_f64()
    }

    pub(super) fn per_frame(&self) -> f64 {
        self.heard.updates as f64 / self.heard.frames as f64
    }

    pub(super) fn bytes_per_delivery(&self) -> f64 {
        self.heard.bytes as f64 / self.heard.updates as f64
    }

    /// The part of its core that the measured process had.
    pub(super) fn busy(&self) -> f64 {
        self.cpu.as_secs_f64() / self.elapsed.as_secs_f64()
    }
}

/// Where a stretch of time began.
struct Begun {
    at: Instant,
    cpu: Duration,
    heard: Heard,
}

impl Begun {
    fn now(process: u32, heard: Heard) -> Result<Self, String> {
        Ok(Self {
            at: Instant::now(),
            cpu: cpu(process)?,
            heard,
        })
    }

    fn until(&self, end: &Self) -> Window {
        Window {
            elapsed: end.at - self.at,
            cpu: end.cpu - self.cpu,
            heard: Heard {
                updates: end.heard.updates - self.heard.updates,
                frames: end.heard.frames - self.heard.frames,
                bytes: end.heard.bytes - self.heard.bytes,
            },
        }
    }
}

impl Heard {
    #[inline]
    fn add(&mut self, updates: u32, payload: &[u8]) {
        self.updates += u64::from(updates);
        self.frames += 1;
        self.bytes += payload.len() as u64;
    }
}

/// Runs `turn` for the warm-up and then for the window.
fn stretch(
    process: u32,
    seconds: Duration,
    heard: &mut Heard,
    mut turn: impl FnMut(&mut Heard) -> Result<(), String>,
) -> Result<Window, String> {
    let started = Instant::now();
    while started.elapsed() < WARM_UP {
        turn(heard)?;
    }
    let begun = Begun::now(process, *heard)?;
    while begun.at.elapsed() < seconds {
        turn(heard)?;
    }
    let window = begun.until(&Begun::now(process, *heard)?);
    if window.heard.updates == 0 {
        return Err(format!("nothing was heard for {} s", seconds.as_secs()));
    }
    Ok(window)
}

/// The sending loop: a group more for each that was heard, so that as much is under way as with
/// the server.
pub(super) fn measure_peer(
    peer: &mut Peer,
    groups: &Groups,
    seconds: Duration,
) -> Result<Window, String> {
    let friends = u64::from(groups.friends());
    let mut allowed = groups.count() as u64;
    peer.allow(groups.count())?;
    let process = peer.process();
    stretch(process, seconds, &mut Heard::default(), |heard| {
        let encoding = peer.clients.encoding();
        peer.clients.turn_awake(|_, payload| {
            heard.add(people(encoding, payload), payload);
        })?;
        let may = heard.updates / friends + groups.count() as u64;
        if may > allowed {
            peer.allow((may - allowed) as usize)?;
            allowed = may;
        }
        Ok(())
    })
}

pub(super) fn measure_server(
    clients: &mut Clients,
    rounds: &mut Rounds<'_>,
    server: &Server,
    seconds: Duration,
    sample: &mut Sample,
) -> Result<Window, String> {
    let mut heard = Heard::default();
    let encoding = clients.encoding();
    let mut news = Instant::now();
    let mut listen = |clients: &mut Clients, rounds: &mut Rounds<'_>, heard: &mut Heard| {
        let events = clients.turn_awake(|client, payload| {
            let updates = people(encoding, payload);
            heard.add(updates, payload);
            rounds.hear(client, updates);
            sample.offer(payload);
        })?;
        if events > 0 {
            news = Instant::now();
        } else if news.elapsed() > STUCK {
            return Err(rounds.missing());
        }
        Ok(())
    };
    let window = stretch(server.process(), seconds, &mut heard, |heard| {
        rounds.go_on(clients)?;
        listen(clients, rounds, heard)
    })?;
    // To the end, and until nothing comes that nobody made.
    let mut quiet = Instant::now();
    while !rounds.all_over() || quiet.elapsed() < QUIET {
        let before = heard.frames;
        listen(clients, rounds, &mut heard)?;
        if heard.frames > before {
            quiet = Instant::now();
        }
    }
    rounds.check()?;
    if heard.updates != rounds.deliveries() {
        return Err(format!(
            "{} updates were heard, {} were made",
            heard.updates,
            rounds.deliveries()
        ));
    }
    Ok(window)
}
