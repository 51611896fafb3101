//! Any bytes as what a receiver of telemetry answers: `cargo +nightly fuzz run telemetry_answers fuzz/corpus/telemetry_answers fuzz/seeds/telemetry_answers`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| loadline_telemetry::fuzzing::answer(bytes));
