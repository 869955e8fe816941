//! The bare loops: `send` for what a delivery costs at the least, `answer` for how soon one is
//! there.

use std::time::{Duration, Instant};

use nearcast::wire::Encoding;

use super::contender::{Contender, Hear, cpu_of, read};
use super::measured::Measured;
use super::writes::segments;
use crate::groups::Groups;
use crate::peer::{Peer, REQUEST_BYTES};
use crate::placement::Cores;

/// Nothing was heard for so long: what is missing will not come.
const STUCK: Duration = Duration::from_secs(3);

pub(super) struct Floor<'a> {
    peer: Peer,
    groups: &'a Groups,
}

impl<'a> Floor<'a> {
    pub(super) fn new(kind: &str, groups: &'a Groups, cores: Cores) -> Result<Self, String> {
        let peer = Peer::start(kind, groups, cores)?;
        Ok(Self { peer, groups })
    }

    /// The sending loop: a group more for each that was heard, so that as much is under way as
    /// with the others.
    pub(super) fn saturate(
        &mut self,
        warm_up: Duration,
        length: Duration,
    ) -> Result<Measured, String> {
        let (friends, ahead) = (u64::from(self.groups.friends()), self.groups.count() as u64);
        let (mut heard, mut allowed) = (0, 0);
        let segments_before = segments(&self.ports());
        let started = Instant::now();
        let (mut begun, mut ended) = (None, None);
        let mut news = started;
        while heard < allowed * friends || ended.is_none() {
            let elapsed = started.elapsed();
            if begun.is_none() && elapsed >= warm_up {
                begun = Some((Instant::now(), cpu_of(self)?, heard));
            }
            if ended.is_none() && elapsed >= warm_up + length {
                ended = Some((Instant::now(), cpu_of(self)?, heard));
            }
            let may = heard / friends + ahead;
            if ended.is_none() && may > allowed {
                self.peer.allow((may - allowed) as usize)?;
                allowed = may;
            }
            let before = heard;
            self.wait(Duration::ZERO)?;
            self.read(&mut |_, updates| heard += u64::from(updates))?;
            if heard > before {
                news = Instant::now();
            } else if news.elapsed() > STUCK {
                break;
            }
        }
        let (Some(begun), Some(ended)) = (begun, ended) else {
            return Err(format!("nothing was heard for {} s", STUCK.as_secs()));
        };
        Ok(Measured {
            elapsed: ended.0 - begun.0,
            cpu: ended.1 - begun.1,
            heard: ended.2 - begun.2,
            published: allowed * friends,
            delivered: heard,
            segments: segments_before.until(&segments(&self.ports())),
            ns: None,
            late_ms: None,
        })
    }
}

impl Contender for Floor<'_> {
    fn processes(&self) -> Vec<u32> {
        vec![self.peer.process()]
    }

    fn ports(&self) -> Vec<u16> {
        vec![self.peer.port()]
    }

    fn idles(&self) -> bool {
        false
    }

    /// Everybody is there from the start.
    fn come(&mut self, _until: u32) -> Result<(), String> {
        Ok(())
    }

    fn make_move(&mut self, group: usize, number: usize) -> Result<(), String> {
        let members = self.groups.members(group);
        let mover = members[self.mover(number, members.len())];
        // With the head and the mask of its frame it is a request.
        let payload = [b'm'; REQUEST_BYTES - 6];
        self.peer.clients.say(mover as usize, &payload)
    }

    fn wait(&mut self, wait: Duration) -> Result<usize, String> {
        self.peer.clients.wait(wait)
    }

    fn read(&mut self, hear: Hear<'_>) -> Result<(), String> {
        read(&mut self.peer.clients, Encoding::Json, hear)
    }
}
