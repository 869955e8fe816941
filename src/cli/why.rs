//! `nearcast why A B`: asks a running server why A does or does not see B.

use std::path::PathBuf;
use std::process::ExitCode;

use nearcast::auth::Development;
use nearcast::client::{Address, Trust, rest};
use nearcast::config::{Config, Flags};
use nearcast::wire::UserId;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::source::load;
use super::{BAD_QUERY, IO, UNREACHED, complain};

/// Why somebody does, or does not, see somebody
///
/// Prints every condition with its value. Asks with the server key of the configuration, or the
/// development key in the data directory.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Who looks
    #[arg(value_parser = |id: &str| UserId::new(id))]
    viewer: UserId,
    /// Who is or is not seen
    #[arg(value_parser = |id: &str| UserId::new(id))]
    subject: UserId,
    /// The server
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: String,
    /// The server's configuration
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The server's data directory
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
}

impl Args {
    pub(crate) fn run(&self) -> ExitCode {
        let flags = Flags {
            listen: None,
            data: self.data.clone(),
        };
        let config = match load(self.config.as_ref(), &flags) {
            Ok(config) => config,
            Err(status) => return status.into(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let asked = runtime
            .map_err(|error| format!("start the runtime: {error}"))
            .and_then(|runtime| runtime.block_on(self.ask(config)));
        match asked {
            Ok(rest::Answer { status: 200, body }) => match super::print(&lines(&body)) {
                Ok(status) => status.into(),
                Err(_) => IO.into(),
            },
            Ok(rest::Answer { status, body }) => {
                complain(&format!("the server answered {status}: {}", detail(&body)));
                BAD_QUERY.into()
            }
            Err(fault) => {
                complain(&fault);
                UNREACHED.into()
            }
        }
    }

    async fn ask(&self, mut config: Config) -> Result<rest::Answer, String> {
        let address = Address::parse(&self.url)?;
        let trust = address.is_secret().then(Trust::system).transpose()?;
        Development::find_server_key(&mut config.auth, &config.server.data)?;
        let key = config.auth.server_key.first().cloned().unwrap_or_default();
        let [viewer, subject] = [&self.viewer, &self.subject]
            .map(|user| utf8_percent_encode(user.as_str(), NON_ALPHANUMERIC).to_string());
        let path = format!("/v1/admin/why?viewer={viewer}&subject={subject}");
        rest::ask(&address, trust.as_ref(), http::Method::GET, &path, &key).await
    }
}

/// A condition per line.
fn lines(body: &str) -> String {
    let Ok(serde_json::Value::Object(reasons)) = serde_json::from_str(body) else {
        return format!("{body}\n");
    };
    let line = |(name, value): (&String, &serde_json::Value)| format!("{name:20} {value}\n");
    reasons.iter().map(line).collect()
}

/// The sentence in a problem.
fn detail(body: &str) -> String {
    let problem: Option<serde_json::Value> = serde_json::from_str(body).ok();
    let detail = problem
        .as_ref()
        .and_then(|problem| problem["detail"].as_str());
    detail.unwrap_or(body).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_condition_has_a_line() {
        let body = r#"{"viewer":"ann","friends":true,"distance_m":12.5}"#;
        let text = lines(body);
        assert_eq!(text.lines().count(), 3);
        assert!(text.contains("friends              true\n"), "{text}");
    }

    #[test]
    fn a_refusal_is_told_by_its_sentence() {
        assert_eq!(
            detail(r#"{"status":404,"detail":"nobody of that name"}"#),
            "nobody of that name"
        );
        assert_eq!(detail("gone"), "gone");
    }
}
