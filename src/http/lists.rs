//! Lists of people in pages, and the cursors between the pages.

use serde::{Deserialize, Serialize};

use crate::store::Listed;
use crate::wire::{UserId, Wrong, bounds};

const DEFAULT_LIMIT: u32 = 100;
const MAX_LIMIT: u32 = 1000;

/// Which page is asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    limit: Option<u32>,
    cursor: Option<String>,
}

/// The same, checked: who comes after whom, and how many.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) after: Option<String>,
    pub(super) limit: usize,
}

/// Somebody on a list, and since when.
#[derive(Serialize)]
pub(super) struct Person {
    pub(super) user: UserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    pub(super) at: u64,
}

impl From<Listed> for Person {
    fn from(listed: Listed) -> Self {
        Self {
            user: listed.user,
            name: listed.name,
            at: listed.at,
        }
    }
}

impl Asked {
    /// `list` keeps the cursors of different lists apart.
    pub(super) fn check(self, list: &str) -> Result<Page, Wrong> {
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT);
        bounds::within("limit", limit, &(1..=MAX_LIMIT))?;
        let after = self.cursor.map(|cursor| {
            read_cursor(list, &cursor).ok_or_else(|| Wrong::new("cursor", "is none of this list's"))
        });
        Ok(Page {
            after: after.transpose()?,
            limit: limit as usize,
        })
    }
}

impl Page {
    /// How many to ask for, to know whether more follow.
    pub(super) fn and_one(&self) -> usize {
        self.limit + 1
    }

    /// Cuts a list to its page; answers the cursor of the next, if there is one.
    pub(super) fn cut<T>(
        &self,
        list: &str,
        items: &mut Vec<T>,
        key: impl Fn(&T) -> String,
    ) -> Option<String> {
        if items.len() <= self.limit {
            return None;
        }
        items.truncate(self.limit);
        items.last().map(|last| write_cursor(list, &key(last)))
    }
}

fn write_cursor(list: &str, key: &str) -> String {
    use std::fmt::Write;
    let mut text = String::new();
    for byte in list.bytes().chain([b':']).chain(key.bytes()) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn read_cursor(list: &str, text: &str) -> Option<String> {
    let pairs = text.as_bytes().chunks(2);
    let bytes: Option<Vec<u8>> = pairs
        .map(|pair| match pair {
            [high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
                Some(digit(*high)? << 4 | digit(*low)?)
            }
            _ => None,
        })
        .collect();
    let plain = String::from_utf8(bytes?).ok()?;
    let key = plain.strip_prefix(list)?.strip_prefix(':')?;
    Some(key.to_owned()).filter(|key| !key.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(limit: Option<u32>, cursor: Option<&str>) -> Asked {
        Asked {
            limit,
            cursor: cursor.map(str::to_owned),
        }
    }

    #[test]
    fn a_cursor_comes_back_as_what_it_was_and_to_its_own_list_only() {
        let page = asked(Some(2), None).check("friends").unwrap();
        let mut people = vec!["ann", "민준", "zoe"];
        let next = page.cut("friends", &mut people, |id| (*id).to_owned());
        assert_eq!(people, ["ann", "민준"]);
        let again = asked(Some(2), next.as_deref()).check("friends").unwrap();
        assert_eq!(again.after.as_deref(), Some("민준"));
        assert!(asked(None, next.as_deref()).check("requests").is_err());
        assert_eq!(
            again.cut("friends", &mut vec!["zoe"], |_| String::new()),
            None
        );
    }

    #[test]
    fn a_limit_or_cursor_that_is_none_is_refused() {
        for limit in [0, 1001] {
            assert!(asked(Some(limit), None).check("friends").is_err());
        }
        for cursor in ["", "6", "zz", "+1", "ff", "667269656e64733a", "é"] {
            assert!(asked(None, Some(cursor)).check("friends").is_err());
        }
    }
}
