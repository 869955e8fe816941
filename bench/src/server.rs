//! A `nearcast serve` of the bench's own: a data folder, keys, users and friendships, and a
//! process for as long as it is measured.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nearcast::auth::{Grant, sign};
use nearcast::config::Auth;
use nearcast::wire::UserId;
use rustls::ClientConfig;

use crate::clients::wire::trust;
use crate::groups::Groups;
use crate::http;
use crate::kept::{Keep, Kept, Swept, beside};
use crate::placement::Cores;

const SECRET: &str = "a secret of the bench, long enough for HS256";
const SERVER_KEY: &str = "a-server-key-of-the-bench";
const TOKEN_TTL: Duration = Duration::from_secs(24 * 3600);

/// What outlives one server: its program, its folder with accounts, its certificate.
pub(crate) struct Site {
    program: PathBuf,
    folder: PathBuf,
    cores: Cores,
    trusted: Arc<ClientConfig>,
    _swept: Swept,
}

/// What differs from one server of a bench to the next.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Settings {
    /// None: the default.
    pub(crate) flush_ms: Option<u64>,
    pub(crate) tls: bool,
}

impl Site {
    pub(crate) fn new(program: Option<&Path>, cores: Cores) -> Result<Self, String> {
        let program = match program {
            Some(program) => program.to_owned(),
            None => beside("nearcast")?,
        };
        if !program.is_file() {
            return Err(format!(
                "there is no {}: build it with `cargo build --release`, or name it with --server",
                program.display()
            ));
        }
        let name = format!("nearcast-bench-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let swept = Swept::new(&folder)?;
        let trusted = certify(&folder).and_then(trust)?;
        Ok(Self {
            program,
            folder,
            cores,
            trusted,
            _swept: swept,
        })
    }

    /// Gives the accounts their users and friendships.
    pub(crate) fn import(&self, groups: &Groups) -> Result<(), String> {
        let server = self.serve(Settings::default())?;
        http::import(server.address, SERVER_KEY, &groups.lines())
    }

    pub(crate) fn serve(&self, settings: Settings) -> Result<Server, String> {
        Server::start(self, settings)
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    fn command(&self, settings: Settings) -> Keep {
        let mut keep = Keep::new(&self.program, &self.log());
        let command = keep.command();
        for (name, _) in std::env::vars_os() {
            if name
                .to_str()
                .is_some_and(|name| name.starts_with("NEARCAST_"))
            {
                command.env_remove(name);
            }
        }
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]);
        command.arg(self.folder.join("data"));
        let chosen = [
            ("SERVER_WORKERS", "1"),
            ("AUTH_HMAC_SECRET", SECRET),
            ("AUTH_SERVER_KEY", SERVER_KEY),
            // The clients of a bench are in more of a hurry than people.
            ("LIMITS_MOVES_PER_S", "1000"),
            ("LIMITS_MOVES_BURST", "1000000"),
            ("LIMITS_MESSAGES_PER_S", "1000000"),
            ("LIMITS_MESSAGES_BURST", "1000000"),
            ("LIMITS_BYTES_PER_S", "1000000000"),
            // And they share a core: when all come at once, the last is slow to greet.
            ("SOCKET_HELLO_S", "60"),
            ("HTTP_HEAD_S", "60"),
        ];
        for (key, value) in chosen {
            command.env(format!("NEARCAST_{key}"), value);
        }
        if let Some(flush_ms) = settings.flush_ms {
            command.env("NEARCAST_BROKER_FLUSH_MS", flush_ms.to_string());
        }
        if settings.tls {
            command.env("NEARCAST_SERVER_TLS_CERT", certificate(&self.folder));
            command.env("NEARCAST_SERVER_TLS_KEY", key(&self.folder));
        }
        keep
    }
}

pub(crate) struct Server {
    kept: Kept,
    address: SocketAddr,
    tls: Option<Arc<ClientConfig>>,
}

impl Server {
    fn start(site: &Site, settings: Settings) -> Result<Self, String> {
        let kept = site.command(settings).start(site.cores)?;
        let Some(address) = listening(kept.said()) else {
            let program = site.program.display();
            return Err(format!("start {program} serve: {}", kept.fault()));
        };
        Ok(Self {
            kept,
            address,
            tls: settings.tls.then(|| Arc::clone(&site.trusted)),
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn process(&self) -> u32 {
        self.kept.process()
    }

    pub(crate) fn tls(&self) -> Option<&Arc<ClientConfig>> {
        self.tls.as_ref()
    }

    pub(crate) fn token(&self, user: &UserId) -> String {
        let auth = Auth {
            hmac_secret: SECRET.to_owned(),
            ..Auth::default()
        };
        let grant = Grant {
            user,
            ttl: TOKEN_TTL,
            strangers: false,
            pool: "",
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        sign(&auth, &grant, now.unwrap_or_default().as_millis() as u64)
    }
}

/// `listening on http://127.0.0.1:45678`
pub(crate) fn listening(line: &str) -> Option<SocketAddr> {
    let url = line.trim().strip_prefix("listening on ")?;
    let (_, address) = url.split_once("://")?;
    address.trim_end_matches('/').parse().ok()
}

fn certificate(folder: &Path) -> PathBuf {
    folder.join("certificate.pem")
}

fn key(folder: &Path) -> PathBuf {
    folder.join("key.pem")
}

/// Writes a certificate of the server's own.
fn certify(folder: &Path) -> Result<rustls::pki_types::CertificateDer<'static>, String> {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names)
        .map_err(|error| format!("make a certificate: {error}"))?;
    fs::write(certificate(folder), made.cert.pem())
        .and_then(|()| fs::write(key(folder), made.signing_key.serialize_pem()))
        .map_err(|error| format!("write a certificate into {}: {error}", folder.display()))?;
    Ok(made.cert.der().clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_says_where_the_server_listens() {
        let address = "127.0.0.1:45678".parse().ok();
        assert_eq!(listening("listening on http://127.0.0.1:45678\n"), address);
        assert_eq!(listening("listening on https://127.0.0.1:45678\n"), address);
        assert_eq!(listening("error: port taken"), None);
        assert_eq!(listening(""), None);
    }

    #[test]
    fn a_program_that_is_no_server_is_named() {
        let cores = Cores {
            server_core: 0,
            load_core: 0,
        };
        let missing = Site::new(Some(Path::new("/no/such/nearcast")), cores);
        assert!(missing.err().unwrap().contains("/no/such/nearcast"));
        let site = Site::new(Some(Path::new("/bin/false")), cores).unwrap();
        let folder = site.folder.clone();
        let refused = site.serve(Settings::default()).err().unwrap();
        assert!(refused.contains("/bin/false serve"), "{refused}");
        drop(site);
        assert!(!folder.exists());
    }
}
