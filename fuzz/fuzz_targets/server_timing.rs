//! Any bytes as a `Server-Timing`: `cargo +nightly fuzz run server_timing fuzz/corpus/server_timing fuzz/seeds/server_timing`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| loadline_measure::fuzzing::server_timing(bytes));
