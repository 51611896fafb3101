//! Any bytes as a selector of `Response.json` and a body: `cargo +nightly fuzz run selectors fuzz/corpus/selectors fuzz/seeds/selectors`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| loadline_script::fuzzing::select(bytes));
