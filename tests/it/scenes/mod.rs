//! Each rule of the protocol that a reader would want to see, as a scene.

mod moves;
mod views;

mod people;
mod sharing;

mod paging;
mod sessions;

mod strangers;

mod parted;

mod restored;
mod returns;
