//! Any bytes as a request and its answer: `cargo +nightly fuzz run edge_headers fuzz/corpus/edge_headers fuzz/seeds/edge_headers`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| loadline_edge::fuzzing::messages(bytes));
