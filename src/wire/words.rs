//! The enumerations of the protocol, each value with its text in JSON and its number in protobuf.
//!
//! Text and number stand here once; the test at the end holds the numbers against the `.proto`.
//! Number 0 is `UNSPECIFIED` in every enumeration of the `.proto` and never a value here.

/// A value of an enumeration: lower-case text in JSON, a number in protobuf.
pub(crate) trait Word: Copy + 'static {
    const ALL: &'static [Self];
    fn text(self) -> &'static str;
    fn number(self) -> i32;

    fn from_text(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|word| word.text() == text)
    }

    fn from_number(number: i32) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|word| word.number() == number)
    }
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$value_doc:meta])* $value:ident = $number:literal $text:literal,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$value_doc])* $value,)+ }

        impl Word for $name {
            const ALL: &'static [Self] = &[$(Self::$value,)+];

            fn text(self) -> &'static str {
                match self { $(Self::$value => $text,)+ }
            }

            fn number(self) -> i32 {
                match self { $(Self::$value => $number,)+ }
            }
        }

        impl $name {
            /// The text of this value in JSON.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                self.text()
            }

            /// The value with this text.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::from_text(text)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.text())
            }
        }
    )+};
}

words! {
    /// Whom a view shows.
    Mode {
        Friends = 1 "friends",
        Strangers = 2 "strangers",
    }

    /// How exactly a user is shown to friends.
    Sharing {
        Exact = 1 "exact",
        /// As the centre of the released cell.
        Approximate = 2 "approximate",
        Off = 3 "off",
    }

    /// Why somebody left a view.
    Why {
        /// The position expired.
        Inactive = 1 "inactive",
        /// Stopped sharing, withdrew consent, erased, blocked or no longer a friend.
        /// The other side is never told which.
        Left = 2 "left",
        /// All else.
        Radius = 3 "radius",
    }

    /// How fresh a stranger is, as coarse as a stranger may be known.
    Seen {
        Now = 1 "now",
        Recent = 2 "recent",
    }

    /// How the server asks whether somebody is still there.
    Heartbeat {
        /// A WebSocket ping frame.
        Frame = 1 "frame",
        /// The message `ping`, for a browser's script, which cannot see ping frames.
        Message = 2 "message",
    }
}
