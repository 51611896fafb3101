//! What a fuzzer does with the engine: programs that call the language's builtins with odd values, on the engine alone
//! and as a user of a realm; and with the selectors of responses. `fuzz/` calls it with libFuzzer's inputs, the gate
//! with a few hundred random ones.

mod programs;
mod selectors;

pub use self::programs::check;
pub use self::selectors::select;
