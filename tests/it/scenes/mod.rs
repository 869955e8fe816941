//! Each rule of the protocol that a reader would want to see, as a scene.

mod moves;
mod paging;
mod people;
mod restored;
mod returns;
mod sessions;
mod sharing;
mod strangers;
mod views;
