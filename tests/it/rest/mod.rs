//! REST, promise by promise.

mod rights;

mod blocks;
mod friends;
mod near;
mod profiles;
mod sharing;

mod faults;
mod imports;
mod operations;

mod connections;
mod origins;
mod tls;
