//! The `changes` frame, written straight into a buffer: what the sweep sends, millions a second.
//!
//! Must never allocate while the buffer has room, and never decide what is said: the caller does.

use super::people::{Detail, Person, Who};
use super::protobuf::frames::tag;
use super::{Encoding, Why, json, protobuf};

/// Writes one `changes` frame behind what is in the buffer.
///
/// `begin`, then people and cells, then `finish`. The sections (`moved`, `entered`, `exited`,
/// `cells`) come in any order, each of them in one piece. A frame that is not finished is no
/// frame: to give up, truncate the buffer to where it began.
#[must_use = "a frame without its end is no frame"]
#[derive(Debug)]
pub struct ChangesWriter<'b> {
    buf: &'b mut Vec<u8>,
    encoding: Encoding,
    section: Option<Section>,
    /// Protobuf: where the body begins, whose length is written last.
    body: usize,
    /// A bit per section that was begun.
    begun: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Entered,
    Moved,
    Exited,
    Cells,
}

impl<'b> ChangesWriter<'b> {
    /// Starts a frame behind what is in `buf`.
    pub fn begin(buf: &'b mut Vec<u8>, encoding: Encoding, seq: u64, at: u64) -> Self {
        let mut body = 0;
        match encoding {
            Encoding::Json => json::frames::begin_changes(buf, seq, at),
            Encoding::Protobuf => {
                body = protobuf::frames::begin_body(buf, tag::CHANGES);
                protobuf::frames::begin_changes(buf, seq, at);
            }
        }
        Self {
            buf,
            encoding,
            section: None,
            body,
            begun: 0,
        }
    }

    /// Somebody already sent has moved: name and avatar are not repeated.
    pub fn moved(&mut self, person: &Person<'_>) {
        self.person(Section::Moved, tag::changes::MOVED, person, Detail::Place);
    }

    /// Somebody is heard of for the first time, or again.
    pub fn entered(&mut self, person: &Person<'_>) {
        self.person(
            Section::Entered,
            tag::changes::ENTERED,
            person,
            Detail::Complete,
        );
    }

    /// Somebody is no longer shown.
    pub fn exited(&mut self, who: Who<'_>, why: Why) {
        self.next(Section::Exited);
        match self.encoding {
            Encoding::Json => json::frames::put_exit(self.buf, who, why),
            Encoding::Protobuf => protobuf::frames::put_exit(self.buf, who, why),
        }
    }

    /// The cells that are listened to now, own cell first. No cell: nothing is written.
    pub fn cells<'c>(&mut self, cells: impl IntoIterator<Item = &'c str>) {
        for cell in cells {
            self.next(Section::Cells);
            match self.encoding {
                Encoding::Json => json::frames::put_cell(self.buf, cell),
                Encoding::Protobuf => {
                    protobuf::frames::put_text(self.buf, tag::changes::CELLS, cell);
                }
            }
        }
    }

    /// Ends the frame.
    pub fn finish(self) {
        match self.encoding {
            Encoding::Json if self.section.is_some() => self.buf.extend_from_slice(b"]}}"),
            Encoding::Json => self.buf.extend_from_slice(b"}}"),
            Encoding::Protobuf => protobuf::frames::finish_body(self.buf, self.body),
        }
    }

    fn person(&mut self, section: Section, tag: u8, person: &Person<'_>, detail: Detail) {
        self.next(section);
        match self.encoding {
            Encoding::Json => json::frames::put_person(self.buf, person, detail),
            Encoding::Protobuf => protobuf::frames::put_person(self.buf, tag, person, detail),
        }
    }

    /// Before each entry. JSON: the comma between two of them, or the end of one list and the
    /// start of the next.
    fn next(&mut self, section: Section) {
        if self.section == Some(section) {
            if self.encoding == Encoding::Json {
                self.buf.push(b',');
            }
            return;
        }
        debug_assert!(
            self.begun & 1 << section as u8 == 0,
            "{section:?} in two pieces would be one key twice"
        );
        self.begun |= 1 << section as u8;
        if self.encoding == Encoding::Json {
            if self.section.is_some() {
                self.buf.push(b']');
            }
            self.buf.extend_from_slice(match section {
                Section::Entered => b",\"entered\":[",
                Section::Moved => b",\"moved\":[",
                Section::Exited => b",\"exited\":[",
                Section::Cells => b",\"cells\":[",
            });
        }
        self.section = Some(section);
    }
}
