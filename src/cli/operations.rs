//! A running server, as a command that asks it something finds it and its key.

use std::path::{Path, PathBuf};

use nearcast::auth::Development;
use nearcast::client::{Address, Trust, rest};
use nearcast::config::{Config, Flags};
use serde_json::Value;

use super::source::load;
use super::{BAD_QUERY, UNREACHED, complain};

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
    /// What the server answers to a GET. Otherwise it has been said what went wrong, and the exit
    /// status is answered.
    pub(super) fn get(&self, path: &str) -> Result<String, u8> {
        let flags = Flags {
            listen: None,
            data: self.data.clone(),
        };
        let mut config = load(self.config.as_ref(), &flags)?;
        match self.ask(&mut config, path) {
            Ok((answer, _)) if answer.status == 200 => Ok(answer.body),
            Ok((answer, key_file)) => {
                complain(&refusal(&answer, key_file.as_deref()));
                Err(BAD_QUERY)
            }
            Err(fault) => {
                complain(&fault);
                Err(UNREACHED)
            }
        }
    }

    /// The answer, and where the key is from if the configuration has none.
    fn ask(
        &self,
        config: &mut Config,
        path: &str,
    ) -> Result<(rest::Answer, Option<PathBuf>), String> {
        let address = Address::parse(&self.url.clone().unwrap_or_else(|| place(config)))?;
        let trust = address.is_secret().then(Trust::system).transpose()?;
        let key_file = Development::find_server_key(&mut config.auth, &config.server.data)?;
        let key = config.auth.server_key.first().cloned().unwrap_or_default();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| format!("start the runtime: {error}"))?;
        let get = rest::ask(&address, trust.as_ref(), http::Method::GET, path, &key);
        Ok((runtime.block_on(get)?, key_file))
    }
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

/// `key_file`: where the key is from, if the configuration has none.
fn refusal(answer: &rest::Answer, key_file: Option<&Path>) -> String {
    let rest::Answer { status, body } = answer;
    let problem: Option<Value> = serde_json::from_str(body).ok();
    let detail = problem
        .as_ref()
        .and_then(|problem| problem["detail"].as_str());
    let detail = detail.unwrap_or(body);
    match key_file {
        Some(file) if *status == 401 => format!(
            "the server answered 401: {detail}; the key in {} is not one of its own: name the \
             --data or --config of the one you mean",
            file.display()
        ),
        _ => format!("the server answered {status}: {detail}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_by_its_sentence() {
        let refused = |status, body: &str, key_file| {
            let body = body.to_owned();
            refusal(&rest::Answer { status, body }, key_file)
        };
        let kept = Some(Path::new("kept/key"));
        assert_eq!(
            refused(
                404,
                r#"{"status":404,"detail":"nobody of that name"}"#,
                kept
            ),
            "the server answered 404: nobody of that name"
        );
        assert_eq!(refused(500, "gone", kept), "the server answered 500: gone");
        assert!(refused(401, "no", kept).contains("401: no; the key in kept/key is not"));
        assert_eq!(refused(401, "no", None), "the server answered 401: no");
    }
}
