//! Any bytes as a program that calls the language's builtins with odd values: `cargo +nightly fuzz run script_builtins`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| loadline_script::fuzzing::check(bytes));
