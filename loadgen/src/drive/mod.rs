//! The run: everybody of a town lives her course against a server, and every second is told.

mod counts;
mod order;
mod ports;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use nearcast::clock::Clock;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use crate::phone;
use crate::tally::Second;
use crate::target::{Meter, Target};
use crate::truth::World;

use counts::Counts;
pub(crate) use order::Order;
use ports::Ports;

/// How often the tool looks whether it is given its processor.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// For what everybody says at the end.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// What everybody who lives needs.
pub(crate) struct Play {
    pub(crate) target: Target,
    pub(crate) server: SocketAddr,
    pub(crate) ports: Ports,
    pub(crate) counts: Counts,
    pub(crate) clock: Clock,
    pub(crate) began: Instant,
    pub(crate) lasts: Duration,
    world: World,
}

impl Play {
    pub(crate) fn world(&self) -> &World {
        &self.world
    }

    /// When nobody lives on.
    pub(crate) fn ends(&self) -> Instant {
        self.began + self.lasts
    }

    /// Of the run.
    pub(crate) fn now_us(&self) -> u64 {
        self.began.elapsed().as_micros() as u64
    }

    /// Whether what somebody sees is judged.
    pub(crate) fn judges(&self, person: usize) -> bool {
        (person as u32).is_multiple_of(self.world.rules.one_of)
    }

    /// Lets everybody live, and tells each second when it is over. Ends early when `stop` does.
    ///
    /// # Errors
    /// A sentence, when something of the tool itself broke.
    pub(crate) async fn run(
        self: Arc<Self>,
        mut meter: Option<Meter>,
        mut each: impl FnMut(Second),
        stop: impl Future<Output = ()>,
    ) -> Result<(), String> {
        let (mut people, mut broken) = (JoinSet::new(), 0);
        for person in 0..self.world.town.people().len() {
            let me = Arc::clone(&self);
            people.spawn(async move { phone::live(&me, person).await });
        }
        let me = Arc::clone(&self);
        let lag = tokio::spawn(async move { me.looks_for_lag().await });
        tokio::pin!(stop);
        sleep_until(self.began).await;
        // What the server did before the run is not the run's.
        let _ = meter.as_mut().and_then(Meter::read);
        let seconds = self.lasts.as_secs() as u32;
        for second in 0..seconds {
            let over = self.began + Duration::from_secs(u64::from(second) + 1);
            let is_told = tokio::select! {
                () = sleep_until(over) => false,
                () = &mut stop => true,
            };
            let is_last = is_told || second + 1 == seconds;
            if is_last && !is_told {
                let last = async {
                    while let Some(ended) = people.join_next().await {
                        broken += u32::from(ended.is_err());
                    }
                };
                let _ = timeout(LAST_WORDS, last).await;
            }
            if is_last {
                // Who is still busy is let go of, before all is counted.
                people.abort_all();
                while let Some(ended) = people.join_next().await {
                    broken += u32::from(ended.is_err_and(|error| error.is_panic()));
                }
            }
            let mut ended = self.counts.end(second);
            ended.server = meter.as_mut().and_then(Meter::read);
            each(ended);
            if is_told {
                break;
            }
        }
        lag.abort();
        match broken {
            0 => Ok(()),
            _ => Err(format!(
                "the tool is broken: {broken} people were not played to their end"
            )),
        }
    }

    /// A thread that is not given its processor is late for everything.
    async fn looks_for_lag(&self) {
        let mut due = self.began;
        loop {
            due += LOOK_EVERY;
            sleep_until(due).await;
            self.counts.lagged(due.elapsed());
        }
    }
}
