//! Where all that is seen comes together, from here or from several processes, and is shown.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write as _};
use std::net::IpAddr;
use std::time::Duration;

use nearcast::clock::Clock;
use tokio::time::{Instant, sleep_until};

use crate::drive::Order;
use crate::lead::Led;
use crate::run::Fault;
use crate::screen::Screen;
use crate::stop::Stop;
use crate::tally::{Second, Tally};
use crate::target::Meter;

pub(crate) struct Hall {
    pub(crate) tally: Tally,
    screen: Screen,
}

impl Hall {
    pub(crate) fn new(people: u32, sampled: Option<u32>) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        Self {
            tally: Tally::new(people, sampled),
            screen: Screen::new(is_terminal, width()),
        }
    }

    pub(crate) fn hears(&mut self, second: &Second) {
        self.tally.add(second);
        self.shows(second);
    }

    fn shows(&mut self, second: &Second) {
        let text = self.screen.second(second, &self.tally);
        // A screen that is gone is nobody's loss.
        let _ = write!(std::io::stderr().lock(), "{text}");
    }

    /// Adds up what the others tell; each second is shown when all have told it.
    pub(crate) async fn leads(
        mut self,
        order: &Order,
        processes: u32,
        mut meter: Option<Meter>,
        stop: &Stop,
    ) -> Result<(Tally, Option<String>), Fault> {
        let orders: Vec<Order> = (0..processes)
            .map(|part| Order {
                part,
                parts: processes,
                sources: source(&order.sources, part),
                ..order.clone()
            })
            .collect();
        let mut led = Led::start(&orders).await.map_err(Fault::Unreached)?;
        let begins = order.begins_ms.saturating_sub(Clock::start().now_ms());
        let begins = Instant::now() + Duration::from_millis(begins);
        let (mut trouble, mut has_begun, mut is_ending) = (None, false, false);
        let mut told: BTreeMap<u32, u32> = BTreeMap::new();
        loop {
            let heard = tokio::select! {
                heard = led.seconds.recv() => heard,
                () = sleep_until(begins), if !has_begun => {
                    has_begun = true;
                    // What the server did before the run is not the run's.
                    let _ = meter.as_mut().and_then(Meter::read);
                    continue;
                }
                () = stop.told(), if !is_ending => {
                    is_ending = true;
                    led.end();
                    continue;
                }
            };
            match heard {
                None => break,
                Some(Ok(second)) => {
                    self.tally.add(&second);
                    let count = told.entry(second.at_s).or_default();
                    *count += 1;
                    if *count == processes {
                        self.is_over(second.at_s, &mut meter);
                    }
                }
                Some(Err(why)) => {
                    if !is_ending {
                        trouble.get_or_insert(why);
                    }
                    led.end();
                }
            }
        }
        let ended = led.ended().await.err();
        Ok((self.tally, trouble.or(ended)))
    }

    /// All have told a second.
    fn is_over(&mut self, at_s: u32, meter: &mut Option<Meter>) {
        if let Some(usage) = meter.as_mut().and_then(Meter::read) {
            let mut seen = Second::new(at_s);
            seen.server = Some(usage);
            self.tally.add(&seen);
        }
        if let Some(whole) = self.tally.second(at_s) {
            self.shows(&whole);
        }
    }
}

/// Each process has an address of its own, where there are several.
fn source(all: &[IpAddr], part: u32) -> Vec<IpAddr> {
    let mine = all.get(part as usize % all.len().max(1));
    mine.copied().into_iter().collect()
}

/// Of the terminal, in columns.
fn width() -> u16 {
    rustix::termios::tcgetwinsize(std::io::stderr()).map_or(80, |size| size.ws_col)
}
