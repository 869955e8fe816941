//! The server over real WebSockets, promise by promise.

mod lines;
mod phone;
mod town;
mod wire;

mod hello;
mod upgrade;

mod friends;
