//! Who is at the other end: the address, behind proxies that are trusted to say it.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::header::{FORWARDED, HeaderMap};
use ipnet::IpNet;

use crate::limits::{Connection, Full, client_address};

/// The other end of a request.
#[derive(Clone, Debug)]
pub struct Peer {
    pub address: IpAddr,
    /// It came over TLS, to here or to a trusted proxy.
    pub secure: bool,
    /// Somebody passed it on, whether trusted or not.
    pub forwarded: bool,
    /// Who keeps the connection beyond its request takes it.
    pub seat: Seat,
}

/// A connection's place within the limits, given back when the last of its clones is dropped,
/// unless somebody has taken it.
#[derive(Clone)]
pub struct Seat(Arc<Mutex<Option<Connection>>>);

impl Seat {
    pub(super) fn new(connection: Connection) -> Self {
        Self(Arc::new(Mutex::new(Some(connection))))
    }

    /// The place itself, for whoever keeps the connection. There is one.
    #[must_use]
    pub fn take(&self) -> Option<Connection> {
        self.held().take()
    }

    /// Counts it by the client whom a proxy named.
    pub(super) fn belongs_to(&self, client: IpAddr) -> Result<(), Full> {
        let mut held = self.held();
        held.as_mut()
            .map_or(Ok(()), |connection| connection.belongs_to(client))
    }

    fn held(&self) -> MutexGuard<'_, Option<Connection>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seat")
    }
}

impl Peer {
    /// What the head of a request says, where a trusted proxy wrote it.
    pub(super) fn of(
        from: IpAddr,
        tls: bool,
        headers: &HeaderMap,
        trusted: &[IpNet],
        seat: Seat,
    ) -> Self {
        let from = from.to_canonical();
        let believed = trusted.iter().any(|network| network.contains(&from));
        Self {
            address: client_address(from, headers, trusted),
            secure: tls || believed && came_over_tls(headers),
            forwarded: headers.contains_key(FORWARDED) || headers.contains_key("x-forwarded-for"),
            seat,
        }
    }
}

/// As the proxy next to the server says.
fn came_over_tls(headers: &HeaderMap) -> bool {
    let last = |name: &str| {
        let value = headers.get_all(name).iter().next_back()?;
        let text = value.to_str().ok()?;
        text.rsplit(',').next().map(str::trim)
    };
    match last("x-forwarded-proto") {
        Some(proto) => proto.eq_ignore_ascii_case("https"),
        None => last("forwarded").is_some_and(|hop| {
            hop.split(';').any(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                let value = value.trim().trim_matches('"');
                name.trim().eq_ignore_ascii_case("proto") && value.eq_ignore_ascii_case("https")
            })
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_is_what_the_nearest_proxy_says() {
        for (name, value, expected) in [
            ("x-forwarded-proto", "https", true),
            ("x-forwarded-proto", "https, http", false),
            ("x-forwarded-proto", "http, HTTPS", true),
            ("forwarded", "for=1.1.1.1;proto=https", true),
            (
                "forwarded",
                "proto=https, for=1.1.1.1;Proto=\"http\"",
                false,
            ),
            ("forwarded", "for=1.1.1.1", false),
            ("via", "https", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.append(name, value.parse().unwrap());
            assert_eq!(came_over_tls(&headers), expected, "{name}: {value}");
        }
    }
}
