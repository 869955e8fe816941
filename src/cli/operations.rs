//! A running server, as a command that asks it something finds it and its key.

use std::path::{Path, PathBuf};

use nearcast::auth::Development;
use nearcast::client::{Address, Trust, rest};
use nearcast::config::{Config, Flags};
use serde_json::{Map, Value};

use super::source::load;
use super::{BAD_QUERY, UNREACHED, complain};

/// Characters of what a server says that are repeated.
const REPEATED: usize = 300;

#[derive(clap::Args)]
pub(super) struct Operations {
    /// The server; where the configuration has it answer operations when nothing is said
    #[arg(long)]
    url: Option<String>,
    /// The server's configuration
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The server's data directory
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
}

impl Operations {
    /// What the server answers to a GET, in which `named` is. Otherwise it has been said what went
    /// wrong, and the exit status is answered.
    pub(super) fn get(&self, path: &str, named: &str) -> Result<Map<String, Value>, u8> {
        let flags = Flags {
            listen: None,
            data: self.data.clone(),
        };
        let mut config = load(self.config.as_ref(), &flags)?;
        let asked = self.address(&config).and_then(|address| {
            let (answer, key_file) = ask(&address, &mut config, path)?;
            Ok((answered(&address, &answer, named)?, key_file))
        });
        match asked {
            Ok((Ok(found), _)) => Ok(found),
            Ok((Err(refused), key_file)) => {
                complain(&refused.told(key_file.as_deref()));
                Err(BAD_QUERY)
            }
            Err(fault) => {
                complain(&fault);
                Err(UNREACHED)
            }
        }
    }

    fn address(&self, config: &Config) -> Result<Address, String> {
        Address::parse(&self.url.clone().unwrap_or_else(|| place(config)))
    }
}

/// The answer, and where the key is from if the configuration has none.
fn ask(
    address: &Address,
    config: &mut Config,
    path: &str,
) -> Result<(rest::Answer, Option<PathBuf>), String> {
    let trust = address.is_secret().then(Trust::system).transpose()?;
    let key_file = Development::find_server_key(&mut config.auth, &config.server.data)?;
    let key = config.auth.server_key.first().cloned().unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("start the runtime: {error}"))?;
    let get = rest::ask(address, trust.as_ref(), http::Method::GET, path, &key);
    Ok((runtime.block_on(get)?, key_file))
}

/// Where a server with this configuration answers operations.
fn place(config: &Config) -> String {
    let scheme = if config.server.tls_cert.as_os_str().is_empty() {
        "http"
    } else {
        "https"
    };
    match config.admin.listen.as_str() {
        "" => format!("{scheme}://{}", config.server.listen),
        address => format!("{scheme}://{address}"),
    }
}

/// A server's problem, as nearcast tells one.
#[derive(Debug, PartialEq, Eq)]
struct Refused {
    status: u16,
    detail: String,
}

/// What a nearcast has answered.
///
/// # Errors
/// A sentence: no nearcast answers like this.
fn answered(
    address: &Address,
    answer: &rest::Answer,
    named: &str,
) -> Result<Result<Map<String, Value>, Refused>, String> {
    let status = answer.status;
    let object: Option<Map<String, Value>> = serde_json::from_str(&answer.body).ok();
    let known = match object {
        Some(found) if status == 200 => found.contains_key(named).then_some(Ok(found)),
        Some(problem) => problem.get("detail").and_then(Value::as_str).map(|detail| {
            let shown = detail.chars().filter(|c| !c.is_control());
            let detail = shown.take(REPEATED).collect();
            Err(Refused { status, detail })
        }),
        None => None,
    };
    known.ok_or_else(|| rest::no_nearcast(address, status))
}

impl Refused {
    /// `key_file`: where the key is from, if the configuration has none.
    fn told(&self, key_file: Option<&Path>) -> String {
        let Self { status, detail } = self;
        match key_file {
            Some(file) if *status == 401 => format!(
                "the server answered 401: {detail}; the key in {} is not one of its own: name the \
                 --data or --config of the one you mean",
                file.display()
            ),
            _ => format!("the server answered {status}: {detail}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Result<Result<Map<String, Value>, Refused>, String> {
        let address = Address::parse("http://127.0.0.1:8080").unwrap();
        let body = body.to_owned();
        answered(&address, &rest::Answer { status, body }, "state")
    }

    #[test]
    fn a_refusal_is_told_by_its_sentence() {
        let refused = |status, detail: &str, key_file| {
            let body = format!(r#"{{"status":{status},"detail":"{detail}"}}"#);
            answer(status, &body).unwrap().unwrap_err().told(key_file)
        };
        let kept = Some(Path::new("kept/key"));
        assert_eq!(
            refused(404, "nobody of that name", kept),
            "the server answered 404: nobody of that name"
        );
        assert!(refused(401, "no", kept).contains("401: no; the key in kept/key is not"));
        assert_eq!(refused(401, "no", None), "the server answered 401: no");
        assert!(refused(500, &"long ".repeat(1000), None).len() < 400);
    }

    #[test]
    fn what_answers_otherwise_is_no_nearcast() {
        assert!(answer(200, r#"{"state":"away"}"#).unwrap().is_ok());
        let page = format!("<html>{}</html>", "so much ".repeat(1000));
        for (status, body) in [
            (200, page.as_str()),
            (404, page.as_str()),
            (200, "{}"),
            (200, "[1]"),
            (401, r#"{"error":"no"}"#),
            (302, ""),
        ] {
            assert_eq!(
                answer(status, body).unwrap_err(),
                format!(
                    "what answers at 127.0.0.1:8080 is no nearcast, or a proxy before one: HTTP {status}"
                )
            );
        }
    }
}
