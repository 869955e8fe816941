//! Enumerations in JSON: the generated messages hold protobuf's numbers, JSON has their texts.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, Visitor};

use crate::wire::words::Word;

/// A word on its way from text to number.
struct Number<W>(i32, PhantomData<W>);

impl<'de, W: Word> Deserialize<'de> for Number<W> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Texts<W>(PhantomData<W>);

        impl<W: Word> Visitor<'_> for Texts<W> {
            type Value = Number<W>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("one of")?;
                W::ALL
                    .iter()
                    .try_for_each(|word| write!(f, " \"{}\"", word.text()))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                W::from_text(text)
                    .map(|word| Number(word.number(), PhantomData))
                    .ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }

        deserializer.deserialize_str(Texts(PhantomData))
    }
}

/// The text of a number that the server put into a message: an unknown one is its own mistake.
fn text<W: Word, E: serde::ser::Error>(number: i32) -> Result<&'static str, E> {
    W::from_number(number)
        .map(W::text)
        .ok_or_else(|| E::custom(format!("{number} has no text")))
}

/// A value that is always there.
pub(in crate::wire) mod one {
    use super::*;

    pub(in crate::wire) fn write<W: Word, S: serde::Serializer>(
        number: &i32,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(text::<W, _>(*number)?)
    }

    pub(in crate::wire) fn read<'de, W: Word, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<i32, D::Error> {
        Number::<W>::deserialize(deserializer).map(|number| number.0)
    }
}

/// A value that may be absent.
pub(in crate::wire) mod optional {
    use super::*;

    pub(in crate::wire) fn write<W: Word, S: serde::Serializer>(
        number: &Option<i32>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match number {
            Some(number) => one::write::<W, S>(number, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(in crate::wire) fn read<'de, W: Word, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<i32>, D::Error> {
        Option::<Number<W>>::deserialize(deserializer).map(|number| number.map(|number| number.0))
    }
}

/// A list that may be empty.
pub(in crate::wire) mod list {
    use super::*;

    pub(in crate::wire) fn write<W: Word, S: serde::Serializer>(
        numbers: &[i32],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let texts = numbers.iter().map(|number| text::<W, S::Error>(*number));
        serializer.collect_seq(texts.collect::<Result<Vec<_>, _>>()?)
    }

    pub(in crate::wire) fn read<'de, W: Word, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<i32>, D::Error> {
        let numbers = Vec::<Number<W>>::deserialize(deserializer)?;
        Ok(numbers.into_iter().map(|number| number.0).collect())
    }
}

/// A list that says something or is absent.
pub(in crate::wire) mod nonempty {
    use super::*;

    pub(in crate::wire) use list::write;

    pub(in crate::wire) fn read<'de, W: Word, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<i32>, D::Error> {
        let numbers = list::read::<W, D>(deserializer)?;
        if numbers.is_empty() {
            return Err(de::Error::custom("is empty"));
        }
        Ok(numbers)
    }
}
