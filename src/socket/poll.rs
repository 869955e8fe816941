//! One epoll descriptor per worker, itself watched by tokio: a connection costs no task and no
//! registration beyond the kernel's.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// What is looked for on a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Watch {
    Nothing,
    Read,
    Write,
    ReadAndWrite,
}

impl Watch {
    pub(super) fn of(reads: bool, writes: bool) -> Self {
        match (reads, writes) {
            (false, false) => Self::Nothing,
            (true, false) => Self::Read,
            (false, true) => Self::Write,
            (true, true) => Self::ReadAndWrite,
        }
    }

    fn flags(self) -> EventFlags {
        match self {
            Self::Nothing => EventFlags::empty(),
            Self::Read => EventFlags::IN,
            Self::Write => EventFlags::OUT,
            Self::ReadAndWrite => EventFlags::IN | EventFlags::OUT,
        }
    }
}

pub(super) struct Poll {
    epoll: AsyncFd<OwnedFd>,
    events: Vec<Event>,
}

/// Events taken at once: enough that a wait costs little per event, few enough that sweeps and
/// orders come in between.
const EVENTS: usize = 512;

impl Poll {
    /// Within the runtime that will wait.
    #[expect(
        unsafe_code,
        reason = "the only way to have tokio watch a descriptor; its safe forms are deprecated"
    )]
    pub(super) fn new() -> io::Result<Self> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        // SAFETY: an `OwnedFd` is open, and the same, for as long as it lives, and it lives in the
        // `AsyncFd`.
        let epoll = unsafe { AsyncFd::register_with_interest(epoll, Interest::READABLE)? };
        Ok(Self {
            epoll,
            events: Vec::with_capacity(EVENTS),
        })
    }

    /// Looks for something else from now on. A connection on which nothing is looked for is taken
    /// out: the kernel would report its end again and again.
    pub(super) fn set(
        &self,
        fd: impl AsFd,
        key: usize,
        was: Watch,
        watch: Watch,
    ) -> io::Result<()> {
        let epoll = self.epoll.get_ref();
        let data = EventData::new_u64(key as u64);
        match (was, watch) {
            (Watch::Nothing, Watch::Nothing) => Ok(()),
            (Watch::Nothing, _) => Ok(epoll::add(epoll, fd, data, watch.flags())?),
            (_, Watch::Nothing) => Ok(epoll::delete(epoll, fd)?),
            _ => Ok(epoll::modify(epoll, fd, data, watch.flags())?),
        }
    }

    /// Waits until something may be ready and appends the keys of what is.
    pub(super) async fn ready(&mut self, keys: &mut Vec<usize>) -> io::Result<()> {
        let mut guard = self.epoll.readable().await?;
        let at_once = rustix::time::Timespec::default();
        self.events.clear();
        let spare = spare_capacity(&mut self.events);
        epoll::wait(guard.get_inner(), spare, Some(&at_once))?;
        if self.events.is_empty() {
            guard.clear_ready();
        }
        keys.extend(self.events.iter().map(|event| event.data.u64() as usize));
        Ok(())
    }
}
