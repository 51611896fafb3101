//! Any bytes as spans of OTLP, Jaeger and Tempo: `cargo +nightly fuzz run spans fuzz/corpus/spans fuzz/seeds/spans`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| loadline_traces::fuzzing::spans(bytes));
