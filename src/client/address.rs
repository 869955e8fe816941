//! Where a server is, from what a person types.

use http::Uri;

use crate::port;

/// The route of the WebSocket, where an address names none.
const ROUTE: &str = "/v1/ws";

/// A server's WebSocket: `ws://` or `wss://`, or `http(s)://` as the server prints it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub(super) is_secret: bool,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) path: String,
}

impl Address {
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn parse(url: &str) -> Result<Self, String> {
        let uri: Uri = url
            .parse()
            .map_err(|error| format!("{url:?} is no address: {error}"))?;
        let is_secret = match uri.scheme_str() {
            Some("ws" | "http") => false,
            Some("wss" | "https") => true,
            _ => {
                return Err(format!(
                    "{url:?} does not begin with ws://, wss://, http:// or https://"
                ));
            }
        };
        let host = uri.host().filter(|host| !host.is_empty());
        let host = host.ok_or_else(|| format!("{url:?} names no host"))?;
        let path = match uri.path_and_query().map(http::uri::PathAndQuery::as_str) {
            None | Some("" | "/") => ROUTE,
            Some(path) => path,
        };
        let port = port::named(&uri).map_err(|why| format!("{url:?}: {why}"))?;
        Ok(Self {
            is_secret,
            host: host.to_owned(),
            port: port.unwrap_or(if is_secret { 443 } else { 80 }),
            path: path.to_owned(),
        })
    }

    /// Whether it asks for TLS.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.is_secret
    }

    /// Whether REST is beside its WebSocket, both at the root.
    #[must_use]
    pub fn is_at_root(&self) -> bool {
        self.path == ROUTE
    }

    /// As the header `Host` has it.
    #[must_use]
    pub fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// The host as a certificate names it, and the resolver takes it.
    pub(super) fn bare_host(&self) -> &str {
        self.host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(&self.host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_be_what_the_server_printed() {
        for (url, is_secret, authority, path) in [
            ("ws://127.0.0.1:8080", false, "127.0.0.1:8080", "/v1/ws"),
            ("http://127.0.0.1:8080/", false, "127.0.0.1:8080", "/v1/ws"),
            ("ws://example.org/v1/ws", false, "example.org:80", "/v1/ws"),
            ("wss://example.org", true, "example.org:443", "/v1/ws"),
            ("https://[::1]:99/a?b=c", true, "[::1]:99", "/a?b=c"),
        ] {
            let address = Address::parse(url).unwrap();
            assert_eq!(address.is_secret, is_secret, "{url}");
            assert_eq!(address.authority(), authority);
            assert_eq!(address.path, path);
            assert_eq!(address.is_at_root(), path == "/v1/ws");
        }
        assert_eq!(Address::parse("ws://[::1]:99").unwrap().bare_host(), "::1");
    }

    #[test]
    fn what_is_no_address_is_said() {
        for url in [
            "",
            "example.org",
            "ftp://example.org",
            "/v1/ws",
            "ws://a b",
            "ws://a:70000",
        ] {
            assert!(Address::parse(url).unwrap_err().contains(url), "{url}");
        }
    }
}
