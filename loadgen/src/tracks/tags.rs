//! The tags of an XML text, one after the other: as much of XML as GPX files make use of.

/// What one tag says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tag<'t> {
    /// Without a prefix of its namespace.
    pub(super) name: &'t str,
    attributes: &'t str,
    pub(super) opens: bool,
    pub(super) closes: bool,
    /// Where it begins.
    pub(super) line: usize,
    /// The text since the tag before.
    pub(super) before: &'t str,
}

impl<'t> Tag<'t> {
    pub(super) fn attribute(&self, name: &str) -> Option<&'t str> {
        let mut rest = self.attributes;
        loop {
            let (key, after) = rest.split_once('=')?;
            let after = after.trim_start();
            let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            let (value, after) = after[1..].split_once(quote)?;
            if local(key.trim()) == name {
                return Some(value);
            }
            rest = after;
        }
    }
}

/// Ends where the text is no longer made of tags.
#[derive(Clone, Debug)]
pub(super) struct Tags<'t> {
    rest: &'t str,
    line: usize,
}

impl<'t> Tags<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self {
            rest: text,
            line: 1,
        }
    }

    /// So many bytes, counting their lines.
    fn take(&mut self, count: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at(count);
        self.line += taken.bytes().filter(|byte| *byte == b'\n').count();
        self.rest = rest;
        taken
    }

    /// Up to and with the first of these.
    fn take_past(&mut self, end: &str) -> Option<&'t str> {
        let at = self.rest.find(end)?;
        Some(self.take(at + end.len()))
    }
}

impl<'t> Iterator for Tags<'t> {
    type Item = Tag<'t>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let before = self.rest.find('<')?;
            let before = self.take(before);
            if self.rest.starts_with("<!--") {
                self.take_past("-->")?;
            } else if self.rest.starts_with("<![CDATA[") {
                self.take_past("]]>")?;
            } else if self.rest.starts_with("<!") || self.rest.starts_with("<?") {
                self.take_past(">")?;
            } else {
                let line = self.line;
                let end = end(self.rest)?;
                let whole = self.take(end + 1);
                return Some(tag(&whole[1..end], line, before));
            }
        }
    }
}

/// Where the tag that begins here ends: a `>` outside of quotes.
fn end(text: &str) -> Option<usize> {
    let mut quote = None;
    text.bytes().position(|byte| {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
        quote.is_none() && byte == b'>'
    })
}

fn tag<'t>(inner: &'t str, line: usize, before: &'t str) -> Tag<'t> {
    let is_end = inner.starts_with('/');
    let is_empty = inner.ends_with('/');
    let inner = inner.trim_matches('/').trim();
    let (name, attributes) = inner.split_once(char::is_whitespace).unwrap_or((inner, ""));
    Tag {
        name: local(name),
        attributes,
        opens: !is_end,
        closes: is_end || is_empty,
        line,
        before,
    }
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_found_among_what_is_none() {
        let text =
            "<?xml version='1.0'?>\n<!-- <no/> -->\n<g:a lat = '1>2'\nlon=\"3\"/>x<b>y\n</b>";
        let tags: Vec<Tag<'_>> = Tags::of(text).collect();
        let found = tags
            .iter()
            .map(|tag| (tag.name, tag.opens, tag.closes, tag.line));
        assert_eq!(
            found.collect::<Vec<_>>(),
            [
                ("a", true, true, 3),
                ("b", true, false, 4),
                ("b", false, true, 5)
            ]
        );
        assert_eq!(tags[0].attribute("lat"), Some("1>2"));
        assert_eq!(tags[0].attribute("lon"), Some("3"));
        assert_eq!(tags[0].attribute("time"), None);
        assert_eq!(tags[2].before, "y\n");
    }

    #[test]
    fn a_text_that_is_cut_off_ends_the_tags() {
        for text in ["", "x", "<", "<a b='", "<!-- ", "<![CDATA[", "<?x"] {
            assert_eq!(Tags::of(text).next(), None, "{text}");
        }
    }
}
