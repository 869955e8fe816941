//! Any bytes in a binary frame: no panic, and what decodes is written and decodes to the same.
//!
//! Start it from the golden files: `cargo fuzz run client_protobuf fuzz/corpus/client_protobuf
//! src/wire/golden/client`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nearcast::wire::{Encoding, MAX_MESSAGE, decode_client, encode_client};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(message) = decode_client(Encoding::Protobuf, bytes) {
        for encoding in Encoding::ALL {
            let mut again = Vec::new();
            encode_client(encoding, &message, &mut again);
            // The other encoding may need more bytes, and more than a message may have.
            if again.len() <= MAX_MESSAGE {
                assert_eq!(decode_client(encoding, &again).as_ref(), Ok(&message));
            }
        }
    }
});
