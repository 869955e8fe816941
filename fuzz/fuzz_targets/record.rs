//! Any bytes as what a snapshot keeps of somebody: malformed, or a record that is read again as it
//! is written.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nearcast::snapshot::record::{decode, encode};
use nearcast::wire::UserId;

fuzz_target!(|bytes: &[u8]| {
    let ann = UserId::new("ann").expect("a name");
    if let Ok(kept) = decode(ann.clone(), bytes) {
        assert_eq!(decode(ann, &encode(&kept, kept.seen_at)), Ok(kept));
    }
});
