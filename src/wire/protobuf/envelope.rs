//! The envelope read by hand: prost would merge two bodies into one and drop an unknown one.

use prost::Message as _;
use prost::bytes::Buf;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

use super::frames::tag;
use crate::wire::body::Body;
use crate::wire::refused::{Fault, Refused, Wrong, short};

pub(in crate::wire) fn decode<B: Body>(bytes: &[u8]) -> Result<(Option<u32>, B), Refused> {
    let mut id = None;
    match read(bytes, &mut id) {
        Ok(body) => Ok((id, body)),
        Err(fault) => Err(Refused { id, fault }),
    }
}

pub(in crate::wire) fn encode<B: Body>(id: Option<u32>, body: B, buf: &mut Vec<u8>) {
    B::envelope(id, body)
        .encode(buf)
        .expect("a Vec takes everything");
}

fn read<B: Body>(mut rest: &[u8], id: &mut Option<u32>) -> Result<B, Fault> {
    let mut body: Option<(&'static str, &[u8])> = None;
    let mut second = None;
    let mut unknown = None;
    while !rest.is_empty() {
        let (field, wire_type) = decode_key(&mut rest)?;
        if field == u32::from(tag::ID) {
            prost::encoding::check_wire_type(WireType::Varint, wire_type)?;
            let number = decode_varint(&mut rest)?;
            *id = Some(u32::try_from(number).map_err(|_| {
                Fault::Field(Wrong::new(
                    "id",
                    format_args!("{number} is no 32-bit number"),
                ))
            })?);
        } else if let Some(name) = B::name_of(field) {
            prost::encoding::check_wire_type(WireType::LengthDelimited, wire_type)?;
            let bytes = read_bytes(&mut rest)?;
            match body {
                None => body = Some((name, bytes)),
                Some(_) => {
                    second.get_or_insert(name);
                }
            }
        } else {
            skip_field(wire_type, field, &mut rest, DecodeContext::default())?;
            unknown.get_or_insert(field);
        }
    }
    match (body, second, unknown) {
        (Some((name, bytes)), None, _) => Ok(B::read_protobuf(name, bytes)?),
        (Some((first, _)), Some(second), _) => Err(Fault::Two(first, second)),
        (None, _, Some(field)) => Err(Fault::Unknown(format!("field {field}"))),
        (None, _, None) => Err(Fault::Empty),
    }
}

fn read_bytes<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], Fault> {
    let len = decode_varint(rest)?;
    let (bytes, behind) = usize::try_from(len)
        .ok()
        .and_then(|len| rest.split_at_checked(len))
        .ok_or_else(|| {
            Fault::Malformed(format!(
                "a field of {len} bytes where {} are left",
                rest.remaining()
            ))
        })?;
    *rest = behind;
    Ok(bytes)
}

impl From<prost::DecodeError> for Fault {
    fn from(error: prost::DecodeError) -> Self {
        let sentence = error.to_string();
        Self::Malformed(short(
            sentence
                .strip_prefix("failed to decode Protobuf message: ")
                .unwrap_or(&sentence),
        ))
    }
}
