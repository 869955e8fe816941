//! What a client did against RFC 6455, one name for each.

use crate::wire::Close;

macro_rules! violations {
    ($($name:ident: $close:ident, $sentence:literal;)+) => {
        /// Why a connection must be closed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Violation {
            $(#[doc = $sentence] $name,)+
        }

        impl Violation {
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The code that the connection is closed with.
            #[must_use]
            pub const fn close(self) -> Close {
                match self { $(Self::$name => Close::$close,)+ }
            }

            /// What is wrong, for the log.
            #[must_use]
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence,)+ }
            }
        }
    };
}

violations! {
    ReservedBits: Protocol, "A reserved bit is set, and no extension was agreed.";
    ReservedOpCode: Protocol, "The opcode is reserved.";
    Unmasked: Protocol, "A client's frame is not masked.";
    ControlFragmented: Protocol, "A control frame is fragmented.";
    ControlTooLong: Protocol, "A control frame has more than 125 bytes.";
    NothingToContinue: Protocol, "A continuation without a message that it continues.";
    InsideMessage: Protocol, "A new message inside a fragmented one.";
    LengthNotMinimal: Protocol, "A length is written in more bytes than it needs.";
    LengthTopBit: Protocol, "The most significant bit of a length is set.";
    CloseOfOneByte: Protocol, "A close frame has one byte, half of a code.";
    CloseCode: Protocol, "A close code that no endpoint may send.";
    CloseReason: InvalidText, "The reason in a close frame is not UTF-8.";
    Text: InvalidText, "A text is not UTF-8.";
    TooLarge: TooLarge, "A message is larger than is taken here.";
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.sentence())
    }
}

impl std::error::Error for Violation {}
