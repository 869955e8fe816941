//! What somebody who sees nearcast for the first time can paste.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use nearcast::auth::{Grant, sign};
use nearcast::config::{Config, Demo};
use nearcast::demo::NEWCOMER;
use nearcast::wire::UserId;

const TTL: Duration = Duration::from_secs(12 * 3600);
/// Near enough that people come and go all the time.
const RADIUS_M: u32 = 1500;
/// Documentation's own address: no packet is sent to find out which way one would go.
const ELSEWHERE: &str = "192.0.2.1:9";

pub(super) struct Guide {
    /// As it was called to start the demo.
    program: String,
    /// Host and port, as others reach them.
    place: String,
    is_open: bool,
    is_encrypted: bool,
    token: String,
    demo: Demo,
}

impl Guide {
    pub(super) fn new(
        program: String,
        config: &Config,
        listening: SocketAddr,
        now_ms: u64,
    ) -> Self {
        let user = UserId::new(NEWCOMER).expect("a short word");
        let grant = Grant {
            user: &user,
            ttl: TTL,
            strangers: true,
            pool: "",
        };
        let is_open = !listening.ip().to_canonical().is_loopback();
        let mut reached = listening;
        if listening.ip().is_unspecified() {
            reached.set_ip(own_address().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)));
        }
        Self {
            program,
            place: reached.to_string(),
            is_open,
            is_encrypted: !config.server.tls_cert.as_os_str().is_empty(),
            token: sign(&config.auth, &grant, now_ms),
            demo: config.demo.clone(),
        }
    }
}

/// In the network that leads out; none: there is no network.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect(ELSEWHERE).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

impl fmt::Display for Guide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            program,
            place,
            is_open,
            is_encrypted,
            token,
            demo: Demo { lat, lon, .. },
        } = self;
        let s = if *is_encrypted { "s" } else { "" };
        writeln!(
            f,
            "\nYou are `{NEWCOMER}`, and a dozen of them are your friends."
        )?;
        writeln!(f, "In another terminal:\n")?;
        writeln!(
            f,
            "  {program} watch --user {NEWCOMER} --url ws{s}://{place} --lat {lat} --lon {lon} \
             --radius {RADIUS_M} --token {token}\n"
        )?;
        writeln!(f, "The same as any WebSocket client sees it:\n")?;
        let hello = format!(
            r#"{{"id":1,"hello":{{"token":"{token}","position":{{"lat":{lat},"lon":{lon}}},"radius_m":{RADIUS_M}}}}}"#
        );
        writeln!(
            f,
            "  (echo '{hello}'; cat) | websocat ws{s}://{place}/v1/ws\n"
        )?;
        writeln!(f, "And once, over HTTP:\n")?;
        writeln!(
            f,
            "  curl -H 'Authorization: Bearer {token}' 'http{s}://{place}/v1/users/{NEWCOMER}/nearby?radius_m={RADIUS_M}'\n"
        )?;
        match (is_open, is_encrypted) {
            (true, true) => writeln!(f, "Everybody in this network can reach it.")?,
            (true, false) => writeln!(
                f,
                "Everybody in this network can reach it, and nothing is encrypted."
            )?,
            (false, _) => {}
        }
        writeln!(f, "Ctrl-C ends it.")
    }
}

#[cfg(test)]
mod tests {
    use nearcast::auth::Verifier;

    use super::*;

    #[test]
    fn every_line_names_the_server_and_a_token_that_it_accepts() {
        let mut config = Config::default();
        config.auth.hmac_secret = "x".repeat(32);
        let listening = SocketAddr::from(([127, 0, 0, 1], 8099));
        let guide = Guide::new("nearcast".to_owned(), &config, listening, 1_000_000);
        let verifier = Verifier::new(&config.auth).unwrap();
        let claims = verifier.token(&guide.token, 1_000_000).unwrap();
        assert_eq!((claims.user.as_str(), claims.strangers), (NEWCOMER, true));
        let text = guide.to_string();
        for command in ["nearcast watch", "websocat", "curl"] {
            let line = text.lines().find(|line| line.contains(command)).unwrap();
            assert!(
                line.contains("127.0.0.1:8099") && line.contains(&guide.token),
                "{line}"
            );
        }
        assert!(!text.contains("encrypted"));
    }

    #[test]
    fn an_open_server_is_named_by_an_address_that_others_reach() {
        let mut config = Config::default();
        config.auth.hmac_secret = "x".repeat(32);
        for ip in [[0, 0, 0, 0], [192, 168, 1, 20]] {
            let listening = SocketAddr::from((ip, 8099));
            let text = Guide::new("nearcast".to_owned(), &config, listening, 0).to_string();
            assert!(
                !text.contains("0.0.0.0") && text.contains("nothing is encrypted"),
                "{text}"
            );
        }
        config.server.tls_cert = "cert.pem".into();
        let listening = SocketAddr::from(([192, 168, 1, 20], 8099));
        let text = Guide::new("nearcast".to_owned(), &config, listening, 0).to_string();
        for line in ["ws://", "http://", "encrypted"] {
            assert!(!text.contains(line), "{text}");
        }
    }
}
