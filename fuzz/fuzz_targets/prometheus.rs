//! Any bytes as what a Prometheus answers: `cargo +nightly fuzz run prometheus fuzz/corpus/prometheus fuzz/seeds/prometheus`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| loadline_prometheus::fuzzing::answer(bytes));
