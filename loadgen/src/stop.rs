//! Being told to end.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// How often INT, TERM and HUP have come: the first ends the run, another INT or TERM what is done
/// after it. Nothing ends at once by one.
#[derive(Clone)]
pub(crate) struct Stop(watch::Receiver<u32>);

impl Stop {
    /// # Errors
    /// A sentence, when signals are not to be had.
    pub(crate) fn watch() -> Result<Self, String> {
        let (tell, told) = watch::channel(0);
        for kind in [
            SignalKind::interrupt(),
            SignalKind::terminate(),
            SignalKind::hangup(),
        ] {
            let mut signals =
                signal(kind).map_err(|error| format!("watch for signals: {error}"))?;
            let tell = tell.clone();
            tokio::spawn(async move {
                while signals.recv().await.is_some() {
                    tell.send_modify(|times| *times = counted(kind, *times));
                }
            });
        }
        Ok(Self(told))
    }

    pub(crate) async fn told(&self) {
        self.told_times(1).await;
    }

    /// None: told before it was done.
    pub(crate) async fn unless<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            done = work => Some(done),
            () = self.told() => None,
        }
    }

    /// For what follows the run. None: told before it was done, beside the time that ended the run.
    pub(crate) async fn unless_again<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let ended_by = (*self.0.borrow()).min(1);
        tokio::select! {
            biased;
            () = self.told_times(ended_by + 1) => None,
            done = work => Some(done),
        }
    }

    async fn told_times(&self, times: u32) {
        let mut told = self.0.clone();
        if told.wait_for(|told| *told >= times).await.is_err() {
            std::future::pending().await
        }
    }
}

/// A terminal that goes may hang up more than once, and nobody asks for anything with it.
fn counted(kind: SignalKind, times: u32) -> u32 {
    match kind == SignalKind::hangup() {
        true => times.max(1),
        false => times + 1,
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test]
    async fn what_follows_the_run_is_ended_by_one_more_signal_than_the_run() {
        let (tell, told) = watch::channel(0);
        let stop = Stop(told);
        assert_eq!(stop.unless(ready(1)).await, Some(1));
        tell.send_replace(1);
        assert_eq!(stop.unless(pending::<u32>()).await, None);
        assert_eq!(stop.unless_again(ready(2)).await, Some(2));
        tell.send_replace(2);
        assert_eq!(stop.unless_again(ready(3)).await, None, "it is not begun");
    }

    #[test]
    fn hanging_up_ends_the_run_and_gives_up_nothing_after_it() {
        let hangup = SignalKind::hangup();
        assert_eq!(counted(hangup, 0), 1);
        assert_eq!(counted(hangup, 1), 1);
        for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
            assert_eq!(counted(kind, 1), 2);
        }
    }

    #[tokio::test]
    async fn the_first_signal_ends_what_follows_a_run_that_ended_by_itself() {
        let (tell, told) = watch::channel(0);
        let stop = Stop(told);
        let work = async {
            tell.send_replace(1);
            pending::<u32>().await
        };
        assert_eq!(stop.unless_again(work).await, None);
    }
}
