//! The `nearby` frame, written straight into a buffer: the answer at one instant.
//!
//! Must never allocate while the buffer has room, and never sort: people come by `distance_m`.

use super::people::{Detail, Person};
use super::protobuf::frames::tag;
use super::{Encoding, Mode, json, protobuf};

/// Writes one `nearby` frame behind what is in the buffer: `begin`, people, `finish`.
#[must_use = "a frame without its end is no frame"]
#[derive(Debug)]
pub struct NearbyWriter<'b> {
    buf: &'b mut Vec<u8>,
    encoding: Encoding,
    empty: bool,
    /// Protobuf: where the body begins, whose length is written last.
    body: usize,
}

impl<'b> NearbyWriter<'b> {
    /// Starts a frame behind what is in `buf`. `id` is that of the command it answers;
    /// `page` tells a page that was asked for from the list that replaces the client's.
    pub fn begin(
        buf: &'b mut Vec<u8>,
        encoding: Encoding,
        id: Option<u32>,
        seq: u64,
        page: bool,
        mode: Mode,
    ) -> Self {
        let mut body = 0;
        match encoding {
            Encoding::Json => json::frames::begin_nearby(buf, id, seq, page, mode),
            Encoding::Protobuf => {
                if let Some(id) = id {
                    protobuf::frames::put_id(buf, id);
                }
                body = protobuf::frames::begin_body(buf, tag::NEARBY);
                protobuf::frames::begin_nearby(buf, seq, page, mode);
            }
        }
        Self {
            buf,
            encoding,
            empty: true,
            body,
        }
    }

    /// The next person, complete.
    pub fn person(&mut self, person: &Person<'_>) {
        match self.encoding {
            Encoding::Json => {
                if !self.empty {
                    self.buf.push(b',');
                }
                json::frames::put_person(self.buf, person, Detail::Complete);
            }
            Encoding::Protobuf => protobuf::frames::put_person(
                self.buf,
                tag::nearby::PEOPLE,
                person,
                Detail::Complete,
            ),
        }
        self.empty = false;
    }

    /// Ends the frame. `next` asks for the page behind this one.
    pub fn finish(self, next: Option<&str>, total: u32) {
        match self.encoding {
            Encoding::Json => json::frames::finish_nearby(self.buf, next, total),
            Encoding::Protobuf => {
                protobuf::frames::finish_nearby(self.buf, next, total);
                protobuf::frames::finish_body(self.buf, self.body);
            }
        }
    }
}

/// Appends one person as a JSON frame has her, complete: for answers that are no frames.
#[cfg(not(loom))]
pub(crate) fn put_person_json(buf: &mut Vec<u8>, person: &Person<'_>) {
    json::frames::put_person(buf, person, Detail::Complete);
}
