//! Bytes to messages and back, in either encoding.
//!
//! Never panics on what a client sends, reads at most [`MAX_MESSAGE`] bytes of it, and allocates
//! no more than a message of that size holds.

use super::changes::ChangesWriter;
use super::client::ClientMessage;
use super::generated::server_message::Event as RawEvent;
use super::generated::{self as raw, client_message};
use super::nearby::NearbyWriter;
use super::refused::{Fault, Refused};
use super::server::{Changes, Event, Nearby, ServerMessage};
use super::{Encoding, MAX_MESSAGE, client_codec, json, protobuf, server_codec};

/// Reads one message of a client.
///
/// # Errors
/// When it is too large, no message, has no or more than one command, or a value is missing, of
/// the wrong type or out of range. What this version does not know beside its command is ignored.
pub fn decode_client(encoding: Encoding, bytes: &[u8]) -> Result<ClientMessage, Refused> {
    if bytes.len() > MAX_MESSAGE {
        return Err(Refused {
            id: None,
            fault: Fault::TooLarge(bytes.len()),
        });
    }
    let (id, command) = match encoding {
        Encoding::Json => json::envelope::decode(bytes)?,
        Encoding::Protobuf => protobuf::envelope::decode(bytes)?,
    };
    match client_codec::check(command) {
        Ok(body) => Ok(ClientMessage { id, body }),
        Err(wrong) => Err(Refused {
            id,
            fault: Fault::Field(wrong),
        }),
    }
}

/// Appends one message of a client.
pub fn encode_client(encoding: Encoding, message: &ClientMessage, buf: &mut Vec<u8>) {
    let command = client_message::Command::from(&message.body);
    match encoding {
        Encoding::Json => json::envelope::encode(message.id, &command, buf),
        Encoding::Protobuf => protobuf::envelope::encode(message.id, command, buf),
    }
}

/// Reads one message of the server, of any size: a client trusts its server.
///
/// # Errors
/// As [`decode_client`].
pub fn decode_server(encoding: Encoding, bytes: &[u8]) -> Result<ServerMessage, Refused> {
    let (id, event) = match encoding {
        Encoding::Json => json::envelope::decode(bytes)?,
        Encoding::Protobuf => protobuf::envelope::decode(bytes)?,
    };
    match server_codec::check(event) {
        Ok(body) => Ok(ServerMessage { id, body }),
        Err(wrong) => Err(Refused {
            id,
            fault: Fault::Field(wrong),
        }),
    }
}

/// Appends one message of the server. An id on `changes` is not written: nobody asked for them.
pub fn encode_server(encoding: Encoding, message: &ServerMessage, buf: &mut Vec<u8>) {
    let event = match &message.body {
        Event::Nearby(nearby) => return write_nearby(encoding, message.id, nearby, buf),
        Event::Changes(changes) => return write_changes(encoding, changes, buf),
        Event::Welcome(welcome) => RawEvent::Welcome(welcome.into()),
        Event::Met(met) => RawEvent::Met(met.clone()),
        Event::Request(request) => RawEvent::Request(request.clone()),
        Event::Ping => RawEvent::Ping(raw::Ping {}),
        Event::Ok(ok) => RawEvent::Ok(*ok),
        Event::Error(error) => RawEvent::Error(error.clone()),
        Event::Goodbye(goodbye) => RawEvent::Goodbye(goodbye.clone()),
    };
    match encoding {
        Encoding::Json => json::envelope::encode(message.id, &event, buf),
        Encoding::Protobuf => protobuf::envelope::encode(message.id, event, buf),
    }
}

fn write_nearby(encoding: Encoding, id: Option<u32>, nearby: &Nearby, buf: &mut Vec<u8>) {
    let mut writer = NearbyWriter::begin(buf, encoding, id, nearby.seq, nearby.page, nearby.mode);
    for person in &nearby.people {
        writer.person(&person.as_person());
    }
    writer.finish(nearby.next.as_deref(), nearby.total);
}

fn write_changes(encoding: Encoding, changes: &Changes, buf: &mut Vec<u8>) {
    let mut writer = ChangesWriter::begin(buf, encoding, changes.seq, changes.at);
    for person in &changes.entered {
        writer.entered(&person.as_person());
    }
    for person in &changes.moved {
        writer.moved(&person.as_person());
    }
    for exit in &changes.exited {
        writer.exited(exit.who.as_who(), exit.why);
    }
    writer.cells(changes.cells.iter().map(String::as_str));
    writer.finish();
}
