//! What the built product promises, one file per promise.

mod cli;
