//! What a fuzzer does with the engine: programs that call the language's builtins with odd values, on the engine alone
//! and as a user of a realm. `fuzz/` calls it with libFuzzer's inputs, the gate with a few hundred random ones.

mod programs;

pub use self::programs::check;
