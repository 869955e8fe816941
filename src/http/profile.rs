//! The texts of a profile: what they may be, for a PUT and for an import alike.

use hyper::Uri;
use serde::Deserialize;

use crate::port;
use crate::store::ProfileChange;
use crate::wire::Wrong;

use super::told::nullable;

/// Most characters of a name.
const MAX_NAME: usize = 64;
/// Most bytes of an avatar's address.
const MAX_URL: usize = 512;

/// What is absent stays, what is `null` is taken away.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Profile {
    #[serde(default, deserialize_with = "nullable")]
    name: Option<Option<String>>,
    #[serde(default, deserialize_with = "nullable")]
    stranger_name: Option<Option<String>>,
    #[serde(default, deserialize_with = "nullable")]
    avatar_url: Option<Option<String>>,
    strangers_allowed: Option<bool>,
}

impl Profile {
    pub(super) fn check(self, avatar_hosts: &[String]) -> Result<ProfileChange, Wrong> {
        check_name("name", self.name.as_ref())?;
        check_name("stranger_name", self.stranger_name.as_ref())?;
        if let Some(Some(url)) = &self.avatar_url {
            check_avatar(url, avatar_hosts)?;
        }
        Ok(ProfileChange {
            name: self.name,
            stranger_name: self.stranger_name,
            avatar_url: self.avatar_url,
            strangers_allowed: self.strangers_allowed,
        })
    }
}

fn check_name(field: &str, name: Option<&Option<String>>) -> Result<(), Wrong> {
    let Some(Some(name)) = name else {
        return Ok(());
    };
    let characters = name.chars().count();
    if characters == 0 || characters > MAX_NAME {
        let problem = format_args!("{characters} characters are outside 1..={MAX_NAME}");
        return Err(Wrong::new(field, problem));
    }
    if name.chars().any(|c| c.is_control() || is_layout(c)) {
        return Err(Wrong::new(field, "has a control character"));
    }
    if name.chars().all(is_unseen) {
        return Err(Wrong::new(field, "has nothing to see"));
    }
    Ok(())
}

fn is_unseen(c: char) -> bool {
    let blank = matches!(
        c,
        '\u{115f}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}'
    );
    let joins =
        matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{fe00}'..='\u{fe0f}');
    let marks = matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{feff}'
    );
    c.is_whitespace() || blank || joins || marks
}

/// What would break the lines of whoever shows it, or turn what stands behind it.
fn is_layout(c: char) -> bool {
    matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn check_avatar(url: &str, hosts: &[String]) -> Result<(), Wrong> {
    let wrong = |problem: &str| Err(Wrong::new("avatar_url", problem));
    if url.len() > MAX_URL {
        return wrong("is longer than 512 bytes");
    }
    let Ok(uri) = url.parse::<Uri>() else {
        return wrong("is no URL");
    };
    let Some(authority) = uri
        .authority()
        .filter(|_| uri.scheme_str() == Some("https"))
    else {
        return wrong("does not begin with https://");
    };
    if authority.as_str().contains('@') {
        return wrong("names a user");
    }
    if port::named(&uri).is_err() {
        return wrong("names a port that is none");
    }
    let host = authority.host();
    if !hosts
        .iter()
        .any(|allowed| host.eq_ignore_ascii_case(allowed))
    {
        return wrong("is on a host that accounts.avatar_hosts does not name");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str) -> Result<ProfileChange, String> {
        let profile: Profile = super::super::told::read(json.as_bytes())?;
        let hosts = ["cdn.example.com".to_owned()];
        profile.check(&hosts).map_err(|wrong| wrong.to_string())
    }

    #[test]
    fn what_is_absent_stays_and_null_takes_away() {
        let change = check(r#"{"name":"Ann","stranger_name":null,"shoe_size":38}"#).unwrap();
        assert_eq!(change.name, Some(Some("Ann".to_owned())));
        assert_eq!(change.stranger_name, Some(None));
        assert_eq!(change.avatar_url, None);
    }

    #[test]
    fn a_name_has_64_characters_not_bytes_and_something_to_see() {
        let long = "민".repeat(64);
        assert!(check(&format!(r#"{{"name":"{long}"}}"#)).is_ok());
        for (json, fault) in [
            (format!(r#"{{"name":"{long}x"}}"#), "name: 65 characters"),
            (r#"{"name":""}"#.to_owned(), "name: 0 characters"),
            (
                r#"{"stranger_name":"a\u0007"}"#.to_owned(),
                "stranger_name: has a control character",
            ),
            (
                r#"{"name":"ann\u202enhoj"}"#.to_owned(),
                "name: has a control character",
            ),
            (
                r#"{"name":" \u00a0\u200b\u3164"}"#.to_owned(),
                "name: has nothing to see",
            ),
            (r#"{"name":7}"#.to_owned(), "name: invalid type: integer"),
            (r#"["a"]"#.to_owned(), "invalid type: sequence"),
            (r#"{"name":"#.to_owned(), "malformed JSON"),
            (
                r#"{"name":"a"}{}"#.to_owned(),
                "malformed JSON: more than one",
            ),
        ] {
            let said = check(&json).unwrap_err();
            assert!(said.starts_with(fault), "{json}: {said}");
        }
    }

    #[test]
    fn an_avatar_is_https_on_an_allowed_host() {
        let url = |url: &str| check(&format!(r#"{{"avatar_url":"{url}"}}"#));
        assert!(url("https://cdn.example.com/a.png?x=1").is_ok());
        assert!(url("https://CDN.example.com:8443/a.png").is_ok());
        for bad in [
            "http://cdn.example.com/a.png",
            "https://evil.example.com/a.png",
            "https://cdn.example.com@evil.example.com/a",
            "https://cdn.example.com.evil.com/",
            "javascript:alert(1)",
            "/a.png",
            "https://cdn.example.com/a b",
            "https://cdn.example.com:70000/a.png",
            "https://cdn.example.com:+443/a.png",
        ] {
            assert!(url(bad).is_err(), "{bad}");
        }
    }
}
