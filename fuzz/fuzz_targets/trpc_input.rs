//! Any bytes as the input of a tRPC call: `cargo +nightly fuzz run trpc_input fuzz/corpus/trpc_input fuzz/seeds/trpc_input`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| holiday::fuzzing::trpc_input(bytes));
