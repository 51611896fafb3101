//! Any bytes as an access log: `cargo +nightly fuzz run access_log fuzz/corpus/access_log fuzz/seeds/access_log`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| loadline_traffic::fuzzing::access_log(bytes));
