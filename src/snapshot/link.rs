//! The way to Redis: one server, Sentinel or Cluster, with or without TLS.

use std::fmt;
use std::time::Duration;

use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::io::tcp::TcpSettings;
use redis::sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType};
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ConnectionInfo, ErrorKind,
    IntoConnectionInfo, Pipeline, RedisError, RedisFuture, TlsCertificates, TlsMode, Value,
};

use crate::config::{self, Deployment};

const CONNECT_WITHIN: Duration = Duration::from_secs(2);
/// A thousand people in one command, behind others.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

pub(super) struct Link {
    /// Hosts and ports as they were given, for who reads that it leads nowhere.
    hosts: String,
    tls: bool,
    way: Way,
}

enum Way {
    Single(Box<Client>),
    Sentinel(Box<SentinelClient>),
    Cluster(Box<ClusterClient>),
}

/// Cheap to clone: all clones speak over the same socket, or the same sockets of a cluster.
#[derive(Clone)]
pub(super) enum Connection {
    One(MultiplexedConnection),
    Many(ClusterConnection),
}

impl Link {
    /// # Errors
    /// A sentence that names the key at fault and never repeats a password.
    pub(super) fn new(config: &config::Snapshot) -> Result<Self, String> {
        let urls: Vec<ConnectionInfo> = urls(&config.redis_url)?;
        let hosts: Vec<String> = urls.iter().map(|url| url.addr().to_string()).collect();
        Ok(Self {
            hosts: hosts.join(", "),
            tls: is_tls(&urls)?,
            way: Way::new(config, urls)?,
        })
    }

    /// # Errors
    /// A verb phrase.
    pub(super) async fn connect(&mut self) -> Result<Connection, String> {
        let settings = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_WITHIN))
            .set_response_timeout(Some(ANSWER_WITHIN));
        let connecting = async {
            let mut connection = match &mut self.way {
                Way::Single(client) => client
                    .get_multiplexed_async_connection_with_config(&settings)
                    .await
                    .map(Connection::One),
                Way::Sentinel(client) => client
                    .get_async_connection_with_config(&settings)
                    .await
                    .map(Connection::One),
                Way::Cluster(client) => client.get_async_connection().await.map(Connection::Many),
            }?;
            // A short question: to a long one who is not let in is answered in riddles.
            let () = redis::cmd("PING").query_async(&mut connection).await?;
            Ok(connection)
        };
        let connected = tokio::time::timeout(2 * CONNECT_WITHIN, connecting).await;
        let why = match connected {
            Ok(Ok(connection)) => return Ok(connection),
            Ok(Err(error)) => self.why(&error),
            Err(_) => "it does not answer".to_owned(),
        };
        Err(format!("connect to Redis at {}: {why}", self.hosts))
    }

    /// With what may be wrong with the address, where the error alone does not say it.
    fn why(&self, error: &RedisError) -> String {
        let said = said(error);
        // A cluster's first connections fail as one, and only its words say how.
        let is_refused = error.is_connection_refusal() || said.contains("Connection refused");
        let is_wrong = said.contains("AuthenticationFailed");
        match error.kind() {
            ErrorKind::Parse if self.tls => "what answers there is no Redis".to_owned(),
            ErrorKind::Parse => {
                "what answers there is no Redis, or speaks TLS: rediss://".to_owned()
            }
            kind if is_wrong || kind == ErrorKind::AuthenticationFailed => {
                format!("{said}: another user or password, or none, is wanted there")
            }
            ErrorKind::ClusterConnectionNotFound => {
                format!("{said}; have its nodes been joined, as by redis-cli --cluster create?")
            }
            _ if is_refused || said.contains("certificate") => said,
            _ if self.tls && (error.is_timeout() || error.is_connection_dropped()) => {
                format!("{said}; does it speak TLS, as rediss:// says?")
            }
            _ if error.is_connection_dropped() => format!(
                "{said}; does it speak TLS, and want rediss://, or has it as many clients as its \
                 maxclients lets in?"
            ),
            _ => said,
        }
    }
}

impl Way {
    fn new(config: &config::Snapshot, urls: Vec<ConnectionInfo>) -> Result<Self, String> {
        let certificates = certificates(config)?;
        if certificates.is_some() && !is_tls(&urls)? {
            return Err(
                "snapshot.tls_ca: snapshot.redis_url says redis://, and TLS is rediss://"
                    .to_owned(),
            );
        }
        let fault = |error: RedisError| format!("snapshot.redis_url: {error}");
        match config.deployment {
            Deployment::Single => {
                let [url] = <[ConnectionInfo; 1]>::try_from(urls).map_err(|urls| {
                    format!(
                        "snapshot.redis_url: {} addresses, and one is for snapshot.deployment \"single\"",
                        urls.len()
                    )
                })?;
                let client = match certificates {
                    Some(certificates) => Client::build_with_tls(url, certificates),
                    None => Client::open(url),
                };
                client
                    .map(|client| Self::Single(Box::new(client)))
                    .map_err(fault)
            }
            Deployment::Sentinel => sentinel(config, &urls, certificates)
                .map(|client| Self::Sentinel(Box::new(client)))
                .map_err(fault),
            Deployment::Cluster if urls.iter().any(|url| url.redis_settings().db() != 0) => Err(
                "snapshot.redis_url: a Redis Cluster has no databases to choose from".to_owned(),
            ),
            Deployment::Cluster => {
                let mut builder = ClusterClient::builder(urls)
                    .connection_timeout(CONNECT_WITHIN)
                    .response_timeout(ANSWER_WITHIN)
                    .retries(3)
                    .tcp_settings(tcp());
                if let Some(certificates) = certificates {
                    builder = builder.certs(certificates);
                }
                builder
                    .build()
                    .map(|client| Self::Cluster(Box::new(client)))
                    .map_err(fault)
            }
        }
    }
}

/// What an error says, in a line for a log: never what was sent.
pub(super) fn said(error: &RedisError) -> String {
    let said = match (error.code(), error.detail()) {
        (Some(code), Some(detail)) => format!("{code} {detail}"),
        _ => error.to_string(),
    };
    // Behind it stands which script of ours it was.
    let said = said.split(" script: ").next().unwrap_or_default();
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    match MEANT.iter().find(|(part, _)| said.contains(part)) {
        Some((_, meant)) => format!("{}; {meant}", said.trim_end_matches('.')),
        None => said,
    }
}

/// What is to be changed where Redis, or TLS, says this.
const MEANT: [(&str, &str); 8] = [
    (
        "MasterNameNotFoundBySentinel",
        "there is no master of this name, snapshot.sentinel_master, or it is down",
    ),
    (
        "UnknownIssuer",
        "snapshot.tls_ca names an authority of one's own",
    ),
    (
        "NOAUTH ",
        "a password is wanted there: redis://USER:PASSWORD@HOST:PORT in snapshot.redis_url, or \
         snapshot.sentinel_password for Sentinel itself",
    ),
    (
        "MOVED ",
        "a Redis Cluster wants snapshot.deployment \"cluster\"",
    ),
    (
        "cluster support disabled",
        "one Redis wants snapshot.deployment \"single\"",
    ),
    (
        "unknown command 'EVALSHA'",
        "a Sentinel wants snapshot.deployment \"sentinel\"",
    ),
    (
        "unknown command 'CLUSTER",
        "a Sentinel wants snapshot.deployment \"sentinel\"",
    ),
    (
        "CaUsedAsEndEntity",
        "a certificate that may sign others is none for a server: basicConstraints CA:FALSE",
    ),
];

/// # Errors
/// A sentence, when it is not so of all of them alike.
fn is_tls(urls: &[ConnectionInfo]) -> Result<bool, String> {
    let is_tls = |url: &ConnectionInfo| matches!(url.addr(), ConnectionAddr::TcpTls { .. });
    let is_blind =
        |url: &ConnectionInfo| matches!(url.addr(), ConnectionAddr::TcpTls { insecure: true, .. });
    if urls.iter().any(is_blind) {
        return Err(
            "snapshot.redis_url: certificates are looked at, whatever #insecure says".to_owned(),
        );
    }
    let tls = urls.iter().filter(|url| is_tls(url)).count();
    if tls > 0 && tls < urls.len() {
        return Err("snapshot.redis_url: either all addresses are rediss:// or none is".to_owned());
    }
    Ok(tls > 0)
}

fn tcp() -> TcpSettings {
    TcpSettings::default().set_nodelay(true)
}

fn urls(text: &str) -> Result<Vec<ConnectionInfo>, String> {
    let parse = |url: &str| {
        let parsed = url.trim().into_connection_info();
        parsed
            .map(|url| url.set_tcp_settings(tcp()))
            .map_err(|error| {
                let right = "redis://HOST:PORT or rediss://HOST:PORT, with user and password before the host where there are any";
                format!("snapshot.redis_url: not {right} ({})", error.category())
            })
    };
    text.split(',').map(parse).collect()
}

fn certificates(config: &config::Snapshot) -> Result<Option<TlsCertificates>, String> {
    if config.tls_ca.as_os_str().is_empty() {
        return Ok(None);
    }
    let name = config.tls_ca.display();
    let pem = std::fs::read(&config.tls_ca)
        .map_err(|error| format!("snapshot.tls_ca: read {name}: {error}"))?;
    let begins = b"-----BEGIN CERTIFICATE-----";
    if !pem.windows(begins.len()).any(|part| part == begins) {
        return Err(format!("snapshot.tls_ca: {name} holds no certificate"));
    }
    Ok(Some(TlsCertificates {
        client_tls: None,
        root_cert: Some(pem),
    }))
}

/// User, password, database and TLS of the first address are those of the servers behind.
fn sentinel(
    config: &config::Snapshot,
    urls: &[ConnectionInfo],
    certificates: Option<TlsCertificates>,
) -> Result<SentinelClient, RedisError> {
    let first = urls
        .first()
        .ok_or((ErrorKind::InvalidClientConfig, "no address"))?;
    let addresses: Vec<ConnectionAddr> = urls.iter().map(|url| url.addr().clone()).collect();
    let settings = first.redis_settings();
    let mut builder = SentinelClientBuilder::new(
        addresses,
        config.sentinel_master.clone(),
        SentinelServerType::Master,
    )?
    .set_client_to_redis_db(settings.db())
    .set_client_to_redis_tcp_settings(tcp())
    .set_client_to_sentinel_tcp_settings(tcp());
    if let Some(user) = settings.username() {
        builder = builder.set_client_to_redis_username(user);
    }
    if let Some(password) = settings.password() {
        builder = builder.set_client_to_redis_password(password);
    }
    if !config.sentinel_password.is_empty() {
        builder = builder.set_client_to_sentinel_password(&config.sentinel_password);
    }
    if matches!(first.addr(), ConnectionAddr::TcpTls { .. }) {
        builder = builder
            .set_client_to_redis_tls_mode(TlsMode::Secure)
            .set_client_to_sentinel_tls_mode(TlsMode::Secure);
    }
    if let Some(certificates) = certificates {
        builder = builder
            .set_client_to_redis_certificates(certificates.clone())
            .set_client_to_sentinel_certificates(certificates);
    }
    builder.build()
}

/// What a cluster's connection could not do by itself: somewhere there is no way to a node.
fn of_cluster(error: RedisError) -> RedisError {
    if error.is_io_error() || error.code() == Some("MOVED") {
        let node = "a node of the Redis Cluster cannot be reached";
        return (ErrorKind::Client, node, error.to_string()).into();
    }
    error
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection")
    }
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::One(connection) => connection.req_packed_command(cmd),
            Self::Many(connection) => {
                let asked = connection.req_packed_command(cmd);
                Box::pin(async { asked.await.map_err(of_cluster) })
            }
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::One(connection) => connection.req_packed_commands(pipeline, offset, count),
            Self::Many(connection) => {
                let asked = connection.req_packed_commands(pipeline, offset, count);
                Box::pin(async { asked.await.map_err(of_cluster) })
            }
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::One(connection) => connection.get_db(),
            Self::Many(connection) => connection.get_db(),
        }
    }
}
