//! Any text as what a service says of itself: `cargo +nightly fuzz run exposition fuzz/corpus/exposition fuzz/seeds/exposition`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| loadline_prometheus::fuzzing::exposition(bytes));
