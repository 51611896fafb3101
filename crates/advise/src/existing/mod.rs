//! Indexes that are there and need not be: none of them is dropped here, each is named with what speaks for it and what
//! must be known before.

mod drops;
mod parts;
#[cfg(test)]
mod tests;

pub use drops::{Drop, Reason, drops};
