//! Any text as other tools' objectives: `cargo +nightly fuzz run openslo fuzz/corpus/openslo fuzz/seeds/openslo`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| loadline_provision::fuzzing::openslo(bytes));
