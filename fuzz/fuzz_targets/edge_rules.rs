//! Any bytes as a file of cache rules: `cargo +nightly fuzz run edge_rules fuzz/corpus/edge_rules fuzz/seeds/edge_rules`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| loadline_edge::fuzzing::rule_file(bytes));
