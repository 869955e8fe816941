//! `{"id":1,"hello":{…}}`: an optional id and exactly one body, anything else ignored.
//!
//! A key that is known and comes twice is refused; `null` is an absent optional field.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Serializer as _;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::ser::SerializeMap as _;

use crate::wire::body::Body;
use crate::wire::refused::{Fault, Refused, Wrong, short};

pub(in crate::wire) fn decode<B: Body>(bytes: &[u8]) -> Result<(Option<u32>, B), Refused> {
    let Envelope {
        id,
        body,
        second,
        unknown,
    } = serde_json::from_slice::<Envelope<B>>(bytes).map_err(|_| explain::<B>(bytes))?;
    let fault = match (body, second, unknown) {
        (Some((_, body)), None, _) => return Ok((id, body)),
        (Some((first, _)), Some(second), _) => Fault::Two(first, second),
        (None, _, Some(name)) => Fault::Unknown(name),
        (None, _, None) => Fault::Empty,
    };
    Err(Refused { id, fault })
}

pub(in crate::wire) fn encode<B: Body>(id: Option<u32>, body: &B, buf: &mut Vec<u8>) {
    let mut write = || {
        let mut json = serde_json::Serializer::new(&mut *buf);
        let mut map = json.serialize_map(None)?;
        if let Some(id) = id {
            map.serialize_entry("id", &id)?;
        }
        body.write_json(&mut map)?;
        map.end()
    };
    write().expect("a Vec takes everything, and every word in a message of ours has a text");
}

struct Envelope<B> {
    id: Option<u32>,
    body: Option<(&'static str, B)>,
    /// Another body after the first.
    second: Option<&'static str>,
    /// The first key that is none of ours: a field of a later version, or a command.
    unknown: Option<String>,
}

impl<'de, B: Body> Deserialize<'de> for Envelope<B> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EnvelopeVisitor(PhantomData))
    }
}

struct EnvelopeVisitor<B>(PhantomData<B>);

impl<'de, B: Body> Visitor<'de> for EnvelopeVisitor<B> {
    type Value = Envelope<B>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope<B>, A::Error> {
        let mut envelope = Envelope {
            id: None,
            body: None,
            second: None,
            unknown: None,
        };
        let mut id_seen = false;
        while let Some(key) = map.next_key::<Text<'de>>()? {
            if key.0 == "id" {
                if std::mem::replace(&mut id_seen, true) {
                    return Err(serde::de::Error::duplicate_field("id"));
                }
                envelope.id = map.next_value()?;
            } else if let Some(name) = B::known(&key.0) {
                if envelope.body.is_none() {
                    envelope.body = Some((name, B::read_json(name, &mut map)?));
                } else {
                    map.next_value::<IgnoredAny>()?;
                    envelope.second.get_or_insert(name);
                }
            } else {
                map.next_value::<IgnoredAny>()?;
                envelope.unknown.get_or_insert_with(|| short(&key.0));
            }
        }
        Ok(envelope)
    }
}

/// A key, borrowed from the message when it has no escapes.
#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Reads a refused message again, more slowly, to say where it is wrong.
#[cold]
fn explain<B: Body>(bytes: &[u8]) -> Refused {
    let mut id = None;
    // Fails where the message does, after the id or before it.
    let _ = serde_json::Deserializer::from_slice(bytes).deserialize_map(IdVisitor(&mut id));
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let fault = match serde_path_to_error::deserialize::<_, Envelope<B>>(&mut json) {
        Ok(_) => Fault::Malformed("more than one value".to_owned()),
        Err(error) => {
            let path = error.path().to_string();
            let error = error.into_inner();
            let sentence = error.to_string();
            // serde_json counts a number that no f64 holds as syntax.
            let value = error.is_data() || sentence.starts_with("number out of range");
            if value && path != "." {
                Fault::Field(wrong(path, &sentence))
            } else {
                Fault::Malformed(short(&sentence))
            }
        }
    };
    Refused { id, fault }
}

const MISSING: &str = "missing field `";

/// serde's sentence as ours: the field that is missing belongs to the path, the column does not.
fn wrong(path: String, sentence: &str) -> Wrong {
    let sentence = match sentence.rfind(" at line ") {
        Some(end) => &sentence[..end],
        None => sentence,
    };
    match sentence
        .strip_prefix(MISSING)
        .and_then(|rest| rest.strip_suffix('`'))
    {
        Some(field) => Wrong::missing(field).inside(&path),
        None => Wrong::new(&path, sentence),
    }
}

/// Keeps the id of a message and ignores the rest.
struct IdVisitor<'a>(&'a mut Option<u32>);

impl<'de> Visitor<'de> for IdVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Text<'de>>()? {
            if key.0 == "id" {
                *self.0 = map.next_value()?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}
