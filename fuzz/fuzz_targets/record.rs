//! Any bytes as what a snapshot keeps of somebody: malformed, or a record that is read again as it
//! is written.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nearcast::snapshot::Record;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(record) = Record::decode(bytes) {
        assert_eq!(Record::decode(&record.encode()), Ok(record));
    }
});
