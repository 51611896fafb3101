//! Any bytes as what a forge answers: `cargo +nightly fuzz run forge fuzz/corpus/forge fuzz/seeds/forge`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| loadline_forge::fuzzing::answers(bytes));
