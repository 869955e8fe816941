//! Scenes with the real store and the real world: people with phones on one worker, accounts on
//! another, both stepped by hand.

mod arrivals;
mod blocks;
mod endings;
mod friends;
mod kept;
mod late;
mod phone;
mod profiles;
mod scene;
mod sharing;
mod strangers;

use scene::{CAFE, HARBOR, PARK, Scene, id};
