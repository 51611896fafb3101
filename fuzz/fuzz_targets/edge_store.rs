//! Any bytes as a journal of a cache: `cargo +nightly fuzz run edge_store fuzz/corpus/edge_store fuzz/seeds/edge_store`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| loadline_edge::fuzzing::store(bytes));
