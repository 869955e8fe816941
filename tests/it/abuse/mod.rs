//! What the built server does under abuse and misfortune: the real binary as a child process, its
//! memory as the kernel counts it.

pub(crate) mod backend;
mod pair;
pub(crate) mod process;
pub(crate) mod raw;

mod slow_readers;

mod floods;
mod frames;
mod tls;
mod unfinished;

mod admission;

mod reloads;
mod starting;

mod disk;
mod kills;

mod secrets;
