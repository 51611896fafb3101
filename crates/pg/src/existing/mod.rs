//! Indexes that are there and need not be, and what others are needed for.

mod drops;
mod need;
mod parts;
#[cfg(test)]
mod tests;

pub use drops::{Drop, Planned, Reason, drops};
pub use need::{Need, need};
pub(crate) use parts::Parts;
