//! Any bytes as a project file: `cargo +nightly fuzz run project fuzz/corpus/project fuzz/seeds/project`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| loadline_config::fuzzing::project_file(bytes));
