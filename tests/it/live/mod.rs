//! The server over real WebSockets, promise by promise.

mod crowd;
mod lines;
mod phone;
mod town;
mod wire;

mod hello;
mod upgrade;

mod commands;
mod pages;
mod settings;

mod friends;
mod rest;
mod rights;
mod strangers;
mod waves;

mod drains;
mod heartbeats;
mod resumes;
mod sessions;

mod tls;
