//! The floor of latency: a small request is read, and a frame sent to each of the group.

use std::io::{self, Read as _};

use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};

use super::house::{House, NONE};
use super::process::REQUEST_BYTES;

/// Looks whether the bench still lives.
const LOOK: Timespec = Timespec {
    tv_sec: 1,
    tv_nsec: 0,
};

pub(super) fn run(house: House) -> io::Result<()> {
    let crowd = house.fill()?;
    let frame = house.frame();
    let epoll = epoll::create(CreateFlags::CLOEXEC)?;
    for (number, socket) in crowd.sockets.iter().enumerate() {
        let data = EventData::new_u64(number as u64);
        epoll::add(&epoll, socket, data, EventFlags::IN)?;
    }
    let mut events: Vec<Event> = Vec::with_capacity(512);
    let mut request = [0; 4096];
    loop {
        events.clear();
        epoll::wait(&epoll, spare_capacity(&mut events), Some(&LOOK))?;
        for event in &events {
            let number = event.data.u64() as usize;
            let read = (&crowd.sockets[number]).read(&mut request)?;
            if read == 0 {
                return Ok(());
            }
            let group = crowd.group_of[number];
            if group != NONE {
                for _ in 0..read / REQUEST_BYTES {
                    crowd.tell(group as usize, number, &frame)?;
                }
            }
        }
    }
}
