//! Any bytes as selectors, thresholds, routes and budgets: `cargo +nightly fuzz run grammars fuzz/corpus/grammars fuzz/seeds/grammars`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| loadline_verdict::fuzzing::grammars(bytes));
