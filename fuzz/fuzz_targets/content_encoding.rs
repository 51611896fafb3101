//! Any bytes as a body with content encodings: `cargo +nightly fuzz run content_encoding fuzz/corpus/content_encoding fuzz/seeds/content_encoding`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| loadline_client::fuzzing::content_encoding(bytes));
