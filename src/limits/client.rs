//! Whose request it is when a proxy brought it.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use ipnet::IpNet;

/// The address nearest to the server that is not a trusted proxy's. `X-Forwarded-For` is looked
/// at first, `Forwarded` where there is none; neither unless the peer is trusted. What cannot be
/// read ends the way back: the proxy that wrote it stands for its client.
#[must_use]
pub fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let mut address = peer.to_canonical();
    if !is_trusted(address, trusted) {
        return address;
    }
    let hops = match hops(headers, "x-forwarded-for", Some) {
        hops if hops.is_empty() => hops_of_forwarded(headers),
        hops => hops,
    };
    for hop in hops.into_iter().rev() {
        let Some(before) = hop.and_then(parse) else {
            return address;
        };
        address = before;
        if !is_trusted(address, trusted) {
            return address;
        }
    }
    address
}

pub(super) fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&address))
}

fn hops_of_forwarded(headers: &HeaderMap) -> Vec<Option<&str>> {
    hops(headers, "forwarded", |element| {
        element.split(';').find_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            let is_for = name.trim().eq_ignore_ascii_case("for");
            is_for.then(|| value.trim().trim_matches('"'))
        })
    })
}

/// All hops of a header and its repetitions, the nearest last; none for one that cannot be read.
fn hops<'h>(
    headers: &'h HeaderMap,
    name: &str,
    read: impl Fn(&'h str) -> Option<&'h str>,
) -> Vec<Option<&'h str>> {
    let values = headers.get_all(name).iter();
    values
        .flat_map(|value| value.as_bytes().split(|&byte| byte == b','))
        .map(|element| read(std::str::from_utf8(element).ok()?.trim()))
        .collect()
}

/// An address, perhaps with a port, IPv6 perhaps in brackets.
fn parse(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|hop| hop.strip_suffix(']'));
    let address = bare.unwrap_or(hop).parse::<IpAddr>().ok();
    address
        .or_else(|| hop.parse().ok().map(|whole: SocketAddr| whole.ip()))
        .map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, headers: &[(&'static str, &str)]) -> String {
        let trusted = ["10.0.0.0/8", "fd00::/8"].map(|net| net.parse().expect("a network"));
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().expect("a header's value"));
        }
        let peer = peer.parse().expect("an address");
        client_address(peer, &map, &trusted).to_string()
    }

    #[test]
    fn only_a_trusted_peer_is_believed() {
        let headers = [
            ("x-forwarded-for", "203.0.113.9"),
            ("forwarded", "for=203.0.113.8"),
        ];
        assert_eq!(client("198.51.100.1", &headers), "198.51.100.1");
        assert_eq!(client("10.0.0.1", &headers), "203.0.113.9");
        assert_eq!(client("::ffff:10.0.0.1", &headers), "203.0.113.9");
    }

    #[test]
    fn the_rightmost_untrusted_address_is_the_client() {
        let cases = [
            ("1.1.1.1, 203.0.113.9", "203.0.113.9"),
            ("1.1.1.1, 203.0.113.9, 10.9.9.9", "203.0.113.9"),
            ("10.1.1.1, 10.2.2.2", "10.1.1.1"),
            ("203.0.113.9:4711", "203.0.113.9"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
        ];
        for (header, expected) in cases {
            let found = client("10.0.0.1", &[("x-forwarded-for", header)]);
            assert_eq!(found, expected, "{header}");
        }
        let twice = [
            ("x-forwarded-for", "1.1.1.1"),
            ("x-forwarded-for", "203.0.113.9"),
        ];
        assert_eq!(client("10.0.0.1", &twice), "203.0.113.9");
    }

    #[test]
    fn forwarded_is_read_where_the_other_is_not() {
        let cases = [
            ("for=203.0.113.9", "203.0.113.9"),
            ("For=\"[2001:db8::1]:80\";proto=https", "2001:db8::1"),
            (
                "for=1.1.1.1, proto=http;for=203.0.113.9;by=10.0.0.1",
                "203.0.113.9",
            ),
            ("for=203.0.113.9, for=10.3.3.3", "203.0.113.9"),
        ];
        for (header, expected) in cases {
            let found = client("fd00::1", &[("forwarded", header)]);
            assert_eq!(found, expected, "{header}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_spoil_their_own_hop_only() {
        let trusted = ["10.0.0.0/8".parse().expect("a network")];
        let mut map = HeaderMap::new();
        let value = http::HeaderValue::from_bytes(b"\xff, 1.2.3.4").expect("bytes of a header");
        map.insert("x-forwarded-for", value);
        let peer = IpAddr::from([10, 0, 0, 1]);
        let client = client_address(peer, &map, &trusted);
        assert_eq!(client, IpAddr::from([1, 2, 3, 4]));
    }

    #[test]
    fn what_cannot_be_read_changes_nothing() {
        for header in [
            "",
            ",",
            "unknown",
            "_hidden",
            "1.2.3",
            "1.1.1.1, x",
            "[::1",
            "1.1.1.1:x",
        ] {
            assert_eq!(
                client("10.0.0.1", &[("x-forwarded-for", header)]),
                "10.0.0.1"
            );
        }
        for header in [
            "",
            "for",
            "by=1.1.1.1",
            "for=unknown",
            "for=_x",
            "for=\"[1\"",
            "=;,",
        ] {
            assert_eq!(client("10.0.0.1", &[("forwarded", header)]), "10.0.0.1");
        }
        assert_eq!(
            client("10.0.0.1", &[("x-forwarded-for", "x, 10.2.2.2")]),
            "10.2.2.2"
        );
    }
}
