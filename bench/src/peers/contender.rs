//! What the bench needs of a peer, however it is talked to: that everybody comes, that somebody
//! moves, and who hears of it.

use std::time::{Duration, Instant};

use nearcast::wire::Encoding;

use crate::clients::Clients;
use crate::clients::count::people;
use crate::process::{Memory, cpu};

/// A friend was told: of how many moves.
pub(super) type Hear<'a> = &'a mut dyn FnMut(usize, u32);

pub(super) trait Contender {
    /// All that are measured.
    fn processes(&self) -> Vec<u32>;

    /// Where its sockets for users are.
    fn ports(&self) -> Vec<u16>;

    /// Whether it has idle connections of users whose memory says something.
    fn idles(&self) -> bool {
        true
    }

    /// Has clients connect until there are so many, and waits until each can hear her friends.
    fn come(&mut self, until: u32) -> Result<(), String>;

    /// The place of who makes this move of a group.
    fn mover(&self, number: usize, people: usize) -> usize {
        number % people
    }

    /// Has her make it.
    fn make_move(&mut self, group: usize, number: usize) -> Result<(), String>;

    /// What is ready is ready now.
    fn wait(&mut self, wait: Duration) -> Result<usize, String>;

    /// Reads what is ready.
    fn read(&mut self, hear: Hear<'_>) -> Result<(), String>;
}

/// Processor time of all its processes.
pub(super) fn cpu_of(contender: &dyn Contender) -> Result<Duration, String> {
    contender.processes().into_iter().map(cpu).sum()
}

/// Memory of all its processes, in bytes.
pub(super) fn memory_of(contender: &dyn Contender) -> Result<u64, String> {
    let memory = |process| Memory::of(process).map(|memory| memory.anonymous);
    contender.processes().into_iter().map(memory).sum()
}

/// Lets it come to rest, its clients answering what it asks.
pub(super) fn rest(contender: &mut dyn Contender, length: Duration) -> Result<(), String> {
    let started = Instant::now();
    while started.elapsed() < length {
        contender.wait(Duration::from_millis(20))?;
        contender.read(&mut |_, _| {})?;
    }
    Ok(())
}

/// What WebSocket clients hear.
#[inline]
pub(super) fn read(
    clients: &mut Clients,
    encoding: Encoding,
    hear: Hear<'_>,
) -> Result<(), String> {
    clients
        .read_all(&mut |client, payload| hear(client, people(encoding, payload)))
        .map(drop)
}

/// Friends who hear at once, without sockets.
#[cfg(test)]
pub(super) mod fake {
    use super::{Contender, Hear};
    use crate::groups::Groups;
    use std::time::Duration;

    pub(in super::super) struct Fake<'a> {
        groups: &'a Groups,
        told: Vec<usize>,
        deliveries: usize,
        /// This delivery does not arrive.
        loses: Option<usize>,
    }

    impl<'a> Fake<'a> {
        pub(in super::super) fn new(groups: &'a Groups, loses: Option<usize>) -> Self {
            Self {
                groups,
                told: Vec::new(),
                deliveries: 0,
                loses,
            }
        }
    }

    impl Contender for Fake<'_> {
        fn processes(&self) -> Vec<u32> {
            vec![std::process::id()]
        }

        fn ports(&self) -> Vec<u16> {
            Vec::new()
        }

        fn come(&mut self, _until: u32) -> Result<(), String> {
            Ok(())
        }

        fn make_move(&mut self, group: usize, number: usize) -> Result<(), String> {
            let members = self.groups.members(group);
            let mover = self.mover(number, members.len());
            for (place, &client) in members.iter().enumerate() {
                if place != mover {
                    self.deliveries += 1;
                    if Some(self.deliveries) != self.loses {
                        self.told.push(client as usize);
                    }
                }
            }
            Ok(())
        }

        fn wait(&mut self, _wait: Duration) -> Result<usize, String> {
            Ok(self.told.len())
        }

        fn read(&mut self, hear: Hear<'_>) -> Result<(), String> {
            self.told.drain(..).for_each(|client| hear(client, 1));
            Ok(())
        }
    }
}
