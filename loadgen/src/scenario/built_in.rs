//! The scenarios that come with the tool, so that it needs no file beside it.

macro_rules! files {
    ($($name:literal),+) => {
        pub(super) const NAMES: [&str; 8] = [$($name),+];

        pub(super) fn text(name: &str) -> Option<&'static str> {
            match name {
                $($name => Some(include_str!(concat!("../../../config/scenarios/", $name, ".toml"))),)+
                _ => None,
            }
        }
    };
}

files![
    "city",
    "commute",
    "stadium",
    "festival-storm",
    "tunnel",
    "strangers-downtown",
    "slow-network",
    "book"
];
