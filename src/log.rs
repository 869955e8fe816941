//! What the server says about itself while it runs, on standard error.
//!
//! At `info` and above never a position, a token or a full user id.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
pub use tracing_subscriber::filter::LevelFilter;

/// The variable with the filter, as in `info,nearcast::store=debug`.
const FILTER: &str = "NEARCAST_LOG";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// Lines for people.
    #[default]
    Text,
    /// One object per line.
    Json,
}

/// Begins to log, what is as grave as `least` where nothing else is said; once per process. Says
/// what is wrong with the filter, if something is.
pub fn start(form: Form, least: LevelFilter) -> Result<(), String> {
    let wanted = std::env::var(FILTER).unwrap_or_default();
    let filter = filter(&wanted, least)?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let started = match form {
        Form::Text => lines.with_ansi(std::io::stderr().is_terminal()).try_init(),
        Form::Json => lines.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| format!("start the log: {error}"))
}

fn filter(wanted: &str, least: LevelFilter) -> Result<EnvFilter, String> {
    EnvFilter::builder()
        .with_default_directive(least.into())
        .parse(wanted)
        .map_err(|error| format!("{FILTER}: {wanted:?} is no filter: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_said_is_the_default_and_a_bad_filter_is_a_sentence() {
        let filter = |wanted| filter(wanted, LevelFilter::INFO);
        let default = filter("").expect("it is empty");
        assert_eq!(default.max_level_hint(), Some(LevelFilter::INFO));
        let more = filter("info,nearcast::store=debug").expect("it is right");
        assert_eq!(more.max_level_hint(), Some(LevelFilter::DEBUG));
        let error = filter("nearcast=loud").expect_err("there is no such level");
        assert!(
            error.starts_with("NEARCAST_LOG: \"nearcast=loud\" is no filter"),
            "{error}"
        );
    }
}
