//! The port of a URL.

use http::Uri;

/// None: it names none. Asked itself, a `Uri` says the same of what is no port.
///
/// # Errors
/// A sentence, when it names what is no port.
pub(crate) fn named(uri: &Uri) -> Result<Option<u16>, String> {
    let authority = uri.authority().map_or("", |to| to.as_str());
    let host = authority.rsplit_once('@').map_or(authority, |(_, it)| it);
    // An address of IPv6 has colons of its own.
    let host = host.rsplit_once(']').map_or(host, |(_, it)| it);
    match host.rsplit_once(':') {
        None | Some((_, "")) => Ok(None),
        Some((_, port)) => match port.parse() {
            // A number may have a sign before it, a port may not.
            Ok(number) if !port.starts_with('+') => Ok(Some(number)),
            _ => Err(format!("{port} is no port")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_named_or_not_or_is_none() {
        let of = |url: &str| named(&url.parse().unwrap());
        for url in ["http://a", "http://a:/b:9", "http://[::1]/", "http://u:9@a"] {
            assert_eq!(of(url), Ok(None), "{url}");
        }
        for url in ["http://a:9", "http://[::1]:9/", "http://u:8@a:9/?b=:7"] {
            assert_eq!(of(url), Ok(Some(9)), "{url}");
        }
        for (url, port) in [
            ("http://a:70000", "70000"),
            ("http://a:+9", "+9"),
            ("http://[::1]:9x", "9x"),
        ] {
            assert_eq!(of(url), Err(format!("{port} is no port")));
        }
    }
}
