//! Sample data: the same on every machine, of any size.

mod dice;
mod generate;
mod words;

pub use generate::{Sample, Settings};
